//! What systems do not have in common, one file a system. Only the relay's wait is elsewhere, as a test wants it for
//! itself: `relay/waiter.rs`.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod unix;

#[cfg(target_os = "linux")]
pub(crate) use linux::*;
#[cfg(not(target_os = "linux"))]
pub(crate) use unix::*;
