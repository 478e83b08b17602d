//! Where a conversation is shown: rows, notices, and whether they still arrive.

use std::io;
use std::task::{Context, Poll};
use std::time::Instant;

use unicode_width::UnicodeWidthStr;

use super::frontend::{Frontend, Intake};
use super::pipe::{self, Pipe};
use super::progress::{Progress, ProgressRow};
use super::prompt::{Prompt, PromptMark};
use super::{Layout, Streams};
use crate::display::{Author, Delivery, Loss, Mark, Notice, Palette, PastRow, Work};
use crate::options::Calls;
use crate::output::{self, Flushed, LAST_WORDS, Output};
use crate::peer::Event;
use crate::platform::{Stream, Watch};
use crate::protocol::Line;

/// A frontend and its screen.
#[derive(Debug)]
pub struct View {
    pub frontend: Frontend,
    screen: Output,
    /// Tells when a full screen has room; files are never full.
    screen_watch: Option<Watch>,
    /// Tells when a pipe has lost its reader.
    reader_watch: Option<Watch>,
    output: OutputState,
    notices: Stream,
    /// What the prompt's mark says.
    delivery: Delivery,
    /// Only for a text that is piped while somebody looks at standard error.
    progress: Option<Progress>,
    status: Status,
    palette: Palette,
    /// Of what is told on the screen of a prompt, or on standard error beside a pipe.
    notice_palette: Palette,
    /// Of standard error.
    error_palette: Palette,
}

/// Where the row stands that says how far a long text has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    /// On standard error, apart from the rows.
    Beside,
    /// Below them, on the terminal that they go to: by the same queue, or it could come in the midst of one.
    AmongRows { stands: bool },
}

/// What is told once the terminal is as it was.
#[derive(Debug)]
pub struct LastWords<'w> {
    /// Our own name.
    pub name: &'w str,
    /// Our lines of which nobody has said that they arrived.
    pub undelivered: &'w [Line],
    pub loss: Loss,
    /// The sentence about what was not read.
    pub unread: Option<String>,
}

/// Whether what is shown still arrives somewhere.
#[derive(Debug)]
pub enum OutputState {
    Open,
    /// Nobody reads any more: a quiet end.
    Closed,
    Failed(io::Error),
}

/// In bytes: while more than this waits to be shown, nothing more that ends up there is to be taken in.
const SCREENFUL: usize = 64 * 1024;

impl View {
    /// Makes a terminal raw, which dropping the view undoes.
    ///
    /// # Errors
    /// When a stream cannot be used, or the system is out of file descriptors. The terminal is then as it was.
    pub fn open(streams: Streams, calls: Calls) -> io::Result<View> {
        let screen = Output::new(&streams.output)?;
        Ok(View {
            screen_watch: screen.sink().watch()?,
            reader_watch: if screen.sink().is_pipe() {
                screen.sink().watch()?
            } else {
                None
            },
            output: OutputState::Open,
            palette: if screen.is_terminal() {
                Palette::new(streams.colour)
            } else {
                Palette::new(streams.colour).keeping_tabs()
            },
            notice_palette: Palette::new(match streams.layout {
                Layout::Prompt => streams.colour,
                Layout::Pipe => streams.notice_colour,
            }),
            delivery: Delivery::Untold,
            status: if screen.is_terminal() {
                Status::AmongRows { stands: false }
            } else {
                Status::Beside
            },
            progress: streams.shows_progress.then(Progress::default),
            error_palette: Palette::new(streams.notice_colour),
            // Last of what can fail: the terminal becomes raw here.
            frontend: match streams.layout {
                Layout::Prompt => {
                    Frontend::Prompt(Box::new(Prompt::open(&streams.input, &screen, calls)?))
                }
                Layout::Pipe => Frontend::Pipe(Pipe::open(&streams.notices)?),
            },
            notices: streams.notices,
            screen,
        })
    }

    /// Shows a message of the other's.
    pub fn show(&mut self, name: &str, line: &Line) {
        if !self.is_lost() {
            self.clear_status();
            let row = self.palette.message(Author::Other, name, line);
            self.frontend.show(&row, &mut self.screen);
            if let Frontend::Prompt(prompt) = &mut self.frontend {
                prompt.call(name, &line.text);
            }
        }
    }

    /// Shows a message of ours. Only a person is shown whether it waits: a program's rows are kept, and a mark in them
    /// would be wrong from the moment that the message arrives.
    pub fn show_own(&mut self, mark: Mark, name: &str, line: &Line) {
        if !self.is_lost() {
            let mark = match self.frontend {
                Frontend::Prompt(_) => mark,
                Frontend::Pipe(_) => Mark::Delivered,
            };
            self.clear_status();
            let row = self.palette.marked(mark, Author::Own, name, line);
            self.frontend.show(&row, &mut self.screen);
        }
    }

    /// Shows how far a long text has come.
    pub fn show_progress(&mut self, work: Work) {
        let (Some(progress), Frontend::Pipe(pipe)) = (&mut self.progress, &mut self.frontend)
        else {
            return;
        };
        match (progress.look(Instant::now(), work), &mut self.status) {
            (ProgressRow::Stays, _) => {}
            (ProgressRow::Is(row), Status::Beside) => pipe.show_status(&row),
            (ProgressRow::IsGone, Status::Beside) => pipe.clear_status(),
            (ProgressRow::Is(row), Status::AmongRows { stands }) => {
                // A slow terminal has enough to show.
                if self.screen.pending() == 0 {
                    let row = pipe::status_row(&row, self.screen.sink().columns());
                    self.screen.push(row.as_bytes());
                    *stands = true;
                }
            }
            (ProgressRow::IsGone, Status::AmongRows { .. }) => self.clear_status(),
        }
    }

    /// Takes the row away that says how far a long text has come, before another is shown.
    fn clear_status(&mut self) {
        if let Status::AmongRows { stands } = &mut self.status
            && std::mem::take(stands)
        {
            self.screen.push(pipe::CLEAR_ROW);
        }
    }

    /// When to show something at the latest, without anything having happened.
    pub fn next_timeout(&self) -> Option<Instant> {
        let progress = self.progress.as_ref().and_then(Progress::next_timeout);
        progress
            .into_iter()
            .chain(self.frontend.next_timeout())
            .min()
    }

    /// Shows how things stand with what was written.
    pub fn show_delivery(&mut self, delivery: Delivery) {
        if let Frontend::Prompt(prompt) = &mut self.frontend
            && self.delivery != delivery
        {
            self.delivery = delivery;
            prompt.mark(delivery.mark().map(|mark| PromptMark {
                width: mark.width(),
                painted: self.palette.delivery(delivery, &mark),
            }));
        }
    }

    /// Shows a row that is no part of the conversation.
    pub fn tell(&mut self, row: &str) {
        self.clear_status();
        match &mut self.frontend {
            Frontend::Prompt(prompt) => {
                if let OutputState::Open = self.output {
                    prompt.show(row);
                }
            }
            Frontend::Pipe(_) => {
                // Where rows and notices end up in one place, they stay in their order.
                self.flush();
                self.frontend.tell(row);
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

    /// Tells what happened, or went wrong.
    pub fn tell_notice(&mut self, notice: &Notice) {
        if let (Notice::Connection(Event::Sealed { .. }), Frontend::Prompt(prompt)) =
            (notice, &mut self.frontend)
        {
            prompt.seal();
        }
        let row = self.notice_palette.told(notice);
        if let Some(row) = row {
            self.tell(&row);
        }
    }

    /// Shows a line that somebody is to type.
    pub fn tell_command(&mut self, line: &str) {
        let row = self.notice_palette.command(line);
        self.tell(&row);
    }

    /// Shows a row of what was said before.
    pub fn tell_past(&mut self, row: &PastRow) {
        let row = self.notice_palette.past(row);
        self.tell(&row);
    }

    /// Says which lines did not arrive.
    pub fn tell_undelivered(&mut self, name: &str, lines: &[Line], loss: Loss) {
        for row in self.notice_palette.undelivered(name, lines, loss) {
            self.tell(&row);
        }
    }

    /// Whether there is room for what else happens.
    pub fn has_room(&self) -> bool {
        self.screen.pending() + self.frontend.pending() < SCREENFUL
    }

    /// Whether nothing that is shown arrives any more.
    pub fn is_lost(&self) -> bool {
        !matches!(self.output, OutputState::Open)
    }

    /// Whether all that can be shown is.
    pub fn is_up_to_date(&self) -> bool {
        self.is_lost() || (self.screen.pending() == 0 && self.frontend.pending() == 0)
    }

    /// Puts on the screen what it takes. Afterwards it has everything, or is full and [`poll_change`] waits for room.
    ///
    /// [`poll_change`]: View::poll_change
    pub fn show_all(&mut self, intake: Intake) {
        while self.flush() == Flushed::All && !self.is_lost() {
            self.frontend.draw(intake, &mut self.screen);
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
            if self.screen.sink().is_abandoned() {
                self.output = OutputState::Closed;
                return Poll::Ready(Ok(()));
            }
        }
        Poll::Pending
    }

    /// The window has another size.
    pub fn resized(&mut self) {
        if let Frontend::Prompt(prompt) = &mut self.frontend {
            prompt.redraw();
        }
    }

    /// Stops the program as Ctrl-Z does, and goes on later.
    pub fn suspend(&mut self) {
        if let Frontend::Prompt(prompt) = &mut self.frontend
            && let Err(error) = prompt.suspend(&mut self.screen)
        {
            self.lose(error);
        }
    }

    /// The program goes on after a stop.
    pub fn resume(&mut self) {
        if let Frontend::Prompt(prompt) = &mut self.frontend
            && let Err(error) = prompt.resume()
        {
            self.lose(error);
        }
    }

    /// Leaves the terminal as it was, with the last words on standard error.
    pub fn close(mut self, words: LastWords<'_>) -> OutputState {
        if let Frontend::Prompt(prompt) = &mut self.frontend {
            let palette = &self.notice_palette;
            let rows: Vec<String> = prompt
                .unsent()
                .map(|draft| palette.notice(&format!("non envoyé : {draft}")))
                .collect();
            rows.iter().for_each(|row| prompt.show(row));
        }
        self.clear_status();
        if let Frontend::Pipe(pipe) = &mut self.frontend {
            pipe.clear_status();
        }
        if !self.is_lost() {
            self.frontend.draw(Intake::Closed, &mut self.screen);
            if let Err(error) = self.screen.drain(LAST_WORDS) {
                self.lose(error);
            }
        }
        drop(self.frontend);
        // From here on the terminal is as it was.
        let palette = self.error_palette;
        let mut rows = palette.undelivered(words.name, words.undelivered, words.loss);
        rows.extend(words.unread.map(|sentence| palette.error(&sentence)));
        output::print_last_words(&self.notices, rows);
        self.output
    }

    fn flush(&mut self) -> Flushed {
        self.screen.flush().unwrap_or_else(|error| {
            self.lose(error);
            Flushed::All
        })
    }

    fn lose(&mut self, error: io::Error) {
        self.output = match (error.kind(), &self.frontend) {
            (io::ErrorKind::BrokenPipe, _) => OutputState::Closed,
            // The window was closed.
            (_, Frontend::Prompt(_)) => OutputState::Closed,
            (_, Frontend::Pipe(_)) => OutputState::Failed(error),
        };
    }
}
