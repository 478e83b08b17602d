//! Telnet commands among the text (RFC 854): filtered out, and refused where they ask for something.

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
const MOST_ANSWERS: u8 = 64;
/// No real subnegotiation is longer; what goes on so long is text.
const LONGEST_SUBNEGOTIATION: u16 = 1024;

/// What telnet commands a client is in the middle of.
#[derive(Debug, Default)]
pub struct Telnet {
    state: State,
    answers: u8,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
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
        if self.state == State::Text && !bytes.contains(&IAC) {
            text.extend_from_slice(bytes);
            return;
        }
        for &byte in bytes {
            self.state = self.step(byte, text, out);
        }
    }

    /// Nothing followed for a while: a lone IAC was the letter ÿ.
    pub fn give_up(&mut self, text: &mut Vec<u8>) {
        if self.state == State::Command {
            self.state = State::Text;
            text.push(IAC);
        }
    }

    fn step(&mut self, byte: u8, text: &mut Vec<u8>, out: &mut Vec<u8>) -> State {
        match (self.state, byte) {
            (State::Text, IAC) => State::Command,
            (State::Text, _) => {
                text.push(byte);
                State::Text
            }
            (State::Command, SB) => State::Inside(0),
            (State::Command, WILL..=DONT) => State::Negotiation(byte),
            (State::Command, ERASE_CHARACTER) => {
                text.push(0x08);
                State::Text
            }
            (State::Command, SE..=GO_AHEAD | END_OF_FILE..=ABORT) => State::Text,
            // A doubled IAC is the byte itself.
            (State::Command, IAC) => {
                text.push(IAC);
                State::Text
            }
            (State::Command, _) => {
                text.extend_from_slice(&[IAC, byte]);
                State::Text
            }
            (State::Negotiation(verb), option) => {
                self.answer(verb, option, out);
                State::Text
            }
            (State::InsideCommand(_), SE) => State::Text,
            (State::Inside(LONGEST_SUBNEGOTIATION), _) => State::Text,
            (State::Inside(length), IAC) => State::InsideCommand(length),
            (State::Inside(length) | State::InsideCommand(length), _) => State::Inside(length + 1),
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
            if self.answers == MOST_ANSWERS {
                return;
            }
            self.answers += 1;
        }
        out.extend_from_slice(&[IAC, refusal, option]);
    }
}
