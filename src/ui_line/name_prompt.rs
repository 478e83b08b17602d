//! Asks a person for their name, before the conversation: on the terminal itself, whatever the standard streams are.
//!
//! The kernel edits the line, as for any program that just reads one: nothing has to be put back afterwards, and what was
//! typed ahead stays where line mode finds it.

use std::io::{self, IsTerminal, Read, Write};

use crate::display;
use crate::platform;
use crate::protocol::name::Name;

/// In bytes: the kernel gives one line at a time, and no longer one than this.
const LONGEST_LINE: usize = 4096;

/// Asks until the answer is a name. `None` where nobody types, or its owner thinks better of it with Ctrl-D.
pub fn ask_name() -> Option<Name> {
    // A script that feeds us a text must not be kept waiting for a person.
    if !io::stdin().is_terminal() {
        return None;
    }
    let mut terminal = platform::open_tty().ok()?;
    let mut line = [0; LONGEST_LINE];
    loop {
        terminal.write_all(display::NAME_PROMPT.as_bytes()).ok()?;
        let length = terminal.read(&mut line).ok()?;
        if length == 0 {
            // The next row is for whoever writes next.
            let _ = terminal.write_all(b"\n");
            return None;
        }
        match String::from_utf8_lossy(&line[..length]).trim().parse() {
            Ok(name) => return Some(name),
            Err(why) => writeln!(terminal, "{why}").ok()?,
        }
    }
}
