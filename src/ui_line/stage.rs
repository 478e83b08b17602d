//! Where a conversation is shown: rows, notices, and whether they still arrive.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::task::{Context, Poll};
use std::time::Duration;

use smol::Async;

use super::face::{Face, Intake};
use super::plain::Plain;
use super::prompt::Prompt;
use super::{Layout, Streams};
use crate::conversation::print_undelivered;
use crate::display::{Author, Palette};
use crate::protocol::Line;
use crate::screen::{Flushed, Screen};

/// A face and its screen.
#[derive(Debug)]
pub struct Stage {
    pub face: Face,
    screen: Screen,
    /// Tells when a full screen has room; files are never full.
    screen_watch: Option<Async<OwnedFd>>,
    /// Tells when a pipe has lost its reader.
    reader_watch: Option<Async<OwnedFd>>,
    output: Output,
    notices: OwnedFd,
    palette: Palette,
    notice_palette: Palette,
}

/// Whether what is shown still arrives somewhere.
#[derive(Debug)]
pub enum Output {
    Open,
    /// Nobody reads any more: a quiet end.
    Closed,
    Failed(io::Error),
}

/// In bytes: while more than this waits to be shown, nothing more that ends up there is to be taken in.
const SCREENFUL: usize = 64 * 1024;
/// How long a screen may take for the last words.
const LAST_WORDS: Duration = Duration::from_millis(500);

impl Stage {
    /// Makes a terminal raw, which dropping the stage undoes.
    ///
    /// # Errors
    /// When a stream cannot be used, or the system is out of file descriptors. The terminal is then as it was.
    pub fn open(streams: Streams) -> io::Result<Stage> {
        let screen = Screen::new(&streams.output)?;
        Ok(Stage {
            screen_watch: watch(&screen)?,
            reader_watch: match screen.is_pipe() {
                true => watch(&screen)?,
                false => None,
            },
            output: Output::Open,
            palette: Palette::new(streams.colour),
            notice_palette: Palette::new(match streams.layout {
                Layout::Prompt => streams.colour,
                Layout::Plain => streams.notice_colour,
            }),
            // Last of what can fail: the terminal becomes raw here.
            face: match streams.layout {
                Layout::Prompt => Face::Prompt(Box::new(Prompt::open(&streams.input, &screen)?)),
                Layout::Plain => Face::Plain(Plain::open(&streams.notices)?),
            },
            notices: streams.notices,
            screen,
        })
    }

    /// Shows a message.
    pub fn show(&mut self, author: Author, name: &str, line: &Line) {
        if !self.is_lost() {
            let row = self.palette.message(author, name, line);
            self.face.show(&row, &mut self.screen);
        }
    }

    /// Shows a row that is no part of the conversation.
    pub fn tell(&mut self, row: &str) {
        match &mut self.face {
            Face::Prompt(prompt) => {
                if let Output::Open = self.output {
                    prompt.show(row);
                }
            }
            Face::Plain(_) => {
                // Where rows and notices end up in one place, they stay in their order.
                self.flush();
                self.face.tell(row);
            }
        }
    }

    /// Says what happened.
    pub fn notice(&mut self, sentence: &str) {
        self.tell(&self.notice_palette.notice(sentence));
    }

    /// Says what went wrong.
    pub fn error(&mut self, sentence: &str) {
        self.tell(&self.notice_palette.error(sentence));
    }

    /// Says which lines did not arrive.
    pub fn tell_undelivered(&mut self, name: &str, lines: &[Line]) {
        for row in self.notice_palette.undelivered(name, lines) {
            self.tell(&row);
        }
    }

    /// The colours of what is no part of the conversation.
    pub fn notice_palette(&self) -> Palette {
        self.notice_palette
    }

    /// Whether there is room for what else happens.
    pub fn has_room(&self) -> bool {
        self.screen.pending() + self.face.pending() < SCREENFUL
    }

    /// Whether nothing that is shown arrives any more.
    pub fn is_lost(&self) -> bool {
        !matches!(self.output, Output::Open)
    }

    /// Whether all that can be shown is.
    pub fn is_up_to_date(&self) -> bool {
        self.is_lost() || (self.screen.pending() == 0 && self.face.pending() == 0)
    }

    /// Puts on the screen what it takes. Afterwards it has everything, or is full and [`poll_change`] waits for room.
    ///
    /// [`poll_change`]: Stage::poll_change
    pub fn show_all(&mut self, intake: Intake) {
        while self.flush() == Flushed::All && !self.is_lost() {
            self.face.draw(intake, &mut self.screen);
            if self.screen.pending() == 0 {
                return;
            }
        }
    }

    /// Waits until a full screen has room or an output has lost its reader.
    pub fn poll_change(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.screen.pending() > 0
            && let Some(watch) = &self.screen_watch
            && watch.poll_writable(context)?.is_ready()
        {
            return Poll::Ready(Ok(()));
        }
        if let Some(watch) = &self.reader_watch
            && watch.poll_readable(context)?.is_ready()
        {
            // Once only: what is readable for another reason would be so again and again.
            self.reader_watch = None;
            if self.screen.is_abandoned() {
                self.output = Output::Closed;
                return Poll::Ready(Ok(()));
            }
        }
        Poll::Pending
    }

    /// The window has another size.
    pub fn resized(&mut self) {
        if let Face::Prompt(prompt) = &mut self.face {
            prompt.redraw();
        }
    }

    /// Stops the program as Ctrl-Z does, and goes on later.
    pub fn suspend(&mut self) {
        if let Face::Prompt(prompt) = &mut self.face
            && let Err(error) = prompt.suspend(&mut self.screen)
        {
            self.lose(error);
        }
    }

    /// The program goes on after a stop.
    pub fn resume(&mut self) {
        if let Face::Prompt(prompt) = &mut self.face
            && let Err(error) = prompt.resume()
        {
            self.lose(error);
        }
    }

    /// Leaves the terminal as it was, with what did not arrive on standard error.
    pub fn close(mut self, name: &str, undelivered: &[Line]) -> Output {
        if let Face::Prompt(prompt) = &mut self.face
            && !prompt.draft().is_empty()
        {
            let draft = format!("non envoyé : {}", prompt.draft());
            prompt.show(&self.notice_palette.notice(&draft));
        }
        if !self.is_lost() {
            self.face.draw(Intake::Closed, &mut self.screen);
            if let Err(error) = self.screen.drain(LAST_WORDS) {
                self.lose(error);
            }
        }
        drop(self.face);
        // From here on the terminal is as it was.
        print_undelivered(name, undelivered, &self.notice_palette, &self.notices);
        self.output
    }

    fn flush(&mut self) -> Flushed {
        self.screen.flush().unwrap_or_else(|error| {
            self.lose(error);
            Flushed::All
        })
    }

    fn lose(&mut self, error: io::Error) {
        self.output = match (error.kind(), &self.face) {
            (io::ErrorKind::BrokenPipe, _) => Output::Closed,
            // The window was closed.
            (_, Face::Prompt(_)) => Output::Closed,
            (_, Face::Plain(_)) => Output::Failed(error),
        };
    }
}

fn watch(screen: &Screen) -> io::Result<Option<Async<OwnedFd>>> {
    match Async::new_nonblocking(screen.as_fd().try_clone_to_owned()?) {
        Ok(watch) => Ok(Some(watch)),
        // The kernel refuses to wait for a file.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(None),
        Err(error) => Err(error),
    }
}
