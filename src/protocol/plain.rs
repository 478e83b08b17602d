//! The plain dialect of `nc`, `telnet` and the clients that students write: what such a client means by its bytes, and
//! the lines it is sent. Pure: see [`super`].
//!
//! The rules were measured on real course clients. A line ends with LF, CR, NUL or any mixture of them; blank lines are
//! no messages, so that neither CR LF nor the NUL padding of fixed records needs a rule of its own; and a client that
//! ends its lines with nothing at all is understood by its silences.

mod author;
mod diagnostics;
mod foreign;
mod in_place;
mod opening;
mod outgoing;
mod pasting;
mod prompt;
mod telnet;
mod text;
mod typist;

use std::borrow::Cow;
use std::collections::VecDeque;

use self::author::Introduction;
use self::opening::Opening;
use self::pasting::Pasting;
use self::prompt::NamePrompt;
use self::telnet::{IAC, Telnet};
use self::text::Charset;
use self::typist::Typist;
use super::end_words::EndWord;
use super::name::Name;
use super::wire::{MAGIC, MAX_TEXT};
use super::{Millis, earliest};

pub use self::diagnostics::{Diagnostic, Diagnostics};
pub use self::opening::Foreign;
pub use self::outgoing::{
    SEAT_YIELDED, SIGN_OF_LIFE, head, sentence, write_message, write_notice, write_welcome,
};
pub use self::prompt::PROMPT;

/// Silence that ends a line, for a client that has never sent CR or LF.
const LINE_TIMEOUT: Millis = 150;
/// Silence after which half a UTF-8 character or half an opening is taken for what it is.
const WHOLE_LINE_TIMEOUT: Millis = 2_000;
/// Silence after which a single key is a line: whoever types goes on sooner, a client named « A » does not.
const KEY_INTERVAL: Millis = 5_000;

/// « bye » is a message unless the stream ends so soon after it.
const FAREWELL_TIMEOUT: Millis = 500;

/// Windows puts it at the beginning of what is UTF-8.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// What somebody is called whose first line is no name.
pub const GUEST: &str = "invité";

/// One plain client, as the relay hears it. Every connection may begin as one, for it tells [`Input::Wire`] apart.
///
/// Its driver calls [`receive`](Plain::receive), [`handle_timeout`](Plain::handle_timeout) and [`end_of_stream`](Plain::end_of_stream) as
/// things happen, and after each call [`next_input`](Plain::next_input) until it gives `None`. It may stop asking while it has no
/// room for more; then it must not read the socket either, for what it has not asked for waits here. Before either it may
/// [take messages](Plain::take_messages) where they stand, for less work: they are those that it would be given.
#[derive(Debug)]
pub struct Plain {
    stage: PlainStage,
    prompt: NamePrompt,
    telnet: Telnet,
    /// Text received and not looked at yet: what follows the first `read` bytes.
    unread: Vec<u8>,
    read: usize,
    /// The line that has begun: at most [`MAX_TEXT`] bytes, or what comes after so many.
    line: Vec<u8>,
    part: Part,
    /// A message that says goodbye if nothing follows it until then.
    farewell: Option<(Box<str>, Millis)>,
    /// What came first holds what no terminal sends, though keys may have taken it back.
    opens_binary: bool,
    /// It has said something after its first line.
    past_first_line: bool,
    /// What the line last ended says: at most a name and a few texts.
    heard: VecDeque<Input>,
    framing: Framing,
    pasting: Pasting,
    hand: Typist,
    /// Characters that the bytes of one read have added to the line.
    added: usize,
    charset: Charset,
    /// When the last byte came, messages apart that were taken where they stood.
    heard_at: Millis,
    /// No byte follows those in `unread`.
    ended: bool,
    diagnostics: Diagnostics,
}

/// What a client says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// It speaks the protocol: give [`Plain::into_unread`] to a decoder of the wire.
    Wire,
    /// It has a name and asks for a seat.
    Named(Name),
    /// It asks for a seat, and its first line, which follows as a message, is no name. Call it [`GUEST`].
    Nameless,
    /// One message of at most [`MAX_TEXT`] bytes, not empty, without line ending.
    Said(String),
    /// It leaves. Nothing follows.
    Quit,
    /// It is no chat client and takes no seat. Nothing follows.
    Foreign(Foreign),
}

/// How far the client has come.
#[derive(Debug)]
enum PlainStage {
    /// The first bytes do not tell yet what speaks. They stay unread, as they came.
    Opening,
    /// The next line is the first.
    Naming,
    /// `None` is a guest.
    Talking(Option<Name>),
    /// Not plain at all. What comes stays unread.
    Wire,
    Over,
}

/// How the client ends its lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    Unknown,
    /// By silence: it has done so before.
    Silence,
    /// By CR or LF, so that silence means nothing any more.
    Endings,
}

/// How much of the client's line there is to understand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extent {
    Line,
    /// All that a message may hold, and more follows.
    Beginning,
}

/// Which part of the client's line `line` holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    First,
    Later,
}

impl Plain {
    /// A connection accepted at `now`.
    pub fn new(now: Millis) -> Plain {
        Plain {
            stage: PlainStage::Opening,
            prompt: NamePrompt::new(now),
            telnet: Telnet::default(),
            unread: Vec::new(),
            read: 0,
            line: Vec::new(),
            part: Part::First,
            farewell: None,
            opens_binary: false,
            past_first_line: false,
            heard: VecDeque::new(),
            framing: Framing::Unknown,
            pasting: Pasting::default(),
            hand: Typist::Person(0),
            added: 0,
            charset: Charset::Utf8,
            heard_at: now,
            ended: false,
            diagnostics: Diagnostics::default(),
        }
    }

    /// Somebody who needs no name and no prompt: a server that is called, and speaks this dialect, too.
    pub fn talking() -> Plain {
        Plain {
            stage: PlainStage::Talking(None),
            prompt: NamePrompt::Over,
            hand: Typist::Program,
            ..Plain::new(0)
        }
    }

    /// The socket gave these bytes, in one read. What telnet must be answered is appended to `out`: never more bytes
    /// than came.
    pub fn receive(&mut self, now: Millis, bytes: &[u8], out: &mut Vec<u8>) {
        let Some(&first) = bytes.first() else {
            return;
        };
        // Telnet negotiates before anybody types.
        if first != IAC {
            self.prompt = self.prompt.after_bytes();
        }
        let silence = now.saturating_sub(self.heard_at);
        self.heard_at = now;
        match self.stage {
            PlainStage::Opening => self.open(silence, bytes, out),
            PlainStage::Naming | PlainStage::Talking(_) => self.take(silence, bytes, out),
            PlainStage::Wire => self.unread.extend_from_slice(bytes),
            PlainStage::Over => {}
        }
    }

    /// The client sends nothing more: what stands is a line, and then it leaves.
    pub fn end_of_stream(&mut self, out: &mut Vec<u8>) {
        match self.stage {
            // A client of the wire was cut off in the middle of its hello: it takes no seat under half a word.
            PlainStage::Opening if MAGIC.as_bytes().starts_with(&self.unread) => {
                self.finish(Input::Quit);
            }
            _ => self.take_as_text(out),
        }
        self.ended = true;
    }

    /// What the client says next.
    pub fn next_input(&mut self) -> Option<Input> {
        self.read_on();
        if self.ended && self.heard.is_empty() && self.is_open() {
            self.end_line_for(Diagnostic::EndOfStream);
            if self.heard.is_empty() {
                self.finish(Input::Quit);
            }
        }
        let next = self.heard.pop_front();
        if next.is_none() && self.heard.capacity() > 0 {
            // Whoever has nothing more to say holds no memory.
            self.heard = VecDeque::new();
        }
        next
    }

    /// Time has passed. The prompt is appended to `out` when it is due.
    pub fn handle_timeout(&mut self, now: Millis, out: &mut Vec<u8>) {
        if let Some((at, asked)) = self.prompt_at()
            && at <= now
        {
            self.prompt = NamePrompt::asked(now, asked);
            write_notice(out, PROMPT);
        }
        if self.farewell_ends_at().is_some_and(|at| at <= now) {
            self.release_farewell();
        }
        if self.silence_ends_at().is_some_and(|at| at <= now) {
            match self.stage {
                PlainStage::Opening => self.take_as_text(out),
                _ => self.end_line_by_silence(),
            }
        }
    }

    /// Whether its first bytes have told that it is no client of the wire. Silence and half a hello do not.
    pub fn has_spoken(&self) -> bool {
        !matches!(self.stage, PlainStage::Opening | PlainStage::Wire)
    }

    /// Whether it has said more than its first line.
    pub fn is_past_first_line(&self) -> bool {
        self.past_first_line
    }

    /// When [`handle_timeout`](Plain::handle_timeout) must be called next. Any other call may change it.
    pub fn next_timeout(&self) -> Option<Millis> {
        earliest([
            self.prompt_at().map(|(at, _)| at),
            self.farewell_ends_at(),
            self.silence_ends_at(),
        ])
    }

    /// All the bytes of a client that turned out to speak the wire.
    pub fn into_unread(self) -> Vec<u8> {
        self.unread
    }

    /// What there is to diagnostic about what was heard since this was last asked.
    pub fn take_diagnostics(&mut self) -> Diagnostics {
        std::mem::take(&mut self.diagnostics)
    }

    /// When the name is asked for, after how many times.
    fn prompt_at(&self) -> Option<(Millis, u32)> {
        match (&self.stage, self.prompt) {
            (PlainStage::Opening | PlainStage::Naming, NamePrompt::At(at, asked)) => {
                Some((at, asked))
            }
            _ => None,
        }
    }

    fn farewell_ends_at(&self) -> Option<Millis> {
        let (_, at) = self.farewell.as_ref()?;
        (!self.ended && self.is_idle()).then_some(*at)
    }

    /// When what stands is taken for a line, or an opening for text, if nothing more comes.
    fn silence_ends_at(&self) -> Option<Millis> {
        let patience = match (&self.stage, self.framing, self.hand) {
            (PlainStage::Wire | PlainStage::Over, ..) => return None,
            // Half a hello is not a person called « M ».
            (PlainStage::Opening, ..) if MAGIC.as_bytes().starts_with(&self.unread) => return None,
            (PlainStage::Opening, ..) => WHOLE_LINE_TIMEOUT,
            _ if self.line.is_empty() || !self.is_idle() => return None,
            (_, Framing::Endings, _) => return None,
            (_, Framing::Unknown, Typist::Person(1)) => KEY_INTERVAL,
            (_, Framing::Unknown, Typist::Person(_)) => return None,
            _ if self.charset == Charset::Utf8 && text::unfinished(&self.line) > 0 => {
                WHOLE_LINE_TIMEOUT
            }
            _ => LINE_TIMEOUT,
        };
        Some(self.heard_at + patience)
    }

    /// Whether all that was received has been looked at, and all that was heard handed out.
    fn is_idle(&self) -> bool {
        self.unread.is_empty() && self.heard.is_empty()
    }

    /// Whether what comes is text.
    fn is_open(&self) -> bool {
        matches!(self.stage, PlainStage::Naming | PlainStage::Talking(_))
    }

    /// Finds out what speaks, if its first bytes tell by now.
    fn open(&mut self, silence: Millis, bytes: &[u8], out: &mut Vec<u8>) {
        let before = self.unread.len();
        self.unread.extend_from_slice(bytes);
        match Opening::of(&self.unread) {
            None => {}
            Some(Opening::Wire) => {
                self.stage = PlainStage::Wire;
                self.heard.push_back(Input::Wire);
            }
            Some(Opening::Foreign(foreign)) => self.finish(Input::Foreign(foreign)),
            Some(Opening::Text) => {
                self.unread.truncate(before);
                self.take_as_text(out);
                let start = self.unread.len();
                self.take(silence, bytes, out);
                self.judge_opening(start);
            }
        }
    }

    /// Takes what there is of an opening for text.
    fn take_as_text(&mut self, out: &mut Vec<u8>) {
        if let PlainStage::Opening = self.stage {
            self.stage = PlainStage::Naming;
            let opening = std::mem::take(&mut self.unread);
            self.take(0, &opening, out);
            self.judge_opening(0);
            self.read_on();
        }
    }

    /// Judges what has come so far, from there on. A single key may be a slip of somebody who types.
    fn judge_opening(&mut self, start: usize) {
        let opening = &self.unread[start..];
        self.opens_binary |= opening.len() > 1 && opening::holds_binary(opening);
    }

    fn take(&mut self, silence: Millis, bytes: &[u8], out: &mut Vec<u8>) {
        let was_idle = self.is_idle();
        let start = self.unread.len();
        self.telnet.filter(bytes, &mut self.unread, out);
        if self.unread.len() - start < bytes.len() {
            self.diagnostics.add(Diagnostic::Telnet);
        }
        let sent = &self.unread[start..];
        let goes_on = || self.hand.may_add(sent);
        let is_new = self.framing == Framing::Silence
            && was_idle
            && self.part == Part::First
            && !self.line.is_empty()
            && self.pasting.begins_line(sent, &self.line, self.charset);
        // A client named « A » that says « bonjour » a second later: what stood before was a line by itself.
        if silence >= LINE_TIMEOUT && self.framing == Framing::Unknown && was_idle && !goes_on() {
            self.end_line_by_silence();
        } else if is_new {
            self.end_line_for(Diagnostic::Pasted);
        }
        if self.framing != Framing::Endings && !bytes.is_empty() {
            self.pasting.read(bytes.len());
        }
    }

    /// Reads until something is heard or nothing is unread.
    fn read_on(&mut self) {
        while self.heard.is_empty() && self.read < self.unread.len() && self.is_open() {
            self.read_some();
        }
        if self.read > 0 && self.read == self.unread.len() {
            self.unread = Vec::new();
            self.read = 0;
            self.hand = self.hand.after(std::mem::take(&mut self.added));
        }
    }

    /// Reads a run of text, or one byte that edits or ends the line.
    fn read_some(&mut self) {
        let rest = &self.unread[self.read..];
        let run = match text::find_key(rest) {
            // A tab, say, is text like any other.
            Some((0, _)) if !text::is_key(rest[0]) => 1,
            found => found.map_or(rest.len(), |(at, _)| at),
        };
        let room = MAX_TEXT.saturating_sub(self.line.len());
        if run > 0 && room == 0 {
            self.end_part();
        } else if run > 0 {
            let run = &rest[..run.min(room)];
            self.line.extend_from_slice(run);
            // Whose hand it is only counts until the endings tell.
            if self.framing == Framing::Unknown {
                self.added += text::characters(run);
            }
            self.read += run.len();
        } else {
            let key = rest[0];
            self.read += 1;
            self.press(key);
        }
    }

    fn press(&mut self, key: u8) {
        if text::ends_line(key) {
            if key != 0 {
                self.framing = Framing::Endings;
            }
            self.end_line();
        } else {
            text::erase_last(&mut self.line);
            self.diagnostics.add(Diagnostic::Erased);
        }
    }

    fn end_line_by_silence(&mut self) {
        if !self.line.is_empty() {
            self.framing = Framing::Silence;
        }
        self.end_line_for(Diagnostic::Silence);
    }

    /// Ends the line without an ending of its own.
    fn end_line_for(&mut self, cause: Diagnostic) {
        self.telnet.give_up(&mut self.line);
        if !self.line.is_empty() {
            self.diagnostics.add(cause);
            self.end_line();
        }
    }

    fn end_line(&mut self) {
        self.pasting.end_line(self.framing);
        self.hand = Typist::Person(0);
        self.added = 0;
        let line = std::mem::take(&mut self.line);
        self.hear_part(&line, Extent::Line, Part::First);
    }

    /// Hands on what stands of a line that is longer than a message.
    fn end_part(&mut self) {
        self.diagnostics.add(Diagnostic::Split);
        let cut = self.line.len() - text::unfinished(&self.line);
        let rest = self.line.split_off(cut);
        let line = std::mem::replace(&mut self.line, rest);
        self.hear_part(&line, Extent::Beginning, Part::Later);
    }

    fn hear_part(&mut self, line: &[u8], extent: Extent, next: Part) {
        let text = self.decode(line);
        match std::mem::replace(&mut self.part, next) {
            Part::First => self.hear(line, &text, extent),
            Part::Later => self.say(&text),
        }
    }

    fn decode<'l>(&mut self, line: &'l [u8]) -> Cow<'l, str> {
        let (text, charset) = text::decode(line);
        if charset == Charset::Windows1252 {
            self.charset = charset;
            self.diagnostics.add(Diagnostic::Windows1252);
        }
        text
    }

    /// Understands a line, or the beginning of one too long for a message.
    fn hear(&mut self, line: &[u8], text: &str, extent: Extent) {
        let marked = text;
        let text = marked.trim_start_matches(BYTE_ORDER_MARK);
        if text.len() < marked.len() {
            self.diagnostics.add(Diagnostic::ByteOrderMark);
        }
        let text = match extent {
            Extent::Line => text.trim_end(),
            Extent::Beginning => text,
        };
        match &self.stage {
            PlainStage::Naming => self.hear_first(line, text, extent),
            PlainStage::Talking(name) => {
                self.past_first_line |= !text.is_empty();
                let said = name
                    .as_ref()
                    .and_then(|name| author::without_author(text, name));
                if let Some(said) = said {
                    self.own_prefix(text, said);
                }
                self.hear_messages(said.unwrap_or(text), extent);
            }
            PlainStage::Opening | PlainStage::Wire | PlainStage::Over => {}
        }
    }

    /// The first line: a name, a name and a message, or neither.
    fn hear_first(&mut self, line: &[u8], text: &str, extent: Extent) {
        if extent == Extent::Line && text.is_empty() {
            // NUL is padding; CR or LF is somebody who presses Enter to see what happens.
            if let (NamePrompt::OnBlank(asked), Framing::Endings) = (self.prompt, self.framing) {
                self.prompt = NamePrompt::after_blank(self.heard_at, asked);
            }
            return;
        }
        let rest = &self.unread[self.read..];
        let binary = self.opens_binary.then_some(Foreign::Binary);
        if let Some(foreign) = Foreign::of_first_line(line, text, rest).or(binary) {
            self.finish(Input::Foreign(foreign));
        } else if extent == Extent::Line && EndWord::of_plain(text) == Some(EndWord::Anywhere) {
            self.finish(Input::Quit);
        } else if let Some(Introduction { name, said, how }) = author::introduction(text) {
            self.diagnostics.add(how);
            if how == Diagnostic::OwnPrefix {
                self.own_prefix(text, said);
            }
            self.sit_down(Some(name));
            self.hear_messages(said, extent);
        } else if extent == Extent::Beginning {
            self.finish(Input::Foreign(Foreign::Oversized));
        } else if let Ok(name) = text.parse() {
            self.sit_down(Some(name));
        } else {
            self.sit_down(None);
            self.hear_message(text, extent);
        }
    }

    fn sit_down(&mut self, name: Option<Name>) {
        self.heard
            .push_back(name.clone().map_or(Input::Nameless, Input::Named));
        self.stage = PlainStage::Talking(name);
    }

    /// The client's own name stands before what it says.
    fn own_prefix(&mut self, text: &str, said: &str) {
        self.diagnostics.add(Diagnostic::OwnPrefix);
        if self.framing != Framing::Endings {
            self.pasting.learn_prefix(&text[..text.len() - said.len()]);
        }
    }

    /// One message, or several of a client that puts nothing between them but its name.
    fn hear_messages(&mut self, mut text: &str, extent: Extent) {
        if self.framing == Framing::Silence {
            while let Some((said, rest)) = self.pasting.split(text)
                && self.is_open()
            {
                self.diagnostics.add(Diagnostic::Pasted);
                self.hear_message(said, Extent::Line);
                text = rest;
            }
        }
        if self.is_open() {
            self.hear_message(text, extent);
        }
    }

    fn hear_message(&mut self, text: &str, extent: Extent) {
        let farewell = match extent {
            Extent::Line => EndWord::of_plain(text),
            Extent::Beginning => None,
        };
        match farewell {
            Some(EndWord::Anywhere) => {
                self.release_farewell();
                self.finish(Input::Quit);
            }
            Some(EndWord::IfLast) => {
                self.release_farewell();
                self.farewell = Some((text.into(), self.heard_at + FAREWELL_TIMEOUT));
            }
            None if text.trim().is_empty() => {}
            None => self.say(text),
        }
    }

    /// Something follows: it was a message.
    fn release_farewell(&mut self) {
        if let Some((text, _)) = self.farewell.take() {
            self.heard.push_back(Input::Said(text.into()));
        }
    }

    /// In as few messages as will hold it: what was 4000 bytes of Windows-1252 is more of UTF-8.
    fn say(&mut self, mut text: &str) {
        self.release_farewell();
        while !text.is_empty() {
            let (message, rest) = text::split_at_most(text, MAX_TEXT);
            self.heard.push_back(Input::Said(message.to_owned()));
            text = rest;
        }
    }

    fn finish(&mut self, last: Input) {
        self.stage = PlainStage::Over;
        self.farewell = None;
        self.unread = Vec::new();
        self.read = 0;
        self.line = Vec::new();
        self.heard.push_back(last);
    }
}

#[cfg(test)]
mod tests;
