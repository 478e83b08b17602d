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
