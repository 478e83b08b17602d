//! A terminal's modes.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Signal, getpid, kill_process};
use rustix::termios::{OptionalActions, OutputModes, Termios, tcgetattr, tcgetwinsize, tcsetattr};

/// A terminal, and the modes that it had at first.
pub struct TerminalDevice {
    input: OwnedFd,
    output: OwnedFd,
    modes: Termios,
}

impl TerminalDevice {
    /// # Errors
    /// When it is no terminal, or out of file descriptors.
    pub fn open(input: &impl AsFd, output: &impl AsFd) -> io::Result<TerminalDevice> {
        Ok(TerminalDevice {
            input: input.as_fd().try_clone_to_owned()?,
            output: output.as_fd().try_clone_to_owned()?,
            modes: tcgetattr(input)?,
        })
    }

    /// What is typed arrives key by key from now on, and is shown by nobody but us.
    ///
    /// # Errors
    /// When the terminal has gone away.
    pub fn make_raw(&self) -> io::Result<()> {
        let mut raw = self.modes.clone();
        raw.make_raw();
        // A line feed goes to the first column, as everybody's output takes for granted.
        raw.output_modes |= OutputModes::OPOST | OutputModes::ONLCR;
        // Not after a drain, which a terminal that stands still would never let end.
        Ok(tcsetattr(&self.input, OptionalActions::Now, &raw)?)
    }

    /// Gives it the modes that it had.
    pub fn restore(&self) {
        // A terminal that is gone needs no care, and nothing better can be tried on any other.
        let _ = tcsetattr(&self.input, OptionalActions::Now, &self.modes);
    }

    /// Writes to it past all that waits, if it takes anything now.
    pub fn write_now(&self, bytes: &[u8]) {
        let mut watched = [PollFd::new(&self.output, PollFlags::OUT)];
        let ready = poll(&mut watched, Some(&Timespec::default()));
        if ready == Ok(1) {
            // A terminal that takes nothing now has stood still for a screenful, or is gone: nobody watches.
            let _ = rustix::io::write(&self.output, bytes);
        }
    }

    /// Its width in columns; 80 where it does not say.
    pub fn columns(&self) -> usize {
        match tcgetwinsize(&self.output) {
            Ok(size) if size.ws_col > 0 => usize::from(size.ws_col),
            _ => 80,
        }
    }

    /// How many bytes are still to be read. Right after the terminal was made raw, they were typed before that, and are
    /// as a terminal has them that edits lines itself.
    pub fn typed_ahead(&self) -> usize {
        // One that is gone has nothing to give.
        rustix::io::ioctl_fionread(&self.input).map_or(0, |bytes| bytes as usize)
    }

    /// Stops this program until somebody lets it go on.
    ///
    /// # Errors
    /// When the system does not let us.
    pub fn stop_program(&self) -> io::Result<()> {
        // Unlike SIGSTOP, the kernel drops this signal where nobody could let the program go on (a session of its own,
        // an orphaned group), and unlike SIGTSTP it is not ours to handle.
        Ok(kill_process(getpid(), Signal::TTOU)?)
    }
}
