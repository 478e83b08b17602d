//! Line mode: a person at a terminal, or a program at the two ends of a pipe, talks to one other person.
//!
//! One loop on one thread (`line_mode`) waits for what happens next: a key, an event of the connection, a signal, room
//! on the screen or towards the connection. Nothing wakes it while nothing happens, nothing that was typed or piped is
//! dropped, and nothing grows without bound: each direction stops being read when its other end stands still.

mod bell;
mod code_prompt;
mod editor;
mod frontend;
mod keys;
mod line_mode;
mod name_prompt;
mod pipe;
mod progress;
mod prompt;
mod reflow;
mod terminal;
mod view;
mod wrap;

use std::io::{self, IsTerminal};

use crate::conversation::Outcome;
use crate::display::Colour;
use crate::history::Record;
use crate::options::LineOptions;
use crate::peer::Client;
use crate::platform::{self, Stream};

use line_mode::LineMode;

pub use code_prompt::{Asked, ask_code};
pub use name_prompt::ask_name;

/// What line mode needs to know.
#[derive(Debug)]
pub struct LineSettings {
    /// One's own name.
    pub name: String,
    /// Where to keep the conversation, if anywhere.
    pub record: Option<Record>,
    pub options: LineOptions,
    /// The lines of which the other person types one, when the relay is ours.
    pub invitations: Vec<String>,
}

/// Talks until the connection has ended, on standard input, output and error.
///
/// With a terminal on both sides, that can do more than `TERM=dumb` says, there is a prompt; else lines go in and rows
/// come out, and notices go to standard error. The lines that never reached the other are printed on standard error.
///
/// # Errors
/// When the standard streams cannot be used, or the system is out of file descriptors. The terminal is then as it was.
pub async fn run(settings: LineSettings, client: Client) -> io::Result<Outcome> {
    let streams = Streams::standard()?;
    LineMode::open(settings, streams, client)?.run().await
}

/// Where a conversation takes place, and how.
struct Streams {
    input: Stream,
    output: Stream,
    notices: Stream,
    /// Whether a person types.
    is_typed: bool,
    layout: Layout,
    /// Whether somebody looks at standard error while a text is piped, on a terminal that can draw a row again.
    shows_progress: bool,
    colour: Colour,
    notice_colour: Colour,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    Prompt,
    Pipe,
}

impl Streams {
    fn standard() -> io::Result<Streams> {
        let (input, output, notices) = (io::stdin(), io::stdout(), io::stderr());
        let is_able = platform::terminals_are_able();
        let layout = if is_able && input.is_terminal() && output.is_terminal() {
            Layout::Prompt
        } else {
            Layout::Pipe
        };
        let [input_stream, output_stream, notice_stream] = platform::standard_streams()?;
        Ok(Streams {
            is_typed: input.is_terminal(),
            layout,
            shows_progress: layout == Layout::Pipe
                && is_able
                && !input.is_terminal()
                && notices.is_terminal(),
            colour: Colour::choose(&output),
            notice_colour: Colour::choose(&notices),
            input: input_stream,
            output: output_stream,
            notices: notice_stream,
        })
    }
}
