//! What systems do not have in common, a folder a family of systems, with the same names in each. Nothing outside asks
//! which system it runs on, but for two things that a file apart shows better: the relay's wait (`relay/waiter.rs`), and a
//! service's supervisor (`service.rs`).

mod signal;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

pub use signal::Signal;
#[cfg(unix)]
pub use unix::*;
#[cfg(windows)]
pub use windows::*;
