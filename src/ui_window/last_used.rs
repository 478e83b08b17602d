//! The relay and the name that were last typed into the dialog, for it to offer again.
//!
//! Two lines in `$XDG_STATE_HOME/msg/rejoindre`, for their owner's eyes only. Nothing depends on them: what cannot be
//! read is asked for again.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::options::Address;
use crate::protocol::wire::Name;

/// What was typed last; nothing where it cannot be read, or makes no sense any more.
pub fn recall() -> (Option<Address>, Option<Name>) {
    let text = folder().and_then(|folder| read(&folder).ok());
    let text = text.unwrap_or_default();
    let mut lines = text.lines();
    let mut next = || lines.next().unwrap_or_default();
    (crate::options::address(next()).ok(), next().parse().ok())
}

/// Remembers what was typed.
///
/// # Errors
/// When it cannot be written; what was last_used before then stays.
pub fn remember(address: &Address, name: &Name) -> io::Result<()> {
    match folder() {
        Some(folder) => write(&folder, &format!("{address}\n{name}\n")),
        None => Err(io::ErrorKind::NotFound.into()),
    }
}

const FILE: &str = "rejoindre";

/// Where the XDG base directory specification puts it.
fn folder() -> Option<PathBuf> {
    let absolute = |name| {
        let path = PathBuf::from(std::env::var_os(name)?);
        path.is_absolute().then_some(path)
    };
    let state = absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")));
    Some(state?.join("msg"))
}

fn read(folder: &Path) -> io::Result<String> {
    /// In bytes: more than any host name, port and name.
    const LONGEST: u64 = 1024;
    let mut text = String::new();
    File::open(folder.join(FILE))?
        .take(LONGEST)
        .read_to_string(&mut text)?;
    Ok(text)
}

/// Replaces the file whole: two windows that write at once leave one of the two texts.
fn write(folder: &Path, text: &str) -> io::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    let fresh = folder.join(format!("{FILE}.{}", std::process::id()));
    let written = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&fresh)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .and_then(|()| fs::rename(&fresh, folder.join(FILE)));
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
        write(&inner, "h:1\nZoé\n").unwrap();
        write(&inner, "h:2\nZoé\n").unwrap();
        assert_eq!(read(&inner).unwrap(), "h:2\nZoé\n");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&inner), 0o700);
        assert_eq!(mode(&inner.join(FILE)), 0o600);
        assert_eq!(fs::read_dir(&inner).unwrap().count(), 1);
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_file_of_any_size_is_read_in_part() {
        let folder = std::env::temp_dir().join(format!("msg-last_used-big-{}", std::process::id()));
        write(&folder, &"x".repeat(100_000)).unwrap();
        assert_eq!(read(&folder).unwrap().len(), 1024);
        fs::remove_dir_all(&folder).unwrap();
    }
}
