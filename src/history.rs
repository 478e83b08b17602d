//! The dated record of a conversation, which `--history FILE` keeps on disk.
//!
//! One line a message, as on the screen, and one where a conversation begins. A `*` after the date says that the
//! other person's client is not known to hold the message yet; it gives way to a space once it is:
//!
//! ```text
//! — discussion du 22/11/2026 14:02:31
//! 22/11/2026 14:02:31  Alice  bonjour
//! 22/11/2026 14:02:40* Alice  tu es là ?
//! ```
//!
//! Two programs may keep one file: every line is appended whole. Hostile text is made harmless before it is written,
//! and again when it is read, since anybody may have written to the file.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use same_file::Handle;

use crate::clock::unix_now;
use crate::display::{self, Author, Colour, Mark, Palette};
use crate::platform;
use crate::protocol::Line;

/// A record on disk.
#[derive(Debug)]
pub struct Record {
    path: PathBuf,
    /// `None` until there is something to write, where there was no file.
    file: Option<RecordFile>,
    /// What goes before the first message; empty from then on.
    heading: String,
    state: RecordState,
}

/// The file of a record, twice.
#[derive(Debug)]
struct RecordFile {
    /// Writes at the end of the file only, wherever that is by now.
    end: File,
    /// To read and to patch: what is open for appending cannot write anywhere else.
    anywhere: File,
}

/// The end of a record.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tail {
    /// Rows of the file, the oldest first, each harmless.
    pub rows: Vec<String>,
    /// How many of them are messages.
    pub messages: usize,
}

/// Where a message stands in its record, to say later that it arrived. Nothing for one that could not be written.
#[derive(Debug)]
pub struct RecordEntry {
    mark_at: Option<u64>,
}

/// How the last write went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RecordState {
    Sound,
    /// It failed, and the caller knows. A piece of a line may stand at the end of the file.
    Failed,
}

impl Record {
    /// Opens the record at `path`. Where there is none, one is made with the first message, so that whoever says and hears
    /// nothing leaves no trace; that it can be made is looked at now.
    ///
    /// # Errors
    /// On whatever is no regular file, without waiting for anybody at the other end of a pipe, and where nothing can be
    /// written.
    pub fn open(path: &Path) -> io::Result<Record> {
        let file = match RecordFile::open(path, OpenOptions::new().append(true)) {
            Ok(file) => Some(file),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                may_make(path)?;
                None
            }
            Err(error) => return Err(error),
        };
        Ok(Record {
            path: path.to_owned(),
            file,
            heading: format!("{HEADING}{}\n", display::date(unix_now())),
            state: RecordState::Sound,
        })
    }

    /// The end of the file: its last `messages` messages, and the headings between them.
    ///
    /// Reads the last 256 KiB at most, and gives what lines stand whole in them.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn tail(&self, messages: usize) -> io::Result<Tail> {
        let Some(RecordFile { anywhere, .. }) = &self.file else {
            return Ok(Tail::default());
        };
        let start = anywhere.metadata()?.len().saturating_sub(TAIL);
        let mut file = anywhere;
        // One byte more tells whether a line begins right there.
        file.seek(SeekFrom::Start(start.saturating_sub(1)))?;
        let mut bytes = Vec::new();
        file.take(TAIL + 1).read_to_end(&mut bytes)?;
        let text = String::from_utf8_lossy(&bytes);
        let whole = match start {
            0 => &text,
            _ => text.split_once('\n').map_or("", |(_, whole)| whole),
        };
        let mut tail = Tail::default();
        for row in whole.lines().rev() {
            if tail.messages == messages {
                break;
            }
            tail.messages += usize::from(!row.starts_with(HEADING));
            tail.rows.push(display::safe(row).into_owned());
        }
        tail.rows.reverse();
        Ok(tail)
    }

    /// Appends one message.
    ///
    /// When the file takes no more (a full disk), fails once: the following messages go unwritten and in silence until
    /// one can be written again, so that a caller may simply report every error.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&mut self, name: &str, line: &Line, mark: Mark) -> io::Result<RecordEntry> {
        match self.try_write(name, line, mark) {
            Ok(entry) => {
                self.state = RecordState::Sound;
                self.heading.clear();
                Ok(entry)
            }
            Err(_) if self.state == RecordState::Failed => Ok(RecordEntry { mark_at: None }),
            Err(error) => {
                self.state = RecordState::Failed;
                Err(error)
            }
        }
    }

    fn try_write(&mut self, name: &str, line: &Line, mark: Mark) -> io::Result<RecordEntry> {
        let may_end_inside_a_line = self.state == RecordState::Failed || !self.heading.is_empty();
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(RecordFile::open(
                &self.path,
                OpenOptions::new().append(true).create(true),
            )?),
        };
        let ending = if may_end_inside_a_line {
            file.missing_ending()
        } else {
            ""
        };
        let before = format!("{ending}{}", self.heading);
        let row = Palette::new(Colour::Off)
            .keeping_tabs()
            .marked(mark, Author::Own, name, line);
        let start = append(&mut file.end, format!("{before}{row}\n").as_bytes())?;
        let column = before.len() + display::date(line.sent_at).len();
        let mark_at = (mark == Mark::Pending).then(|| start + column as u64);
        Ok(RecordEntry { mark_at })
    }

    /// Takes the mark off a message that has arrived.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn delivered(&self, entry: &RecordEntry) -> io::Result<()> {
        let (Some(at), Some(RecordFile { anywhere, .. })) = (entry.mark_at, &self.file) else {
            return Ok(());
        };
        let mut found = [0];
        // Somebody may have cut or replaced what stood there: nothing but a mark is ever overwritten.
        if platform::read_at(anywhere, &mut found, at)? == 1
            && char::from(found[0]) == Mark::PENDING
        {
            platform::write_all_at(anywhere, b" ", at)?;
        }
        Ok(())
    }
}

impl RecordFile {
    fn open(path: &Path, options: &mut OpenOptions) -> io::Result<RecordFile> {
        let end = match platform::private_file(options).open(path) {
            Err(error) if platform::has_no_reader(&error) => return Err(irregular()),
            end => end?,
        };
        if !end.metadata()?.is_file() {
            return Err(irregular());
        }
        let mut options = OpenOptions::new();
        let anywhere = platform::private_file(options.read(true).write(true)).open(path)?;
        let identity = |file: &File| Handle::from_file(file.try_clone()?);
        if identity(&end)? != identity(&anywhere)? {
            return Err(io::Error::other("un autre fichier a pris sa place"));
        }
        Ok(RecordFile { end, anywhere })
    }

    /// The line ending that the file lacks, after a failed write or a hand that edited it.
    fn missing_ending(&self) -> &'static str {
        let last_byte = || -> io::Result<Option<u8>> {
            let mut last = [0];
            let length = self.anywhere.metadata()?.len();
            let Some(at) = length.checked_sub(1) else {
                return Ok(None);
            };
            let read = platform::read_at(&self.anywhere, &mut last, at)?;
            Ok((read == 1).then_some(last[0]))
        };
        match last_byte() {
            Ok(None | Some(b'\n')) => "",
            // Unreadable: an empty line does no harm.
            Ok(Some(_)) | Err(_) => "\n",
        }
    }
}

/// Whether a file may be made there.
fn may_make(path: &Path) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    platform::may_make_files(folder)
}

/// How a row begins that tells where a conversation does.
const HEADING: &str = "— discussion du ";

/// How far back [`Record::tail`] reads, in bytes: more than a screenful of the longest messages.
const TAIL: u64 = 256 * 1024;

/// Appends all of `bytes` in one system call, so that another program's lines cannot come in between, and says where
/// they begin.
fn append(file: &mut File, bytes: &[u8]) -> io::Result<u64> {
    loop {
        match file.write(bytes) {
            Ok(written) if written == bytes.len() => break,
            // A regular file takes less than it is given only when it can take no more.
            Ok(_) => return Err(ErrorKind::StorageFull.into()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    // Appending leaves this descriptor's position, which nobody else moves, at the end of what it wrote.
    Ok(file.stream_position()? - bytes.len() as u64)
}

fn irregular() -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, "ce n'est pas un fichier ordinaire")
}

#[cfg(test)]
mod tests;
