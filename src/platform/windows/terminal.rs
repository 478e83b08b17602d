//! A console's modes.

use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};

use winapi_util::{AsHandleRef, HandleRef, console};
use windows_sys::Win32::System::Console::{
    DISABLE_NEWLINE_AUTO_RETURN, ENABLE_ECHO_INPUT, ENABLE_LINE_INPUT, ENABLE_PROCESSED_INPUT,
    ENABLE_PROCESSED_OUTPUT, ENABLE_VIRTUAL_TERMINAL_INPUT, ENABLE_VIRTUAL_TERMINAL_PROCESSING,
    ENABLE_WRAP_AT_EOL_OUTPUT,
};

use super::{AsStream, Stream};

/// A console, and the modes that it had at first.
pub struct TerminalDevice {
    keyboard: File,
    screen: File,
    keyboard_mode: u32,
    screen_mode: u32,
}

impl TerminalDevice {
    /// The program's console: it has one at most.
    ///
    /// # Errors
    /// When it has none.
    pub fn open(_: &impl AsStream, _: &impl AsStream) -> io::Result<TerminalDevice> {
        let open = |name| File::options().read(true).write(true).open(name);
        let (keyboard, screen) = (open("CONIN$")?, open("CONOUT$")?);
        Ok(TerminalDevice {
            keyboard_mode: console::mode(&keyboard)?,
            screen_mode: console::mode(&screen)?,
            keyboard,
            screen,
        })
    }

    /// What is typed arrives key by key from now on, and is shown by nobody but us.
    ///
    /// # Errors
    /// When the console has gone away.
    pub fn make_raw(&self) -> io::Result<()> {
        let cooked = ENABLE_LINE_INPUT | ENABLE_ECHO_INPUT | ENABLE_PROCESSED_INPUT;
        let keys = self.keyboard_mode & !cooked | ENABLE_VIRTUAL_TERMINAL_INPUT;
        console::set_mode(&self.keyboard, keys)?;
        // The last one has a row's last column filled without going on to the next row, as every other terminal does.
        let sequences = ENABLE_PROCESSED_OUTPUT
            | ENABLE_WRAP_AT_EOL_OUTPUT
            | ENABLE_VIRTUAL_TERMINAL_PROCESSING
            | DISABLE_NEWLINE_AUTO_RETURN;
        console::set_mode(&self.screen, self.screen_mode | sequences)
    }

    /// Gives it the modes that it had.
    pub fn restore(&self) {
        // A console that is gone needs no care.
        let _ = console::set_mode(&self.keyboard, self.keyboard_mode);
        let _ = console::set_mode(&self.screen, self.screen_mode);
    }

    /// Writes ASCII to it past all that waits.
    pub fn write_now(&self, bytes: &[u8]) {
        // Nobody watches a console that is gone.
        let _ = (&self.screen).write(bytes);
    }

    /// Its width in columns; 80 where it does not say.
    pub fn columns(&self) -> usize {
        columns(&self.screen)
    }

    /// How many bytes are still to be read that came as a terminal has them that edits lines itself: none, for a console
    /// keeps keys.
    pub fn typed_ahead(&self) -> usize {
        0
    }

    /// # Errors
    /// Always: there is nothing like it.
    pub fn stop_program(&self) -> io::Result<()> {
        super::suspend_job()
    }
}

/// The width of a console's window in columns; 80 for whatever is none.
pub(super) fn columns(screen: impl AsHandleRef) -> usize {
    let width = |info: console::ScreenBufferInfo| {
        let window = info.window_rect();
        usize::try_from(window.right - window.left + 1).ok()
    };
    let info = console::screen_buffer_info(screen).ok();
    info.and_then(width).unwrap_or(80)
}

/// The console, as far as standard streams reach it: only by them do letters keep their accents.
pub struct Tty(Stream);

/// # Errors
/// When nobody can type, or nothing be shown.
pub fn open_tty() -> io::Result<Tty> {
    console::mode(HandleRef::stdin())?;
    if io::stdout().is_terminal() {
        return Ok(Tty(Stream::Output));
    }
    console::mode(HandleRef::stderr())?;
    Ok(Tty(Stream::Error))
}

impl AsStream for Tty {
    fn as_stream(&self) -> Stream {
        self.0
    }
}

impl Read for Tty {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        io::stdin().read(bytes)
    }
}

impl Write for Tty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0 {
            Stream::Error => io::stderr().write(bytes),
            _ => {
                let count = io::stdout().write(bytes)?;
                io::stdout().flush()?;
                Ok(count)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stdout().flush()
    }
}
