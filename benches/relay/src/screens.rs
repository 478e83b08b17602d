//! Where a relay's messages are shown while it is measured.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::Stdio;
use std::thread::{self, JoinHandle};

use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};

/// A kind of standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    Null,
    File,
    /// A pseudo-terminal that is read at once.
    Terminal,
}

/// What keeps a standard output working. Drop it after its relay has ended.
pub enum Screen {
    Null,
    File(PathBuf),
    Terminal(Option<JoinHandle<()>>),
}

/// Opens a standard output for a relay.
pub fn open(output: Output) -> io::Result<(Stdio, Screen)> {
    match output {
        Output::Null => Ok((Stdio::null(), Screen::Null)),
        Output::File => {
            let path = std::env::temp_dir().join(format!("relay-bench-{}", std::process::id()));
            Ok((File::create(&path)?.into(), Screen::File(path)))
        }
        Output::Terminal => {
            let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
            let keyboard = openpt(flags)?;
            grantpt(&keyboard)?;
            unlockpt(&keyboard)?;
            let terminal = ioctl_tiocgptpeer(&keyboard, flags)?;
            let reader = thread::spawn(|| read_away(keyboard));
            Ok((terminal.into(), Screen::Terminal(Some(reader))))
        }
    }
}

/// Reads a terminal until its program has ended, which shows as an error.
fn read_away(keyboard: OwnedFd) {
    let mut keyboard = File::from(keyboard);
    let mut buffer = [0; 4096];
    while keyboard.read(&mut buffer).is_ok_and(|count| count > 0) {}
}

impl Drop for Screen {
    fn drop(&mut self) {
        match self {
            Screen::Null => {}
            // A file that stays behind harms nobody.
            Screen::File(path) => drop(fs::remove_file(path)),
            Screen::Terminal(reader) => {
                let outcome = reader.take().map(JoinHandle::join);
                debug_assert!(matches!(outcome, Some(Ok(()))), "reading does not panic");
            }
        }
    }
}
