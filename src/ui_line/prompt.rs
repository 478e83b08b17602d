//! The frontend for a person at a terminal: the conversation scrolls, and the line under way stays below it.

use std::collections::VecDeque;
use std::io;
use std::time::Instant;

use super::bell::Bell;
use super::editor::{Drawn, EditOutcome, Editor};
use super::frontend::{Intake, LineEntry};
use super::keys::{Key, Keys};
use super::reflow::{self, Cursor, CursorQuery};
use super::terminal::Terminal;
use super::wrap;
use crate::options::Calls;
use crate::output::Output;
use crate::platform::AsStream;
use crate::protocol::{Millis, earliest};

/// A prompt row below the rows of a conversation.
#[derive(Debug)]
pub struct Prompt {
    terminal: Terminal,
    decoder: Keys,
    /// Keys that wait their turn, which comes as long as the conversation takes in lines: see [`Prompt::wants_input`].
    keys: VecDeque<Key>,
    /// How many bytes came since no key waited.
    waiting: usize,
    editor: Editor,
    bell: Bell,
    /// What the terminal itself is to do first: ring, clear.
    orders: Vec<u8>,
    /// Rows that go onto the screen next, above the prompt row.
    above: Vec<u8>,
    row: PromptRow,
    /// Where the row begins after a change of the terminal's width.
    query: CursorQuery,
    /// What stands at the right of the prompt row.
    mark: Option<PromptMark>,
    label: &'static str,
    overflow: Overflow,
    /// When bytes came last.
    last_read: Millis,
    /// How many bytes are still to be read that came before the terminal was raw.
    typed_ahead: usize,
}

/// A word or two at the right of the prompt row.
#[derive(Debug)]
pub struct PromptMark {
    /// With its colours.
    pub painted: String,
    /// In columns.
    pub width: usize,
}

/// The prompt row as it is on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PromptRow {
    /// There is none; the cursor is at the left of an empty row.
    Absent,
    /// There is one, drawn on a screen of so many columns.
    Drawn { drawn: Drawn, columns: usize },
    /// There is one, and it is not right any more.
    Stale { drawn: Drawn, columns: usize },
}

/// What did not fit into the line.
#[derive(Clone, Copy, Debug, Default)]
struct Overflow {
    /// In bytes, since the line is full.
    left_out: usize,
    /// Whether its owner does not know yet how much it is: it may go on.
    is_untold: bool,
}

const PROMPT: &str = "> ";
/// While nobody but the other can read what is typed here.
const SEALED_PROMPT: &str = "chiffré > ";
const BELL: &[u8] = b"\x07";
const CLEAR: &[u8] = b"\x1b[H\x1b[2J";
/// A narrower terminal needs its columns for the draft.
const MARK_COLUMNS: usize = 40;
/// In bytes: how much may wait to be understood. A terminal keeps some more by itself.
const MAX_WAITING: usize = 64 * 1024;
/// How long nothing more is left out before it is said how much was.
const OVERFLOW_TIMEOUT: Millis = 300;

/// Asks the terminal to tell of its focus, where that is of use. Whoever leaves the terminal takes it back.
fn focus_reports(bell: &Bell) -> Vec<u8> {
    if bell.wants_focus() {
        b"\x1b[?1004h".to_vec()
    } else {
        Vec::new()
    }
}

impl Prompt {
    /// # Errors
    /// When the terminal cannot be made raw; it is then as it was.
    pub fn open(input: &impl AsStream, screen: &Output, calls: Calls) -> io::Result<Prompt> {
        let bell = Bell::new(calls, Instant::now());
        let terminal = Terminal::open(input, screen.sink())?;
        Ok(Prompt {
            orders: focus_reports(&bell),
            bell,
            typed_ahead: terminal.typed_ahead(),
            terminal,
            decoder: Keys::default(),
            keys: VecDeque::new(),
            waiting: 0,
            editor: Editor::default(),
            above: Vec::new(),
            row: PromptRow::Absent,
            query: CursorQuery::default(),
            mark: None,
            label: PROMPT,
            overflow: Overflow::default(),
            last_read: 0,
        })
    }

    /// From here on nobody but the other can read what is typed.
    pub fn seal(&mut self) {
        self.label = SEALED_PROMPT;
        self.redraw();
    }

    /// Whether it is worth reading what is typed. It is while keys wait, too, because Ctrl-C must not.
    pub fn wants_input(&self) -> bool {
        self.keys.is_empty() || self.waiting < MAX_WAITING
    }

    /// Takes what was typed and read at `now`.
    pub fn take(&mut self, now: Millis, bytes: &[u8]) {
        if self.keys.is_empty() {
            self.waiting = 0;
        }
        self.waiting += bytes.len();
        self.last_read = now;
        let ahead = self.typed_ahead.min(bytes.len());
        self.typed_ahead -= ahead;
        let (ahead, bytes) = bytes.split_at(ahead);
        if !ahead.is_empty() {
            // A terminal that is not raw turns Enter into a line feed, which is Ctrl-J in one that is.
            let ahead: Vec<u8> = ahead
                .iter()
                .map(|&byte| if byte == b'\n' { b'\r' } else { byte })
                .collect();
            self.decoder.decode(now, &ahead, &mut self.keys);
        }
        let before = self.keys.len();
        self.decoder.decode(now, bytes, &mut self.keys);
        self.take_reports();
        if self.keys.len() > before {
            self.bell.key(Instant::now());
        }
    }

    /// Takes what is no key out of the keys that wait.
    fn take_reports(&mut self) {
        let (bell, query) = (&mut self.bell, &mut self.query);
        self.keys.retain(|key| match key {
            Key::Focus(focus) => {
                bell.focus(*focus);
                false
            }
            Key::CursorAt(column) => {
                query.answer(*column);
                false
            }
            _ => true,
        });
    }

    /// When [`handle_key_timeout`](Prompt::handle_key_timeout) must be called next, if nothing is read before.
    pub fn next_key_timeout(&self, intake: Intake) -> Option<Millis> {
        let says_what_is_left_out = self.overflow.is_untold && intake == Intake::Open;
        let overflow = says_what_is_left_out.then_some(self.last_read + OVERFLOW_TIMEOUT);
        // What is not read cannot go on.
        let decoder = self.decoder.next_timeout().filter(|_| self.wants_input());
        earliest([overflow, decoder])
    }

    /// Nothing more was to be read until `now`.
    pub fn handle_key_timeout(&mut self, now: Millis) {
        if self.wants_input() {
            self.decoder.handle_timeout(now, &mut self.keys);
        }
    }

    /// The other is there, by this name.
    pub fn meet(&mut self, other: &str) {
        self.editor.meet(other);
    }

    /// A line that was entered is a draft again.
    pub fn give_back(&mut self, line: String) {
        self.editor.give_back(line);
        self.redraw();
    }

    /// Edits the line until that comes to something.
    pub fn next_entry(&mut self, now: Millis) -> Option<LineEntry> {
        while let Some(key) = self.keys.pop_front() {
            let goes_on = matches!(key, Key::Text(_) | Key::Pasted(_));
            if self.overflow.is_untold && !goes_on {
                self.keys.push_front(key);
                return Some(self.tell_overflow());
            }
            if let Some(entry) = self.press(key) {
                return Some(entry);
            }
        }
        let is_over = now >= self.last_read + OVERFLOW_TIMEOUT;
        (self.overflow.is_untold && is_over).then(|| self.tell_overflow())
    }

    fn press(&mut self, key: Key) -> Option<LineEntry> {
        let effect = self.editor.press(key);
        match effect {
            EditOutcome::Full { left_out } => {
                self.overflow.left_out += left_out;
                self.overflow.is_untold = true;
                self.order(BELL);
            }
            _ if !self.overflow.is_untold => self.overflow = Overflow::default(),
            _ => {}
        }
        match effect {
            EditOutcome::Edited | EditOutcome::Full { .. } => self.redraw(),
            EditOutcome::Refused => {
                self.order(BELL);
                // A search that finds nothing says so there.
                self.redraw();
            }
            EditOutcome::Entered(line) => {
                self.redraw();
                return Some(LineEntry::Line(line));
            }
            EditOutcome::Cleared(draft) => {
                self.redraw();
                return Some(LineEntry::Cleared(draft));
            }
            EditOutcome::End => return Some(LineEntry::End),
            EditOutcome::Interrupt => return Some(LineEntry::Interrupt),
            EditOutcome::Suspend => return Some(LineEntry::Suspend),
            EditOutcome::Clear => {
                self.order(CLEAR);
                self.row = PromptRow::Absent;
            }
        }
        None
    }

    fn tell_overflow(&mut self) -> LineEntry {
        self.overflow.is_untold = false;
        LineEntry::Full {
            left_out: self.overflow.left_out,
        }
    }

    fn order(&mut self, order: &[u8]) {
        // Once is enough.
        if !self.orders.ends_with(order) {
            self.orders.extend_from_slice(order);
        }
    }

    /// Takes a Ctrl-C out of the keys that wait, and does what it says.
    pub fn next_interrupt(&mut self) -> Option<LineEntry> {
        while self.take_interrupt() {
            if let Some(entry) = self.press(Key::Interrupt) {
                return Some(entry);
            }
        }
        None
    }

    /// Whether a Ctrl-C was among the keys that wait. It is not any more.
    pub fn take_interrupt(&mut self) -> bool {
        let at = self.keys.iter().position(|key| *key == Key::Interrupt);
        at.and_then(|at| self.keys.remove(at)).is_some()
    }

    /// Forgets the keys that wait.
    pub fn forget_keys(&mut self) {
        self.keys.clear();
    }

    /// Shows a row above the prompt.
    pub fn show(&mut self, row: &str) {
        let row = wrap::at_words(row, self.terminal.columns());
        self.above.extend_from_slice(row.as_bytes());
        self.above.extend_from_slice(b"\r\n");
    }

    /// A message has come, which calls whoever looks elsewhere.
    pub fn call(&mut self, name: &str, text: &str) {
        if let Some(call) = self.bell.call(Instant::now(), name, text) {
            self.order(&call);
        }
    }

    /// Shows this at the right of the prompt row.
    pub fn mark(&mut self, mark: Option<PromptMark>) {
        self.mark = mark;
        self.redraw();
    }

    /// How many bytes wait to be shown. Whoever calls [`Prompt::show`] bounds it.
    pub fn pending(&self) -> usize {
        self.above.len()
    }

    /// The prompt row is not right any more.
    pub fn redraw(&mut self) {
        if let PromptRow::Drawn { drawn, columns } = self.row {
            self.row = PromptRow::Stale { drawn, columns };
        }
    }

    /// Puts what has changed on the screen, unless that has not taken the last change yet. When no line is taken any
    /// more, there is no prompt row either.
    pub fn draw(&mut self, intake: Intake, screen: &mut Output) {
        let right = match intake {
            Intake::Open | Intake::Held => matches!(self.row, PromptRow::Drawn { .. }),
            Intake::Closed => self.row == PromptRow::Absent,
        };
        let nothing_to_do = right && self.above.is_empty() && self.orders.is_empty();
        if screen.pending() > 0 || nothing_to_do {
            return;
        }
        let columns = self.terminal.columns();
        let Some(rows) = self.rows_above(intake, columns, screen) else {
            return;
        };
        let mut frame = std::mem::take(&mut self.orders);
        let erases = !self.above.is_empty() || intake == Intake::Closed;
        if let PromptRow::Drawn {
            columns: before, ..
        }
        | PromptRow::Stale {
            columns: before, ..
        } = self.row
        {
            if rows > 0 {
                frame.extend_from_slice(format!("\x1b[{rows}A").as_bytes());
            }
            // What was behind the cursor may stand below it now.
            if erases || columns != before {
                frame.extend_from_slice(b"\r\x1b[J");
            }
        }
        frame.append(&mut self.above);
        self.row = PromptRow::Absent;
        if intake != Intake::Closed {
            let mark = self.mark.as_ref().filter(|_| columns >= MARK_COLUMNS);
            let room = columns - mark.map_or(0, |mark| mark.width + 2);
            let drawn = self.editor.draw(self.label, room, &mut frame);
            if let Some(PromptMark { painted, width }) = mark {
                // The last column stays free, as for the draft.
                let column = columns - width;
                frame.extend_from_slice(format!("\x1b7\x1b[{column}G{painted}\x1b8").as_bytes());
            }
            self.row = PromptRow::Drawn { drawn, columns };
        }
        screen.push(&frame);
    }

    /// How many rows above the cursor the prompt row begins. `None` while the terminal is asked.
    fn rows_above(&mut self, intake: Intake, columns: usize, screen: &mut Output) -> Option<usize> {
        let (PromptRow::Drawn {
            drawn,
            columns: before,
        }
        | PromptRow::Stale {
            drawn,
            columns: before,
        }) = self.row
        else {
            return Some(0);
        };
        if columns >= before || drawn.column < columns || intake == Intake::Closed {
            return Some(0);
        }
        match self.query.cursor(Instant::now(), columns) {
            Cursor::At(found) => Some(reflow::rows_above(drawn.column, found, columns)),
            Cursor::Unknown => Some(0),
            Cursor::Wait => None,
            Cursor::Ask => {
                screen.push(reflow::ASK);
                None
            }
        }
    }

    /// When to draw at the latest, whatever the terminal answers.
    pub fn next_timeout(&self) -> Option<Instant> {
        self.query.next_timeout()
    }

    /// What was typed and not entered.
    pub fn unsent(&self) -> impl Iterator<Item = &str> {
        self.editor.unsent()
    }

    /// Stops the program as Ctrl-Z does, and goes on later.
    ///
    /// # Errors
    /// When the terminal has gone away.
    pub fn suspend(&mut self, screen: &mut Output) -> io::Result<()> {
        self.draw(Intake::Closed, screen);
        screen.flush()?;
        self.terminal.suspend()?;
        self.typed_ahead = self.terminal.typed_ahead();
        self.orders.extend(focus_reports(&self.bell));
        self.row = PromptRow::Absent;
        Ok(())
    }

    /// The program goes on after a stop that it could not prepare for.
    ///
    /// # Errors
    /// When the terminal has gone away.
    pub fn resume(&mut self) -> io::Result<()> {
        self.terminal.enter()?;
        self.typed_ahead = self.terminal.typed_ahead();
        self.orders.extend(focus_reports(&self.bell));
        self.row = PromptRow::Absent;
        Ok(())
    }
}
