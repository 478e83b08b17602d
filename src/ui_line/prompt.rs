//! The frontend for a person at a terminal: the conversation scrolls, and the line under way stays below it.

use std::collections::VecDeque;
use std::io;
use std::os::fd::AsFd;
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
    fullness: Fullness,
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

/// Whether its owner knows that the line is as long as it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fullness {
    Room,
    Told,
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
    pub fn open(input: &impl AsFd, screen: &Output, calls: Calls) -> io::Result<Prompt> {
        let bell = Bell::new(calls, Instant::now());
        Ok(Prompt {
            orders: focus_reports(&bell),
            bell,
            terminal: Terminal::open(input, screen)?,
            decoder: Keys::default(),
            keys: VecDeque::new(),
            waiting: 0,
            editor: Editor::default(),
            above: Vec::new(),
            row: PromptRow::Absent,
            query: CursorQuery::default(),
            mark: None,
            label: PROMPT,
            fullness: Fullness::Room,
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

    /// Takes what was typed.
    pub fn take(&mut self, bytes: &[u8]) {
        if self.keys.is_empty() {
            self.waiting = 0;
        }
        self.waiting += bytes.len();
        let before = self.keys.len();
        self.decoder.decode(bytes, &mut self.keys);
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
        if self.keys.len() > before {
            self.bell.key(Instant::now());
        }
    }

    /// Edits the line until that comes to something.
    pub fn next_entry(&mut self) -> Option<LineEntry> {
        while let Some(key) = self.keys.pop_front() {
            let effect = self.editor.press(key);
            if !matches!(effect, EditOutcome::Full { .. }) {
                self.fullness = Fullness::Room;
            }
            match effect {
                EditOutcome::Edited => self.redraw(),
                EditOutcome::Refused => self.order(BELL),
                EditOutcome::Full { left_out } => {
                    self.redraw();
                    self.order(BELL);
                    if std::mem::replace(&mut self.fullness, Fullness::Told) == Fullness::Room {
                        return Some(LineEntry::Full { left_out });
                    }
                }
                EditOutcome::Entered(line) => {
                    self.redraw();
                    return Some(LineEntry::Line(line));
                }
                EditOutcome::End => return Some(LineEntry::End),
                EditOutcome::Interrupt => return Some(LineEntry::Interrupt),
                EditOutcome::Suspend => return Some(LineEntry::Suspend),
                EditOutcome::Clear => {
                    self.order(CLEAR);
                    self.row = PromptRow::Absent;
                }
            }
        }
        None
    }

    fn order(&mut self, order: &[u8]) {
        // Once is enough.
        if !self.orders.ends_with(order) {
            self.orders.extend_from_slice(order);
        }
    }

    /// Takes a Ctrl-C out of the keys that wait.
    pub fn next_interrupt(&mut self) -> Option<LineEntry> {
        let at = self.keys.iter().position(|key| *key == Key::Interrupt)?;
        self.keys.remove(at);
        Some(LineEntry::Interrupt)
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
    pub fn draft(&self) -> &str {
        self.editor.text()
    }

    /// Stops the program as Ctrl-Z does, and goes on later.
    ///
    /// # Errors
    /// When the terminal has gone away.
    pub fn suspend(&mut self, screen: &mut Output) -> io::Result<()> {
        self.draw(Intake::Closed, screen);
        screen.flush()?;
        self.terminal.suspend()?;
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
        self.orders.extend(focus_reports(&self.bell));
        self.row = PromptRow::Absent;
        Ok(())
    }
}
