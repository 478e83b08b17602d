//! A person at a terminal: types, looks at the screen, changes the window's size.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::num::NonZeroU16;
use std::os::fd::OwnedFd;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::process::Signal;
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{LocalModes, Termios, Winsize, tcgetattr, tcsetwinsize};
use unicode_width::UnicodeWidthStr;
use vt100::{Parser, Screen};

use super::{TIMEOUT, end, peak_memory, signal_child, wait};

/// A program on a terminal of its own, which is its controlling terminal.
pub struct Terminal {
    /// The person's side, and the program's, kept open so that its modes can be read after the program's end.
    sides: Option<Sides>,
    child: Child,
    emulator: Parser,
    /// All that the program ever wrote.
    pub written: Vec<u8>,
}

struct Sides {
    keyboard: File,
    line: OwnedFd,
}

impl Terminal {
    /// Starts a program on a terminal of that many columns and rows.
    pub fn start(command: &Command, columns: u16, rows: u16) -> Terminal {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let keyboard = openpt(flags).expect("a pseudo-terminal");
        grantpt(&keyboard).expect("ours");
        unlockpt(&keyboard).expect("ours");
        let line = ioctl_tiocgptpeer(&keyboard, flags).expect("its other side");
        tcsetwinsize(&line, size(columns, rows)).expect("any size will do");
        let status = fcntl_getfl(&keyboard).expect("open");
        fcntl_setfl(&keyboard, status | OFlags::NONBLOCK).expect("open");
        let stream = || Stdio::from(line.try_clone().expect("few are open"));
        let child = on_standard_input(command)
            .stdin(stream())
            .stdout(stream())
            .stderr(stream())
            .spawn()
            .expect("the program starts");
        Terminal {
            child,
            sides: Some(Sides {
                keyboard: File::from(keyboard),
                line,
            }),
            emulator: emulator(columns, rows),
            written: Vec::new(),
        }
    }

    /// Types. Escape sequences are keys.
    pub fn type_in(&mut self, keys: impl AsRef<[u8]>) {
        let mut rest = keys.as_ref();
        let deadline = Instant::now() + TIMEOUT;
        while !rest.is_empty() {
            match self.sides().keyboard.write(rest) {
                Ok(written) => rest = &rest[written..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.look(
                        PollFlags::IN | PollFlags::OUT,
                        deadline,
                        "the program to read",
                    );
                }
                Err(error) => panic!("the terminal is gone: {error}"),
            }
        }
    }

    /// Looks at the screen until `wanted` holds of it.
    pub fn wait_until(&mut self, what: &str, wanted: impl Fn(&Screen) -> bool) {
        let deadline = Instant::now() + TIMEOUT;
        while !wanted(self.emulator.screen()) {
            self.look(PollFlags::IN, deadline, what);
        }
    }

    /// Looks until a row of the screen holds that text.
    pub fn wait_for(&mut self, text: &str) {
        self.wait_until(&format!("« {text} »"), |screen| {
            rows(screen).any(|row| row.contains(text))
        });
    }

    /// Looks until the cursor's row is this prompt row, with the cursor where the bar is: `> sal|ut`.
    pub fn wait_for_prompt(&mut self, prompt: &str) {
        self.wait_until(&format!("the prompt {prompt}"), |screen| {
            prompt_row(screen) == prompt
        });
    }

    /// The rows of the screen, without those that are empty at its end.
    pub fn rows(&self) -> Vec<String> {
        let mut rows: Vec<String> = rows(self.screen()).collect();
        let used = rows.iter().rposition(|row| !row.is_empty());
        rows.truncate(used.map_or(0, |last| last + 1));
        rows
    }

    pub fn screen(&self) -> &Screen {
        self.emulator.screen()
    }

    /// Changes the window's size, as terminals of today do: rows that became too long are wrapped, and the cursor goes
    /// with them.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        let mut narrower = emulator(columns, rows);
        let (row, column) = self.screen().cursor_position();
        let all: Vec<String> = self::rows(self.screen()).collect();
        let before = all[..usize::from(row)].iter();
        before.for_each(|row| narrower.process(format!("{row}\r\n").as_bytes()));
        // The cursor's row, and up to where the cursor was in it, as blanks where there was nothing.
        let (reach, width) = (usize::from(column), usize::from(columns));
        let text = &all[usize::from(row)];
        narrower.process(format!("{text}\r").as_bytes());
        let wrapped = text.width().saturating_sub(1) / width;
        if wrapped > 0 {
            narrower.process(format!("\x1b[{wrapped}A").as_bytes());
        }
        if reach / width > 0 {
            narrower.process(format!("\x1b[{}B", reach / width).as_bytes());
        }
        if reach % width > 0 {
            narrower.process(format!("\x1b[{}C", reach % width).as_bytes());
        }
        self.emulator = narrower;
        tcsetwinsize(&self.sides().line, size(columns, rows)).expect("any size will do");
    }

    /// Changes the window's size as xterm and screen do: what has become too long is cut, and the cursor stays in its row.
    pub fn resize_and_cut(&mut self, columns: u16, rows: u16) {
        let mut cut = emulator(columns, rows);
        let (row, column) = self.screen().cursor_position();
        let all: Vec<String> = self::rows(self.screen()).collect();
        let head = |text: &str| text.chars().take(usize::from(columns)).collect::<String>();
        for text in &all[..usize::from(row)] {
            cut.process(format!("{}\r\n", head(text)).as_bytes());
        }
        let (text, right) = (head(&all[usize::from(row)]), column.min(columns - 1));
        cut.process(format!("{text}\r").as_bytes());
        if right > 0 {
            cut.process(format!("\x1b[{right}C").as_bytes());
        }
        self.emulator = cut;
        tcsetwinsize(&self.sides().line, size(columns, rows)).expect("any size will do");
    }

    pub fn signal(&self, signal: Signal) {
        signal_child(&self.child, signal);
    }

    /// The terminal's modes.
    pub fn modes(&mut self) -> Termios {
        tcgetattr(&self.sides().line).expect("it is a terminal")
    }

    /// Whether keys arrive as they are typed, unseen.
    pub fn is_raw(&mut self) -> bool {
        let usual = LocalModes::ICANON | LocalModes::ECHO;
        !self.modes().local_modes.intersects(usual)
    }

    /// Whether the terminal's description, which the program shares with its shell, makes no reader wait.
    pub fn is_nonblocking(&mut self) -> bool {
        let status = fcntl_getfl(&self.sides().line).expect("open");
        status.contains(OFlags::NONBLOCK)
    }

    /// The program's process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The most memory that the program has ever used, in bytes.
    pub fn peak_memory(&self) -> usize {
        peak_memory(&self.child)
    }

    /// Closes the window.
    pub fn hang_up(&mut self) {
        self.sides = None;
    }

    /// Waits for the program's end, and takes in its last words.
    pub fn wait(&mut self) -> ExitStatus {
        let status = wait(&mut self.child);
        while self.sides.is_some() && self.take_in() > 0 {}
        status
    }

    /// Waits for the program's end, while nobody looks at the screen.
    pub fn wait_unseen(&mut self) -> ExitStatus {
        wait(&mut self.child)
    }

    /// Waits for something to happen on the person's side, and takes in what was written.
    fn look(&mut self, for_what: PollFlags, deadline: Instant, what: &str) {
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = Timespec::try_from(left).expect("it is short");
        let mut watched = [PollFd::new(&self.sides().keyboard, for_what)];
        let happened = poll(&mut watched, Some(&timeout)).expect("one file is watched");
        if happened == 0 {
            panic!("waited for {what}; the screen is\n{}", drawn(self.screen()));
        }
        self.take_in();
    }

    /// Answers where the cursor is, as every terminal does.
    fn answer(&mut self, written: &[u8]) {
        const ASKED: &[u8] = b"\x1b[6n";
        for _ in written.windows(ASKED.len()).filter(|bytes| *bytes == ASKED) {
            let (row, column) = self.screen().cursor_position();
            let answer = format!("\x1b[{};{}R", row + 1, column + 1);
            let written = self.sides().keyboard.write(answer.as_bytes());
            assert_eq!(written.expect("it is read"), answer.len());
        }
    }

    fn sides(&mut self) -> &mut Sides {
        self.sides.as_mut().expect("the window is open")
    }

    fn take_in(&mut self) -> usize {
        let mut bytes = [0; 64 * 1024];
        match self.sides().keyboard.read(&mut bytes) {
            Ok(read) => {
                self.written.extend_from_slice(&bytes[..read]);
                self.emulator.process(&bytes[..read]);
                self.answer(&bytes[..read]);
                read
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            Err(error) => panic!("the terminal is gone: {error}"),
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// The cursor's row, with a bar where the cursor is.
pub fn prompt_row(screen: &Screen) -> String {
    let (row, cursor) = screen.cursor_position();
    let (_, columns) = screen.size();
    let mut shown = String::new();
    for column in 0..columns.get() {
        if column == cursor {
            shown.push('|');
        }
        match screen.cell(row, column) {
            Some(cell) if cell.has_contents() => shown.push_str(cell.contents()),
            Some(cell) if cell.is_wide_continuation() => {}
            _ => shown.push(' '),
        }
    }
    let (row, _) = split_mark(&shown);
    row.to_owned()
}

/// What stands at the right of the prompt row; nothing where nothing does.
pub fn mark(screen: &Screen) -> String {
    let (row, _) = screen.cursor_position();
    let row = rows(screen).nth(usize::from(row));
    split_mark(&row.unwrap_or_default()).1.to_owned()
}

/// A prompt row and the mark at its right.
fn split_mark(row: &str) -> (&str, &str) {
    let row = row.trim_end();
    let is_mark = |last: &str| {
        last.starts_with('✓') || last.ends_with(" en route") || last.ends_with(" en attente")
    };
    match row.rsplit_once("  ") {
        Some((before, last)) if is_mark(last) => (before.trim_end(), last),
        _ => (row, ""),
    }
}

/// The same command, with the terminal on its standard input as its controlling terminal.
fn on_standard_input(command: &Command) -> Command {
    let mut session = Command::new("setsid");
    session
        .arg("--ctty")
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => session.env(name, value),
            None => session.env_remove(name),
        };
    }
    session
}

fn rows(screen: &Screen) -> impl Iterator<Item = String> {
    let (_, columns) = screen.size();
    screen.rows(0, columns.get())
}

/// The screen in a box.
pub fn drawn(screen: &Screen) -> String {
    let (_, columns) = screen.size();
    let line = "─".repeat(usize::from(columns.get()));
    let rows: Vec<String> = rows(screen).map(|row| format!("│{row}")).collect();
    let (row, column) = screen.cursor_position();
    format!(
        "┌{line}\n{}\n└{line} cursor {row},{column}",
        rows.join("\n")
    )
}

fn emulator(columns: u16, rows: u16) -> Parser {
    let positive = |number| NonZeroU16::new(number).expect("a screen has rows and columns");
    Parser::new(positive(rows), positive(columns), 0)
}

fn size(columns: u16, rows: u16) -> Winsize {
    Winsize {
        ws_col: columns,
        ws_row: rows,
        ws_xpixel: 0,
        ws_ypixel: 0,
    }
}
