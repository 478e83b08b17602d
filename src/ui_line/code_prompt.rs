//! Asks a person for the code, before the conversation: on the terminal itself, whatever the standard streams are.
//!
//! It has no use for the line editor, which remembers what it is given: what is typed here is wiped.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;

use rustix::event::{PollFd, PollFlags, poll};
use signal_hook::SigId;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::low_level::{pipe, unregister};
use zeroize::{Zeroize, Zeroizing};

use super::keys::{Key, Keys};
use super::terminal::Terminal;
use crate::code::{self, BadCode};
use crate::display::{self, safe};
use crate::protocol::seal::Code;

/// What became of asking.
#[derive(Debug)]
pub enum Asked {
    Code(Code),
    /// The person thought better of it, or a signal came: this one, or what Ctrl-C and Ctrl-D stand for.
    Signal(i32),
}

/// In bytes: nobody says a longer code aloud.
const LONGEST: usize = 200;

/// Asks for the code; Enter alone draws one and shows it.
///
/// # Errors
/// When there is no terminal, or no randomness.
pub fn ask_code() -> io::Result<Asked> {
    let tty = File::options().read(true).write(true).open("/dev/tty")?;
    let signals = PromptSignals::register()?;
    let mut asking = Asking {
        // From here on dropping it puts the terminal back.
        terminal: Terminal::open(&tty, &tty)?,
        tty,
        typed: Zeroizing::new(String::with_capacity(2 * LONGEST)),
    };
    asking.ask(&signals)
}

struct Asking {
    terminal: Terminal,
    tty: File,
    typed: Zeroizing<String>,
}

impl Asking {
    fn ask(&mut self, signals: &PromptSignals) -> io::Result<Asked> {
        let mut decoder = Keys::default();
        let mut keys = VecDeque::new();
        let mut bytes = Zeroizing::new([0; 64]);
        loop {
            self.draw()?;
            let mut watched = [
                PollFd::new(&self.tty, PollFlags::IN),
                PollFd::new(&signals.told, PollFlags::IN),
            ];
            match poll(&mut watched, None) {
                Err(error) if error == rustix::io::Errno::INTR => continue,
                outcome => outcome?,
            };
            if !watched[1].revents().is_empty() {
                return Ok(Asked::Signal(SIGTERM));
            }
            let read = self.tty.read(&mut bytes[..])?;
            if read == 0 {
                return Ok(Asked::Signal(SIGHUP));
            }
            decoder.decode(&bytes[..read], &mut keys);
            while let Some(key) = keys.pop_front() {
                match key {
                    Key::Enter => {
                        if let Some(code) = self.entered()? {
                            return Ok(Asked::Code(code));
                        }
                    }
                    Key::Interrupt => return Ok(self.given_up()),
                    Key::EndOrDelete if self.typed.is_empty() => return Ok(self.given_up()),
                    key => self.press(key),
                }
            }
        }
    }

    fn press(&mut self, key: Key) {
        match key {
            Key::Text(mut text) | Key::Pasted(mut text) => {
                let completed = if text == "\t" {
                    Zeroizing::new(code::completion(&self.typed))
                } else {
                    Zeroizing::new(text.replace(|c: char| c.is_control(), ""))
                };
                if self.typed.len() + completed.len() <= LONGEST {
                    self.typed.push_str(&completed);
                }
                text.zeroize();
            }
            Key::Backspace => {
                self.typed.pop();
            }
            Key::KillToStart | Key::KillWordLeft => self.typed.clear(),
            _ => {}
        }
    }

    /// The code that was typed, or a drawn one; none where what was typed cannot be one.
    fn entered(&mut self) -> io::Result<Option<Code>> {
        let code = match code::read(&self.typed) {
            Ok(code) => code,
            Err(BadCode::Empty) if self.typed.trim().is_empty() => {
                let code = code::draw_anew()?;
                self.write(&format!("\r\n{}\r\n", display::drawn_code(code.reveal())))?;
                return Ok(Some(code));
            }
            Err(BadCode::Empty | BadCode::TooLong) => {
                self.write(&format!("\r\n{}\r\n", display::BAD_CODE))?;
                self.typed.clear();
                return Ok(None);
            }
        };
        self.write("\r\n")?;
        Ok(Some(code))
    }

    fn given_up(&mut self) -> Asked {
        // The terminal is put back whatever becomes of the line's end.
        let _ = self.write("\r\n");
        Asked::Signal(SIGINT)
    }

    fn draw(&mut self) -> io::Result<()> {
        let typed = Zeroizing::new(safe(&self.typed).into_owned());
        // One row, of which a narrow screen shows the end.
        let room = self.terminal.columns().saturating_sub(1);
        let row = Zeroizing::new(format!("{}{}", display::CODE_PROMPT, *typed));
        let hidden = row.chars().count().saturating_sub(room);
        let shown: Zeroizing<String> = Zeroizing::new(row.chars().skip(hidden).collect());
        self.write(&format!("\r\x1b[K{}", *shown))
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        self.tty.write_all(text.as_bytes())
    }
}

/// PromptSignals that end the program, for as long as the terminal is not as it was.
struct PromptSignals {
    told: UnixStream,
    registered: Vec<SigId>,
}

impl PromptSignals {
    fn register() -> io::Result<PromptSignals> {
        let (told, tell) = UnixStream::pair()?;
        let mut signals = PromptSignals {
            told,
            registered: Vec::new(),
        };
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            let id = pipe::register(signal, tell.try_clone()?)?;
            signals.registered.push(id);
        }
        Ok(signals)
    }
}

impl Drop for PromptSignals {
    fn drop(&mut self) {
        for id in self.registered.drain(..) {
            unregister(id);
        }
    }
}
