//! Telnet commands among the text (RFC 854): filtered out, and refused where they ask for something.

use memchr::memchr;

/// "Interpret as command": begins every telnet command. In Windows-1252 it is the letter ÿ.
pub const IAC: u8 = 0xff;

const SE: u8 = 240;
const ERASE_CHARACTER: u8 = 247;
const GO_AHEAD: u8 = 249;
const SB: u8 = 250;
const WILL: u8 = 251;
const WONT: u8 = 252;
const DO: u8 = 253;
const DONT: u8 = 254;
/// The end of file, suspend and abort of RFC 1184, which come without being negotiated.
const END_OF_FILE: u8 = 236;
const ABORT: u8 = 238;

/// Telnet sends `DO TIMING-MARK` after Ctrl-C and shows nothing until it is answered, every time.
const TIMING_MARK: u8 = 6;
/// Other options are refused so often at most: a client that insists cannot make a loop of it.
const MAX_ANSWERS: u8 = 64;
/// No real subnegotiation is longer; what goes on so long is text.
const LONGEST_SUBNEGOTIATION: u16 = 1024;

/// What telnet commands a client is in the middle of.
#[derive(Debug, Default)]
pub struct Telnet {
    state: TelnetState,
    answers: u8,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum TelnetState {
    #[default]
    Text,
    /// After IAC.
    Command,
    /// After IAC and WILL, WONT, DO or DONT.
    Negotiation(u8),
    /// In a subnegotiation, after so many bytes.
    Inside(u16),
    /// In a subnegotiation, after IAC.
    InsideCommand(u16),
}

impl Telnet {
    /// Appends the text among `bytes` to `text`, and what must be answered to `out`: never more bytes than came.
    pub fn filter(&mut self, bytes: &[u8], text: &mut Vec<u8>, out: &mut Vec<u8>) {
        if self.is_text() && memchr(IAC, bytes).is_none() {
            text.extend_from_slice(bytes);
            return;
        }
        for &byte in bytes {
            self.state = self.step(byte, text, out);
        }
    }

    /// Whether what comes next is text, unless it begins a command.
    pub fn is_text(&self) -> bool {
        self.state == TelnetState::Text
    }

    /// Nothing followed for a while: a lone IAC was the letter ÿ.
    pub fn give_up(&mut self, text: &mut Vec<u8>) {
        if self.state == TelnetState::Command {
            self.state = TelnetState::Text;
            text.push(IAC);
        }
    }

    fn step(&mut self, byte: u8, text: &mut Vec<u8>, out: &mut Vec<u8>) -> TelnetState {
        match (self.state, byte) {
            (TelnetState::Text, IAC) => TelnetState::Command,
            (TelnetState::Text, _) => {
                text.push(byte);
                TelnetState::Text
            }
            (TelnetState::Command, SB) => TelnetState::Inside(0),
            (TelnetState::Command, WILL..=DONT) => TelnetState::Negotiation(byte),
            (TelnetState::Command, ERASE_CHARACTER) => {
                text.push(0x08);
                TelnetState::Text
            }
            (TelnetState::Command, SE..=GO_AHEAD | END_OF_FILE..=ABORT) => TelnetState::Text,
            // A doubled IAC is the byte itself.
            (TelnetState::Command, IAC) => {
                text.push(IAC);
                TelnetState::Text
            }
            (TelnetState::Command, _) => {
                text.extend_from_slice(&[IAC, byte]);
                TelnetState::Text
            }
            (TelnetState::Negotiation(verb), option) => {
                self.answer(verb, option, out);
                TelnetState::Text
            }
            (TelnetState::InsideCommand(_), SE) => TelnetState::Text,
            (TelnetState::Inside(LONGEST_SUBNEGOTIATION), _) => TelnetState::Text,
            (TelnetState::Inside(length), IAC) => TelnetState::InsideCommand(length),
            (TelnetState::Inside(length) | TelnetState::InsideCommand(length), _) => {
                TelnetState::Inside(length + 1)
            }
        }
    }

    /// Refuses an option. What is refused already (WONT, DONT) is never answered, as RFC 854 has it.
    fn answer(&mut self, verb: u8, option: u8, out: &mut Vec<u8>) {
        let refusal = match verb {
            DO => WONT,
            WILL => DONT,
            _ => return,
        };
        if option != TIMING_MARK {
            if self.answers == MAX_ANSWERS {
                return;
            }
            self.answers += 1;
        }
        out.extend_from_slice(&[IAC, refusal, option]);
    }
}
