//! A real window on a real screen, driven as a person does, against a real relay and a partner in line mode.
//!
//! What is asserted is what a screen reader reads, and what the partner got. Each step leaves a picture in
//! `target/tmp/window/`. Needs the Debian packages that `.ci/run` installs; none is ever missing in silence.

mod accessibility;
mod desktop;
mod services;
#[path = "../support/mod.rs"]
mod support;
mod talking;

mod appearance;
mod beginning;
mod hosting;
mod links;
mod looking_away;
mod losing;
mod menu;
mod next_discussion;
mod opening;
mod outages;
mod reading;
mod sealing;
mod talk;
mod writing;
