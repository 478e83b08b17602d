//! What was used last, for the next time: the relay and the name that were typed into the dialog, and the size of the
//! window and of its text.
//!
//! Two files in `$XDG_STATE_HOME/msg`, for their owner's eyes only: `rejoindre` has the two of the dialog on a line each,
//! `fenetre` has three numbers. Nothing depends on them: what cannot be read is asked for again, or as usual.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::options::Address;
use crate::protocol::name::Name;

/// What was typed last; nothing where it cannot be read, or makes no sense any more.
pub fn recall() -> (Option<Address>, Option<Name>) {
    let text = folder().and_then(|folder| read(&folder, JOINED).ok());
    let text = text.unwrap_or_default();
    let mut lines = text.lines();
    let mut next = || lines.next().unwrap_or_default();
    (crate::options::address(next()).ok(), next().parse().ok())
}

/// Remembers what was typed.
///
/// # Errors
/// When it cannot be written; what was remembered before then stays.
pub fn remember(address: &Address, name: &Name) -> io::Result<()> {
    replace(JOINED, &format!("{address}\n{name}\n"))
}

/// A window, in pixels, and the size of its text beside the desktop's own choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowState {
    pub width: i32,
    pub height: i32,
    pub text_percent: u32,
}

impl WindowState {
    const USUAL: WindowState = WindowState {
        width: 560,
        height: 640,
        text_percent: 100,
    };

    /// The nearest size of text that can still be read and shown.
    pub fn text_percent(wanted: u32) -> u32 {
        wanted.clamp(50, 300)
    }

    /// Whatever somebody has written into the file, a window that can be used.
    fn parse(text: &str) -> WindowState {
        const SIZES: std::ops::RangeInclusive<i32> = 200..=16_384;

        let mut numbers = text
            .split_whitespace()
            .map(|number| number.parse::<i32>().ok());
        let mut next = || numbers.next().flatten();
        let mut size = |usual| next().filter(|size| SIZES.contains(size)).unwrap_or(usual);
        let (width, height) = (
            size(WindowState::USUAL.width),
            size(WindowState::USUAL.height),
        );
        let percent = next().and_then(|percent| percent.try_into().ok());
        WindowState {
            width,
            height,
            text_percent: WindowState::text_percent(
                percent.unwrap_or(WindowState::USUAL.text_percent),
            ),
        }
    }
}

/// The window as it was the last time.
pub fn window() -> WindowState {
    let text = folder().and_then(|folder| read(&folder, WINDOW).ok());
    WindowState::parse(&text.unwrap_or_default())
}

/// Remembers a window.
///
/// # Errors
/// When it cannot be written.
pub fn remember_window(state: &WindowState) -> io::Result<()> {
    let WindowState {
        width,
        height,
        text_percent,
    } = state;
    replace(WINDOW, &format!("{width} {height} {text_percent}\n"))
}

const JOINED: &str = "rejoindre";
const WINDOW: &str = "fenetre";

fn replace(file: &str, text: &str) -> io::Result<()> {
    match folder() {
        Some(folder) => write(&folder, file, text),
        None => Err(io::ErrorKind::NotFound.into()),
    }
}

/// Where the XDG base directory specification puts it.
fn folder() -> Option<PathBuf> {
    let absolute = |name| {
        let path = PathBuf::from(std::env::var_os(name)?);
        path.is_absolute().then_some(path)
    };
    let state = absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")));
    Some(state?.join("msg"))
}

fn read(folder: &Path, file: &str) -> io::Result<String> {
    /// In bytes: more than any host name, port and name.
    const LONGEST: u64 = 1024;
    let mut text = String::new();
    File::open(folder.join(file))?
        .take(LONGEST)
        .read_to_string(&mut text)?;
    Ok(text)
}

/// Replaces the file whole: two windows that write at once leave one of the two texts.
fn write(folder: &Path, file: &str, text: &str) -> io::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    let fresh = folder.join(format!("{file}.{}", std::process::id()));
    let written = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&fresh)
        .and_then(|mut fresh| fresh.write_all(text.as_bytes()))
        .and_then(|()| fs::rename(&fresh, folder.join(file)));
    if written.is_err() {
        // Half a file helps nobody; where it cannot be removed either, the error below says enough.
        drop(fs::remove_file(&fresh));
    }
    written
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_is_written_is_read_again_and_for_its_owner_alone() {
        let folder = std::env::temp_dir().join(format!("msg-last_used-{}", std::process::id()));
        let inner = folder.join("un/deux");
        write(&inner, JOINED, "h:1\nZoé\n").unwrap();
        write(&inner, JOINED, "h:2\nZoé\n").unwrap();
        assert_eq!(read(&inner, JOINED).unwrap(), "h:2\nZoé\n");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&inner), 0o700);
        assert_eq!(mode(&inner.join(JOINED)), 0o600);
        assert_eq!(fs::read_dir(&inner).unwrap().count(), 1);
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_file_of_any_size_is_read_in_part() {
        let folder = std::env::temp_dir().join(format!("msg-last_used-big-{}", std::process::id()));
        write(&folder, JOINED, &"x".repeat(100_000)).unwrap();
        assert_eq!(read(&folder, JOINED).unwrap().len(), 1024);
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn whatever_stands_in_the_file_the_window_can_be_used() {
        let usual = WindowState::USUAL;
        for text in ["", "x y z", "-5 99999999 4294967295", "0 0 0", "\u{fffd}"] {
            let state = WindowState::parse(text);
            assert_eq!(
                (state.width, state.height),
                (usual.width, usual.height),
                "{text}"
            );
            assert!((50..=300).contains(&state.text_percent), "{text}");
        }
        let state = WindowState::parse("800 300 120\n");
        assert_eq!(
            (state.width, state.height, state.text_percent),
            (800, 300, 120)
        );
    }
}
