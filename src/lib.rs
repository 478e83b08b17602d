//! `msg`: two people talk by text over TCP, through a relay.
//!
//! The program is `src/main.rs`; this library exists so that simulations, benchmarks and fuzzers reach the core.
//! `docs/architecture.md` is the way in. Imports point down only: `main` → `relay`, `ui_line`, `ui_window` →
//! `conversation` → `peer`, `history` → `display` → `protocol`, and `platform`, which imports nothing.

pub mod clock;
pub mod code;
pub mod conversation;
pub mod display;
pub mod history;
pub mod invitation;
pub mod options;
pub mod output;
pub mod peer;
pub mod platform;
pub mod protocol;
pub mod relay;
pub mod service;
pub mod ui_line;
#[cfg(feature = "gui")]
pub mod ui_window;
