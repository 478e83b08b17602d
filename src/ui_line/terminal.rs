//! Raw mode, and its undoing, whichever way the program ends.

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use crate::platform::{AsStream, TerminalDevice};

/// A terminal in raw mode. Dropping it puts the terminal back as it was, and so does a panic.
pub struct Terminal(Arc<Saved>);

/// How the terminal was, and whether it must be put back so.
struct Saved {
    device: TerminalDevice,
    raw: AtomicBool,
}

/// Pasted text comes between marks from now on.
const PASTE_MARKS_ON: &[u8] = b"\x1b[?2004h";

/// As the shell expects it: no word of the focus, no marks, and lines that wrap.
const USUAL: &[u8] = b"\x1b[?1004l\x1b[?2004l\x1b[?7h";

impl Terminal {
    /// Makes the terminal raw: what is typed arrives key by key, and is shown by nobody but us.
    ///
    /// # Errors
    /// When it is no terminal, or out of file descriptors; it is then as it was.
    pub fn open(input: &impl AsStream, output: &impl AsStream) -> io::Result<Terminal> {
        let saved = Arc::new(Saved {
            device: TerminalDevice::open(input, output)?,
            raw: AtomicBool::new(false),
        });
        restore_on_panic(Arc::downgrade(&saved));
        // From here on dropping it undoes what follows.
        let terminal = Terminal(saved);
        terminal.enter()?;
        Ok(terminal)
    }

    /// Its width in columns; 80 where it does not say.
    pub fn columns(&self) -> usize {
        self.0.device.columns()
    }

    /// How many bytes are still to be read. Right after the terminal was made raw, they were typed before that, and are
    /// as a terminal has them that edits lines itself.
    pub fn typed_ahead(&self) -> usize {
        self.0.device.typed_ahead()
    }

    /// Makes the terminal raw, also when somebody else changed it while this program was stopped.
    ///
    /// # Errors
    /// When the terminal has gone away.
    pub fn enter(&self) -> io::Result<()> {
        self.0.raw.store(true, Ordering::SeqCst);
        self.0.device.make_raw()?;
        self.0.device.write_now(PASTE_MARKS_ON);
        Ok(())
    }

    /// Puts the terminal back as it was.
    pub fn leave(&self) {
        self.0.restore();
    }

    /// Stops the program as Ctrl-Z does in any other, with the terminal as it was meanwhile.
    ///
    /// # Errors
    /// When the terminal has gone away.
    pub fn suspend(&self) -> io::Result<()> {
        self.leave();
        self.0.device.stop_program()?;
        self.enter()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.leave();
    }
}

impl fmt::Debug for Terminal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Terminal").finish_non_exhaustive()
    }
}

impl Saved {
    fn restore(&self) {
        if self.raw.swap(false, Ordering::SeqCst) {
            self.device.write_now(USUAL);
            self.device.restore();
        }
    }
}

/// Has the terminal put back before a panic's message is printed.
fn restore_on_panic(saved: Weak<Saved>) {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if let Some(saved) = saved.upgrade() {
            saved.device.write_now(b"\r\n");
            saved.restore();
        }
        usual(panic);
    }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::pseudo_terminal;
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::termios::{LocalModes, tcgetattr};
    use std::os::fd::OwnedFd;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::time::Duration;

    fn is_raw(terminal: &OwnedFd) -> bool {
        let modes = tcgetattr(terminal).unwrap().local_modes;
        !modes.intersects(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG)
    }

    /// Reads what the terminal is sent until it ends so: the kernel carries it over in its own time.
    fn reads_until(keyboard: &OwnedFd, end: &str) -> bool {
        let mut shown = Vec::new();
        while !shown.ends_with(end.as_bytes()) {
            let patience = Timespec::try_from(Duration::from_secs(10)).unwrap();
            let mut watched = [PollFd::new(keyboard, PollFlags::IN)];
            if poll(&mut watched, Some(&patience)).unwrap() == 0 {
                return false;
            }
            let mut bytes = [0; 1024];
            let read = rustix::io::read(keyboard, &mut bytes).unwrap();
            shown.extend_from_slice(&bytes[..read]);
        }
        true
    }

    #[test]
    fn the_terminal_is_raw_until_it_is_dropped() {
        let (keyboard, line) = pseudo_terminal();
        let before = tcgetattr(&line).unwrap();
        let terminal = Terminal::open(&line, &line).unwrap();
        assert!(is_raw(&line));
        assert_eq!(terminal.columns(), 80);
        terminal.leave();
        assert!(!is_raw(&line));
        terminal.enter().unwrap();
        assert!(is_raw(&line));
        drop(terminal);
        let after = tcgetattr(&line).unwrap();
        assert_eq!(after.local_modes, before.local_modes);
        assert_eq!(after.input_modes, before.input_modes);
        assert_eq!(after.output_modes, before.output_modes);
        assert!(reads_until(&keyboard, "\x1b[?1004l\x1b[?2004l\x1b[?7h"));
    }

    #[test]
    fn a_panic_leaves_the_terminal_as_it_was_before_its_message_is_printed() {
        let (keyboard, line) = pseudo_terminal();
        let raw_at_message = Arc::new(AtomicBool::new(true));
        let (seen, watched) = (Arc::clone(&raw_at_message), line.try_clone().unwrap());
        std::panic::set_hook(Box::new(move |_| {
            seen.store(is_raw(&watched), Ordering::SeqCst);
        }));
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let _terminal = Terminal::open(&line, &line).unwrap();
            assert!(is_raw(&line));
            panic!("on purpose");
        }));
        drop(std::panic::take_hook());
        assert!(outcome.is_err());
        assert!(!raw_at_message.load(Ordering::SeqCst));
        assert!(!is_raw(&line));
        assert!(reads_until(&keyboard, "\r\n\x1b[?1004l\x1b[?2004l\x1b[?7h"));
    }

    #[test]
    fn a_terminal_that_stands_still_can_be_left() {
        let (_keyboard, line) = pseudo_terminal();
        let mut screen = crate::output::Output::new(&line).unwrap();
        screen.push(&[b'x'; 100_000]);
        screen.flush().unwrap();
        let terminal = Terminal::open(&line, &line).unwrap();
        drop(terminal);
        assert!(!is_raw(&line));
    }

    #[test]
    fn what_is_no_terminal_is_refused() {
        let (reader, writer) = io::pipe().unwrap();
        assert!(Terminal::open(&reader, &writer).is_err());
    }
}
