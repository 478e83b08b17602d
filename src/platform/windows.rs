//! Windows 10 and newer.
//!
//! Nothing there waits for a console or a pipe as it waits for a socket. So each standard stream is carried by a thread of
//! its own, between the stream and a socket of this program, and everything else waits for sockets as it does elsewhere.

mod input;
mod signals;
mod sink;
mod terminal;

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::windows::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::time::Duration;

use winapi_util::{HandleRef, console};
use windows_sys::Win32::System::Console::{
    ENABLE_VIRTUAL_TERMINAL_PROCESSING, GetConsoleProcessList,
};

pub use input::InputReader;
pub use signals::{Signals, stop_on_signals};
pub use sink::{Sink, Watch};
pub use terminal::{TerminalDevice, Tty, open_tty};

/// What the program's file is called: Windows has a `msg` of its own.
pub const PROGRAM: &str = "msg-chat";

/// A standard stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    Input,
    Output,
    Error,
}

/// What is one of them.
pub trait AsStream {
    fn as_stream(&self) -> Stream;
}

impl AsStream for Stream {
    fn as_stream(&self) -> Stream {
        *self
    }
}

impl AsStream for io::Stdout {
    fn as_stream(&self) -> Stream {
        Stream::Output
    }
}

impl AsStream for io::Stderr {
    fn as_stream(&self) -> Stream {
        Stream::Error
    }
}

/// One end of a pair of sockets within this program, by which one part of it wakes another.
pub type WakeStream = TcpStream;

/// Two of them that are connected.
///
/// # Errors
/// When the system refuses a socket.
pub fn wake_streams() -> io::Result<(WakeStream, WakeStream)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let near = TcpStream::connect(listener.local_addr()?)?;
    let own_address = near.local_addr()?;
    loop {
        let (far, caller) = listener.accept()?;
        // Another program may have called first.
        if caller == own_address {
            near.set_nodelay(true)?;
            far.set_nodelay(true)?;
            return Ok((near, far));
        }
    }
}

/// Standard input, output and error.
///
/// # Errors
/// None here.
pub fn standard_streams() -> io::Result<[Stream; 3]> {
    Ok([Stream::Input, Stream::Output, Stream::Error])
}

/// What kind of terminal the user has, if any. A console understands what an xterm does once it is told to; where there is
/// none, a terminal of another system's making says `TERM`.
pub fn term() -> Option<OsString> {
    if terminals_are_able() {
        Some("xterm".into())
    } else {
        std::env::var_os("TERM")
    }
}

/// Whether terminals can do more than show one character after the other, and be read key by key: a console, on one of
/// the streams that write. (Another system's terminal is a pipe here, with no modes to set.)
pub fn terminals_are_able() -> bool {
    let screens = [HandleRef::stdout(), HandleRef::stderr()];
    screens.iter().any(understands_sequences)
}

/// Has a console understand control sequences; fails for whatever is none.
fn understands_sequences(screen: &HandleRef) -> bool {
    console::mode(screen).is_ok_and(|mode| {
        console::set_mode(screen, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING).is_ok()
    })
}

/// # Errors
/// Always: there is nothing like it.
pub fn suspend_job() -> io::Result<()> {
    let reason = "Windows ne le permet pas";
    Err(io::Error::new(io::ErrorKind::Unsupported, reason))
}

/// Waits for Enter where the console's window was opened for this program alone, as a double click does: it closes with
/// the program, and nobody could read the last words.
pub fn let_last_words_be_read() {
    let mut processes = [0; 2];
    // SAFETY: there is room for as many as we say.
    let count = unsafe { GetConsoleProcessList(processes.as_mut_ptr(), processes.len() as u32) };
    if count != 1 || !io::stdin().is_terminal() {
        return;
    }
    // Where nothing can be written or read there is nothing to wait for.
    let _ = writeln!(io::stderr(), "Entrée ferme cette fenêtre.");
    let Ok(input) = InputReader::new(&Stream::Input) else {
        return;
    };
    let is_enter = |byte: &u8| matches!(byte, b'\r' | b'\n');
    while let Some(typed) = input.read_within(Duration::from_secs(24 * 60 * 60)) {
        if typed.is_empty() || typed.iter().any(is_enter) {
            return;
        }
    }
}

/// There is no such limit.
pub fn raise_file_limit() {}

/// A port can be bound again at once; what has that name here would let another program take a port that is in use.
///
/// # Errors
/// None here.
pub fn allow_rebinding(_: &socket2::Socket) -> io::Result<()> {
    Ok(())
}

/// Whether a stream cannot be read at all: nothing here makes one so.
pub fn is_not_for_reading(_: &io::Error) -> bool {
    false
}

/// How to open a file that only its owner may read once it is made: as the folder has it.
pub fn private_file(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

/// Whether a file could not be opened because it is a pipe that nobody reads.
pub fn has_no_reader(_: &io::Error) -> bool {
    false
}

/// Reads at a place of a file.
///
/// # Errors
/// When it cannot be read.
pub fn read_at(file: &File, bytes: &mut [u8], at: u64) -> io::Result<usize> {
    file.seek_read(bytes, at)
}

/// Writes at a place of a file.
///
/// # Errors
/// When it cannot be written.
pub fn write_all_at(file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
    let mut written = 0;
    while written < bytes.len() {
        match file.seek_write(&bytes[written..], at + written as u64)? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            count => written += count,
        }
    }
    Ok(())
}

/// Whether a file may be made in a folder: by making one, which is gone as soon as it is closed.
///
/// # Errors
/// What making one fails with.
pub fn may_make_files(folder: &Path) -> io::Result<()> {
    const FILE_FLAG_DELETE_ON_CLOSE: u32 = 0x0400_0000;

    let name = format!("msg-{}.tmp", std::process::id());
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    options.custom_flags(FILE_FLAG_DELETE_ON_CLOSE);
    options.open(folder.join(name)).map(drop)
}
