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
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{Access, OFlags};

use crate::clock::unix_now;
use crate::display::{self, Author, Colour, Mark, Palette};
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
                OpenOptions::new().append(true).create(true).mode(0o600),
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
        if anywhere.read_at(&mut found, at)? == 1 && char::from(found[0]) == Mark::PENDING {
            anywhere.write_all_at(b" ", at)?;
        }
        Ok(())
    }
}

impl RecordFile {
    fn open(path: &Path, options: &mut OpenOptions) -> io::Result<RecordFile> {
        // NONBLOCK makes a pipe without a reader an error; for a regular file it means nothing.
        let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
        let end = match options.custom_flags(flags).open(path) {
            // What has no reader is a pipe or a socket.
            Err(error) if error.raw_os_error() == Some(rustix::io::Errno::NXIO.raw_os_error()) => {
                return Err(irregular());
            }
            end => end?,
        };
        if !end.metadata()?.is_file() {
            return Err(irregular());
        }
        let anywhere = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(flags)
            .open(path)?;
        let identity = |file: &File| file.metadata().map(|found| (found.dev(), found.ino()));
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
            Ok((self.anywhere.read_at(&mut last, at)? == 1).then_some(last[0]))
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
    rustix::fs::access(folder, Access::WRITE_OK | Access::EXEC_OK)?;
    Ok(())
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
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// A folder of its own for one test.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new() -> Scratch {
            static NEXT: AtomicU32 = AtomicU32::new(0);
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let folder =
                std::env::temp_dir().join(format!("msg-history-{}-{number}", std::process::id()));
            fs::create_dir(&folder).unwrap();
            Scratch(folder)
        }

        fn file(&self) -> PathBuf {
            self.0.join("journal")
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }

    fn line(text: &str) -> Line {
        Line {
            sent_at: 1_795_000_000_000,
            text: text.to_owned(),
        }
    }

    /// What stands in the file but for the headings, without the dates.
    fn messages(path: &Path) -> Vec<String> {
        let length = display::date(line("").sent_at).len();
        let text = fs::read_to_string(path).unwrap();
        text.lines()
            .filter(|row| !row.starts_with('—'))
            .map(|row| row[length.min(row.len())..].to_owned())
            .collect()
    }

    #[test]
    fn a_message_is_one_dated_line() {
        let scratch = Scratch::new();
        let mut record = Record::open(&scratch.file()).unwrap();
        record
            .write("Zoé", &line("à bientôt"), Mark::Delivered)
            .unwrap();
        let text = fs::read_to_string(scratch.file()).unwrap();
        let row = text.lines().nth(1).unwrap();
        assert_eq!(
            row,
            format!("{}  Zoé  à bientôt", display::date(line("").sent_at))
        );
    }

    #[test]
    fn a_heading_comes_with_the_first_message_and_only_with_it() {
        let scratch = Scratch::new();
        let mut record = Record::open(&scratch.file()).unwrap();
        assert!(!scratch.file().exists());
        assert_eq!(record.tail(9).unwrap(), Tail::default());
        record.write("A", &line("un"), Mark::Delivered).unwrap();
        record.write("A", &line("deux"), Mark::Delivered).unwrap();
        let text = fs::read_to_string(scratch.file()).unwrap();
        assert_eq!(text.matches("— discussion du ").count(), 1);
        assert!(text.starts_with("— discussion du "));
    }

    #[test]
    fn a_new_record_is_for_its_owner_alone() {
        let scratch = Scratch::new();
        let mut record = Record::open(&scratch.file()).unwrap();
        record.write("A", &line("un"), Mark::Delivered).unwrap();
        let mode = fs::metadata(scratch.file()).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0);
    }

    #[test]
    fn a_mark_gives_way_once_the_message_has_arrived() {
        let scratch = Scratch::new();
        let mut record = Record::open(&scratch.file()).unwrap();
        let entries: Vec<RecordEntry> = ["é", "deux", "trois"]
            .iter()
            .map(|text| record.write("A", &line(text), Mark::Pending).unwrap())
            .collect();
        assert_eq!(
            messages(&scratch.file()),
            ["* A  é", "* A  deux", "* A  trois"]
        );
        record.delivered(&entries[0]).unwrap();
        record.delivered(&entries[2]).unwrap();
        record.delivered(&entries[2]).unwrap();
        assert_eq!(
            messages(&scratch.file()),
            ["  A  é", "* A  deux", "  A  trois"]
        );
    }

    #[test]
    fn two_records_share_a_file_and_patch_their_own_marks() {
        let scratch = Scratch::new();
        let mut alice = Record::open(&scratch.file()).unwrap();
        let mut bob = Record::open(&scratch.file()).unwrap();
        let mut entries = Vec::new();
        for n in 0..100 {
            entries.push(
                alice
                    .write("Alice", &line(&n.to_string()), Mark::Pending)
                    .unwrap(),
            );
            bob.write("Bob", &line(&n.to_string()), Mark::Pending)
                .unwrap();
        }
        for entry in &entries {
            alice.delivered(entry).unwrap();
        }
        let messages = messages(&scratch.file());
        assert_eq!(messages.len(), 200);
        assert!(
            messages
                .iter()
                .all(|row| row.starts_with("  Alice  ") || row.starts_with("* Bob  "))
        );
    }

    #[test]
    fn a_file_that_was_cut_meanwhile_is_not_damaged() {
        let scratch = Scratch::new();
        let mut record = Record::open(&scratch.file()).unwrap();
        let entry = record.write("A", &line("un"), Mark::Pending).unwrap();
        fs::write(scratch.file(), "court").unwrap();
        record.delivered(&entry).unwrap();
        assert_eq!(fs::read_to_string(scratch.file()).unwrap(), "court");
        fs::write(scratch.file(), "x".repeat(500)).unwrap();
        record.delivered(&entry).unwrap();
        assert_eq!(fs::read_to_string(scratch.file()).unwrap(), "x".repeat(500));
    }

    #[test]
    fn a_full_disk_is_reported_once_and_writing_goes_on_when_it_can() {
        let scratch = Scratch::new();
        let mut record = Record::open(&scratch.file()).unwrap();
        record.write("A", &line("zéro"), Mark::Delivered).unwrap();
        let full = || OpenOptions::new().append(true).open("/dev/full").unwrap();
        let disk = std::mem::replace(&mut record.file.as_mut().unwrap().end, full());
        let error = record.write("A", &line("un"), Mark::Pending).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StorageFull);
        let entry = record.write("A", &line("deux"), Mark::Pending).unwrap();
        record.delivered(&entry).unwrap();
        record.file.as_mut().unwrap().end = disk;
        fs::write(scratch.file(), "22/11/2026 14:0").unwrap();
        record.write("A", &line("trois"), Mark::Delivered).unwrap();
        let text = fs::read_to_string(scratch.file()).unwrap();
        let rows: Vec<&str> = text.lines().collect();
        assert_eq!(rows[0], "22/11/2026 14:0");
        assert!(rows[1].ends_with("  A  trois"));
        record.file.as_mut().unwrap().end = full();
        record
            .write("A", &line("quatre"), Mark::Pending)
            .unwrap_err();
    }

    #[test]
    fn hostile_text_makes_no_line_of_its_own() {
        let scratch = Scratch::new();
        let mut record = Record::open(&scratch.file()).unwrap();
        record
            .write(
                "A\nB",
                &line("un\n— discussion du\r\x1b[2J\tfin"),
                Mark::Pending,
            )
            .unwrap();
        assert_eq!(
            messages(&scratch.file()),
            ["* A\\nB  un\\n— discussion du\\r\\x1b[2J\tfin"]
        );
    }

    #[test]
    fn the_tail_is_harmless_whoever_wrote_the_file() {
        let scratch = Scratch::new();
        fs::write(scratch.file(), b"un\ndeux \x1b[2J\n\xff trois\r\nquatre").unwrap();
        let record = Record::open(&scratch.file()).unwrap();
        assert_eq!(
            record.tail(3).unwrap().rows,
            ["deux \\x1b[2J", "\u{fffd} trois", "quatre"]
        );
        assert_eq!(record.tail(0).unwrap().rows, [""; 0]);
        assert_eq!(record.tail(usize::MAX).unwrap().rows.len(), 4);
    }

    #[test]
    fn headings_are_shown_between_messages_and_not_counted() {
        let scratch = Scratch::new();
        for conversation in 0..3 {
            let mut record = Record::open(&scratch.file()).unwrap();
            for text in ["un", "deux"] {
                let line = line(&format!("{text} {conversation}"));
                record.write("A", &line, Mark::Delivered).unwrap();
            }
        }
        let record = Record::open(&scratch.file()).unwrap();
        let tail = record.tail(3).unwrap();
        assert_eq!(tail.messages, 3);
        assert_eq!(tail.rows.len(), 4);
        assert!(tail.rows[0].ends_with("deux 1"));
        assert!(tail.rows[1].starts_with(HEADING));
        let all = record.tail(usize::MAX).unwrap();
        assert_eq!((all.messages, all.rows.len()), (6, 9));
    }

    #[test]
    fn the_tail_of_a_huge_file_is_read_alone() {
        let scratch = Scratch::new();
        let file = File::create(scratch.file()).unwrap();
        file.set_len(1 << 40).unwrap();
        (&file).seek(SeekFrom::End(0)).unwrap();
        (&file)
            .write_all("\n22/11/2026 14:02:31  A  é\n".as_bytes())
            .unwrap();
        let record = Record::open(&scratch.file()).unwrap();
        assert_eq!(record.tail(5).unwrap().rows, ["22/11/2026 14:02:31  A  é"]);
    }

    #[test]
    fn a_line_that_begins_where_the_tail_begins_is_whole() {
        let scratch = Scratch::new();
        let rows = "x".repeat(TAIL as usize - 1) + "\n";
        fs::write(scratch.file(), format!("avant\n{rows}")).unwrap();
        let record = Record::open(&scratch.file()).unwrap();
        assert_eq!(record.tail(9).unwrap().messages, 1);
        fs::write(scratch.file(), format!("avant\ny{rows}")).unwrap();
        assert_eq!(record.tail(9).unwrap().messages, 0);
    }

    #[test]
    fn only_regular_files_are_records() {
        let scratch = Scratch::new();
        assert_eq!(
            Record::open(&scratch.0).unwrap_err().kind(),
            ErrorKind::IsADirectory
        );
        assert_eq!(
            Record::open(Path::new("/dev/null")).unwrap_err().kind(),
            ErrorKind::InvalidInput
        );
        let pipe = scratch.0.join("tube");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).unwrap();
        assert_eq!(
            Record::open(&pipe).unwrap_err().kind(),
            ErrorKind::InvalidInput
        );
        let _reader = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&pipe)
            .unwrap();
        assert_eq!(
            Record::open(&pipe).unwrap_err().kind(),
            ErrorKind::InvalidInput
        );
        assert_eq!(
            Record::open(&scratch.0.join("sans/dossier"))
                .unwrap_err()
                .kind(),
            ErrorKind::NotFound
        );
    }
}
