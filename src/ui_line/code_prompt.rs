//! Asks a person for the code, before the conversation: on the terminal itself, whatever the standard streams are.
//!
//! It has no use for the line editor, which remembers what it is given: what is typed here is wiped.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io::{self, Write};
use std::task::{Context, Poll};

use zeroize::{Zeroize, Zeroizing};

use super::keys::{Key, Keys};
use super::terminal::Terminal;
use crate::clock::Clock;
use crate::code::{self, BadCode, MAX_CODE};
use crate::display::{self, safe};
use crate::platform::{self, InputReader, Signal, Signals, Tty};
use crate::protocol::seal::Code;

/// What became of asking.
#[derive(Debug)]
pub enum Asked {
    Code(Code),
    /// The person thought better of it, or a signal came: this one, or what Ctrl-C and Ctrl-D stand for.
    Signal(Signal),
}

/// Asks for the code; Enter alone draws one and shows it.
///
/// # Errors
/// When there is no terminal, or no randomness.
pub async fn ask_code() -> io::Result<Asked> {
    let tty = platform::open_tty()?;
    // Until the terminal is as it was, whatever ends the program ends here.
    let signals = Signals::watch(&[Signal::Interrupt, Signal::Terminate, Signal::HangUp])?;
    let mut asking = Asking {
        // From here on dropping it puts the terminal back.
        terminal: Terminal::open(&tty, &tty)?,
        input: InputReader::new(&tty)?,
        tty,
        signals,
        typed: Zeroizing::new(String::with_capacity(2 * MAX_CODE)),
    };
    asking.ask().await
}

/// What came of waiting.
enum Typed {
    /// So many bytes.
    Bytes(usize),
    Signal(Signal),
}

struct Asking {
    terminal: Terminal,
    input: InputReader,
    tty: Tty,
    signals: Signals,
    typed: Zeroizing<String>,
}

impl Asking {
    async fn ask(&mut self) -> io::Result<Asked> {
        let (clock, mut decoder) = (Clock::start(), Keys::default());
        let mut keys = VecDeque::new();
        let mut bytes = Zeroizing::new([0; 64]);
        loop {
            self.draw()?;
            let read = match poll_fn(|context| self.poll_read(context, &mut bytes[..])).await? {
                Typed::Bytes(read) => read,
                Typed::Signal(signal) => return Ok(Asked::Signal(signal)),
            };
            let now = clock.now();
            decoder.handle_timeout(now, &mut keys);
            decoder.decode(now, &bytes[..read], &mut keys);
            while let Some(key) = keys.pop_front() {
                match key {
                    // Who typed ahead typed it while Enter was a line feed.
                    Key::Enter | Key::LineBreak => {
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

    /// A signal, or else what is typed.
    fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        bytes: &mut [u8],
    ) -> Poll<io::Result<Typed>> {
        if let Poll::Ready(signal) = self.signals.poll_next(context) {
            return Poll::Ready(signal.map(Typed::Signal));
        }
        self.input
            .poll_read(context, bytes)
            .map_ok(|read| match read {
                // The terminal is gone.
                0 => Typed::Signal(Signal::HangUp),
                read => Typed::Bytes(read),
            })
    }

    fn press(&mut self, key: Key) {
        match key {
            Key::Text(mut text) | Key::Pasted(mut text) => {
                let typed = Zeroizing::new(text.replace(|c: char| c.is_control(), ""));
                text.zeroize();
                self.push(&typed);
            }
            Key::Tab => {
                let completion = Zeroizing::new(code::completion(&self.typed));
                self.push(&completion);
            }
            Key::Backspace => {
                self.typed.pop();
            }
            Key::KillToStart | Key::KillToSpace | Key::KillWordLeft => self.typed.clear(),
            _ => {}
        }
    }

    fn push(&mut self, typed: &str) {
        if self.typed.len() + typed.len() <= MAX_CODE {
            self.typed.push_str(typed);
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
        Asked::Signal(Signal::Interrupt)
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
