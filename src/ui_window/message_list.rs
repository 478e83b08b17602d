//! The display area: every message sent and received, with its date and time, and what happened in between.
//!
//! A text that can be scrolled, selected and copied:
//!
//! ```text
//! dimanche 22 novembre 2026
//! Alice  22/11/2026 14:02:31  ✓ reçu
//! bonjour
//! Bob  22/11/2026 14:02:40
//! salut
//! 22/11/2026 14:02:44
//! tu es là ?
//! le client Bob a quitté la discussion.
//! ```
//!
//! A message that follows another one of its author's within a minute has a heading without the name. Of a long
//! conversation it holds the last [`MAX_ROWS`] rows, and says so.

use std::collections::VecDeque;
use std::rc::Rc;

use gtk::pango;
use gtk::prelude::*;

use super::actions::UserActions;
use super::autoscroll::AutoScroll;
use super::bubbles::BubbleView;
use super::emoji::is_emoji_alone;
use super::links::{self, links};
use super::recorded::{self, RecordedMessage};
use super::theme::{self, tag};
use crate::display::{Author, Loss, Mark, PastRow, date, day, safe, safe_name};
use crate::protocol::{Line, UnixMillis};

/// Shows a conversation.
pub struct MessageList {
    widget: gtk::Overlay,
    area: BubbleView,
    buffer: gtk::TextBuffer,
    autoscroll: Rc<AutoScroll>,
    /// What is shown, oldest first.
    rows: VecDeque<MessageRow>,
    /// Of all rows.
    bytes: usize,
    /// How many rows are shown no more.
    dropped: u64,
    kept: Kept,
    /// The day of the last message.
    day: String,
    /// The last row, if it is a message.
    last: Option<LastMessage>,
    /// Our messages that are not settled, oldest first. Whoever says them bounds them.
    unsettled: VecDeque<Unsettled>,
    /// How many of our messages are settled.
    settled: u64,
}

/// What stands in the text for one message or notice.
#[derive(Clone, Copy, Debug)]
struct MessageRow {
    paragraphs: i32,
    bytes: usize,
}

/// What decides whether the next message belongs with the one before.
#[derive(Debug)]
struct LastMessage {
    author: Author,
    name: String,
    sent_at: UnixMillis,
    is_recalled: bool,
    /// A heading of digits alone would follow it.
    is_right_to_left: bool,
}

/// A message of ours that nobody is known to hold yet.
struct Unsettled {
    /// The number of its row, from 0.
    row: u64,
    /// Where to say what became of it.
    place: gtk::TextMark,
    /// Whether its heading says that it is on its way.
    is_told: bool,
}

/// Whether a record keeps what is shown no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    InTheRecord,
    Nowhere,
}

/// What is known of a message of ours, as its heading says it: a mark, and the words that a screen reader reads out.
type Fate = (&'static str, &'static str);

const ON_ITS_WAY: Fate = ("  🕓 en route", tag::DETAIL);
const RECEIVED: Fate = ("  ✓ reçu", tag::DETAIL);
const NOT_DELIVERED: Fate = ("  ✗ non remis", tag::ERROR);
const NOT_CONFIRMED: Fate = ("  🕓 remise non confirmée", tag::DETAIL);

/// A piece of text and the names of its tags.
type Span<'a> = (&'a str, &'a [&'a str]);

/// In milliseconds: a message that comes so soon after its author's last belongs with it.
const TOGETHER: UnixMillis = 60_000;

/// Most rows in the text; one more drops the oldest.
const MAX_ROWS: usize = 10_000;
/// Most bytes in the text, likewise: long rows are costly to lay out.
const MAX_BYTES: usize = 4 * 1024 * 1024;

impl MessageList {
    pub fn new(kept: Kept, actions: &UserActions) -> MessageList {
        let buffer = gtk::TextBuffer::new(Some(&theme::tags()));
        buffer.set_enable_undo(false);
        let area = BubbleView::new(&buffer);
        area.update_property(&[gtk::accessible::Property::Label("Discussion")]);
        area.add_css_class(theme::SCALED);
        links::open_on_click(area.upcast_ref(), actions);
        let scroll = gtk::ScrolledWindow::builder()
            .child(&area)
            .hscrollbar_policy(gtk::PolicyType::Never)
            .hexpand(true)
            .vexpand(true)
            .build();
        scroll.add_css_class("ring");
        let autoscroll = AutoScroll::new(&scroll);
        let widget = gtk::Overlay::builder().child(&scroll).build();
        widget.add_overlay(autoscroll.button());
        MessageList {
            widget,
            area,
            buffer,
            autoscroll,
            rows: VecDeque::new(),
            bytes: 0,
            dropped: 0,
            kept,
            day: String::new(),
            last: None,
            unsettled: VecDeque::new(),
            settled: 0,
        }
    }

    pub fn widget(&self) -> &gtk::Overlay {
        &self.widget
    }

    /// The text view itself.
    pub fn area(&self) -> &BubbleView {
        &self.area
    }

    /// Follows the end, counts what is new, scrolls.
    pub fn autoscroll(&self) -> &Rc<AutoScroll> {
        &self.autoscroll
    }

    /// All that is shown.
    pub fn text(&self) -> String {
        let (start, end) = self.buffer.bounds();
        self.buffer.text(&start, &end, false).into()
    }

    /// A message of the other person's.
    pub fn hear(&mut self, name: &str, line: &Line) {
        self.message(Author::Other, name, line, None, false);
        self.autoscroll.news();
    }

    /// A message of ours, until [`settle`](MessageList::settle) or [`give_up`](MessageList::give_up) says what became of it.
    pub fn say(&mut self, name: &str, line: &Line) {
        self.message(Author::Own, name, line, None, false);
        let mut heading = self.buffer.end_iter();
        heading.backward_line();
        heading.forward_to_line_end();
        self.unsettled.push_back(Unsettled {
            row: self.dropped + self.rows.len() as u64 - 1,
            place: self.buffer.create_mark(None, &heading, true),
            is_told: false,
        });
        // Who writes wants to see it.
        self.autoscroll.to_the_end();
    }

    /// Says of our messages that nobody is known to hold yet that they are on their way.
    pub fn tell_on_their_way(&mut self) {
        // The newest are untold.
        let told = self.unsettled.partition_point(|message| message.is_told);
        for message in self.unsettled.range_mut(told..) {
            message.is_told = true;
            if message.row >= self.dropped {
                let mut place = self.buffer.iter_at_mark(&message.place);
                let (fate, look) = ON_ITS_WAY;
                self.buffer
                    .insert_with_tags_by_name(&mut place, fate, &[tag::OWN, look]);
            }
        }
    }

    /// Our first `messages` messages are settled: those that were not given up have been received.
    pub fn settle(&mut self, messages: u64) {
        while self.settled < messages && self.settle_next(RECEIVED) {}
    }

    /// So many of our oldest messages will never be received.
    pub fn give_up(&mut self, messages: usize, loss: Loss) {
        let fate = match loss {
            Loss::Certain => NOT_DELIVERED,
            Loss::Possible => NOT_CONFIRMED,
        };
        for _ in 0..messages {
            self.settle_next(fate);
        }
    }

    /// Another discussion begins: its messages are counted from the first.
    pub fn begin_anew(&mut self) {
        self.give_up(self.unsettled.len(), Loss::Possible);
        self.settled = 0;
    }

    /// Something that happened to the conversation.
    pub fn notice(&mut self, sentence: &str) {
        self.aside(sentence, tag::NOTICE);
        self.autoscroll.news();
    }

    /// Something that went wrong, or that a person must put right.
    pub fn error(&mut self, sentence: &str) {
        self.aside(sentence, tag::ERROR);
        self.autoscroll.news();
    }

    /// A row of an earlier conversation, or one that is shown again; our own are those of this name.
    pub fn recall(&mut self, row: &PastRow, own_name: &str) {
        match row {
            PastRow::Recorded(row) => match recorded::message(row) {
                Some(RecordedMessage { mark, name, line }) => {
                    let author = if name == safe_name(own_name) {
                        Author::Own
                    } else {
                        Author::Other
                    };
                    self.message(author, &name, &line, fate(author, mark), true);
                }
                None => self.aside(row, tag::NOTICE),
            },
            PastRow::Spoken {
                mark,
                author,
                name,
                line,
            } => self.message(*author, name, line, fate(*author, *mark), true),
        }
    }

    /// Takes over the colours of the theme.
    pub fn shade(&self) {
        theme::shade(&self.area);
    }

    pub fn focus(&self) {
        self.area.grab_focus();
    }

    fn aside(&mut self, sentence: &str, look: &str) {
        self.row(&[&[(&safe(sentence), &[look])]]);
        self.last = None;
    }

    fn message(
        &mut self,
        author: Author,
        name: &str,
        line: &Line,
        fate: Option<Fate>,
        is_recalled: bool,
    ) {
        let day = day(line.sent_at);
        if self.day != day {
            self.aside(&day, tag::NOTICE);
            self.day = day;
        }
        let follows = self.last.as_ref().is_some_and(|last| {
            last.author == author
                && last.name == name
                && last.is_recalled == is_recalled
                && !last.is_right_to_left
                && line
                    .sent_at
                    .checked_sub(last.sent_at)
                    .is_some_and(|since| since < TOGETHER)
        });
        let (heading_tag, name_shown) = if follows {
            (tag::FOLLOWING, String::new())
        } else {
            (tag::HEADING, safe_name(name))
        };
        let (side, author_tag) = match author {
            Author::Own => (tag::OWN, tag::OWN_NAME),
            Author::Other => (tag::OTHER, tag::OTHER_NAME),
        };
        let date = if follows {
            date(line.sent_at)
        } else {
            format!("  {}", date(line.sent_at))
        };
        let text = match safe(&line.text) {
            // A paragraph without any character has no tags.
            text if text.is_empty() => " ".into(),
            text => text,
        };
        let is_large = is_emoji_alone(&text);
        let width;
        let mut base = vec![side];
        if author == Author::Own {
            // What becomes of a message of today is said later.
            let (longest_fate, _) = fate.unwrap_or(NOT_DELIVERED);
            width = self.width_of(&name_shown, &date, longest_fate, &text, is_large);
            base.push(&width);
        }
        if is_recalled {
            base.push(tag::RECALLED);
        }
        let name_tags = [&base[..], &[heading_tag, author_tag]].concat();
        let date_tags = [&base[..], &[heading_tag, tag::DETAIL]].concat();
        let (fate, fate_look) = fate.unwrap_or(("", tag::DETAIL));
        let fate_tags = [&base[..], &[heading_tag, fate_look]].concat();
        let heading: [Span; 3] = [
            (&name_shown, &name_tags),
            (&date, &date_tags),
            (fate, &fate_tags),
        ];
        let mut plain = [&base[..], &[tag::TEXT]].concat();
        if is_large {
            plain.push(tag::EMOJI);
        }
        let link = [&plain[..], &[tag::LINK]].concat();
        let mut spans: Vec<Span> = Vec::new();
        let mut from = 0;
        for address in links(&text) {
            spans.push((&text[from..address.start], &plain));
            spans.push((&text[address.clone()], &link));
            from = address.end;
        }
        spans.push((&text[from..], &plain));
        self.row(&[&heading, &spans]);
        self.last = Some(LastMessage {
            author,
            name: name.to_owned(),
            sent_at: line.sent_at,
            is_recalled,
            is_right_to_left: pango::find_base_dir(&text) == pango::Direction::Rtl,
        });
    }

    /// The tag that leaves a message of ours as much room as it needs, so that it stands at the right of the window.
    fn width_of(&self, name: &str, date: &str, fate: &str, text: &str, is_large: bool) -> String {
        /// In bytes: what is longer takes all the width there is.
        const SHORT: usize = 240;
        /// In em: wider than any bubble.
        const ALL: f64 = 100.0;

        if text.len() > SHORT {
            return theme::width_tag(ALL);
        }
        let layout = self.area.create_pango_layout(None);
        let width = |text: &str, is_bold: bool, scale: f64| {
            let attributes = pango::AttrList::new();
            if is_bold {
                attributes.insert(pango::AttrInt::new_weight(pango::Weight::Bold));
            }
            layout.set_attributes(Some(&attributes));
            layout.set_text(text);
            scale * f64::from(layout.pixel_size().0)
        };
        let text_scale = if is_large { theme::EMOJI_SCALE } else { 1.0 };
        let detail = format!("{date}{fate}");
        let heading = width(name, true, 1.0) + width(&detail, false, theme::DETAIL_SCALE);
        let widest = heading.max(width(text, false, text_scale));
        theme::width_tag(widest / self.area.em())
    }

    /// Appends a row; each paragraph stands on a line of its own.
    fn row(&mut self, paragraphs: &[&[Span]]) {
        let selection = self.selection_at_the_end();
        let mut text = String::new();
        for paragraph in paragraphs {
            if !text.is_empty() || !self.rows.is_empty() {
                text.push('\n');
            }
            text.extend(paragraph.iter().map(|(piece, _)| *piece));
        }
        let bytes = text.len();
        let mut at = self.buffer.char_count() + i32::from(!self.rows.is_empty());
        // In one piece, because a screen reader is told of each insertion.
        self.buffer.insert(&mut self.buffer.end_iter(), &text);
        for paragraph in paragraphs {
            for (piece, tags) in *paragraph {
                let start = self.buffer.iter_at_offset(at);
                at += piece.chars().count() as i32;
                let end = self.buffer.iter_at_offset(at);
                for tag in *tags {
                    self.buffer.apply_tag_by_name(tag, &start, &end);
                }
            }
            at += 1;
        }
        if let Some((caret, anchor)) = selection {
            let at = |offset| self.buffer.iter_at_offset(offset);
            self.buffer.select_range(&at(caret), &at(anchor));
        }
        let paragraphs = paragraphs.len() as i32;
        self.rows.push_back(MessageRow { paragraphs, bytes });
        self.bytes += bytes;
        if self.rows.len() > MAX_ROWS || self.bytes > MAX_BYTES {
            self.drop_oldest();
        }
        self.autoscroll.row();
    }

    /// Where the caret and the other end of a selection are that reaches to the end of the text: what is appended
    /// would join it.
    fn selection_at_the_end(&self) -> Option<(i32, i32)> {
        let at = |mark: &gtk::TextMark| self.buffer.iter_at_mark(mark).offset();
        let caret = at(&self.buffer.get_insert());
        let anchor = at(&self.buffer.selection_bound());
        let reaches_the_end = caret.max(anchor) == self.buffer.char_count();
        (caret != anchor && reaches_the_end).then_some((caret, anchor))
    }

    /// Drops a hundredth of what may be shown, so that it happens seldom. More at once would cost more a row: deleting
    /// takes GTK a time that grows with the square of the tags in what is deleted.
    fn drop_oldest(&mut self) {
        const ROWS: usize = MAX_ROWS / 100 * 99;
        const BYTES: usize = MAX_BYTES / 100 * 99;
        // Of dropping rows a notice tells, in the text's first paragraph.
        let told = i32::from(self.dropped > 0);
        let mut paragraphs = 0;
        while (self.rows.len() > ROWS || self.bytes > BYTES)
            && let Some(row) = self.rows.pop_front()
        {
            paragraphs += row.paragraphs;
            self.bytes -= row.bytes;
            self.dropped += 1;
        }
        let at = |line| self.buffer.iter_at_line(line);
        if let (Some(mut start), Some(mut end)) = (at(told), at(told + paragraphs)) {
            self.buffer.delete(&mut start, &mut end);
        }
        if told == 0 {
            let notice = match self.kept {
                Kept::InTheRecord => {
                    "les messages plus anciens ne sont plus affichés ; le fichier de --history les garde tous.\n"
                }
                Kept::Nowhere => "les messages plus anciens ne sont plus affichés.\n",
            };
            let mut start = self.buffer.start_iter();
            self.buffer
                .insert_with_tags_by_name(&mut start, notice, &[tag::NOTICE]);
        }
    }

    /// Says what became of our oldest unsettled message; whether there was one.
    fn settle_next(&mut self, (fate, look): Fate) -> bool {
        let Some(message) = self.unsettled.pop_front() else {
            return false;
        };
        self.settled += 1;
        if message.row >= self.dropped {
            let mut place = self.buffer.iter_at_mark(&message.place);
            if message.is_told {
                let mut end = place;
                end.forward_to_line_end();
                self.buffer.delete(&mut place, &mut end);
            }
            self.buffer
                .insert_with_tags_by_name(&mut place, fate, &[tag::OWN, look]);
        }
        self.buffer.delete_mark(&message.place);
        true
    }
}

/// What a row of an earlier conversation says of its fate.
fn fate(author: Author, mark: Mark) -> Option<Fate> {
    match (author, mark) {
        (Author::Own, Mark::Delivered) => Some(RECEIVED),
        (Author::Own, Mark::Pending) => Some(NOT_CONFIRMED),
        (Author::Other, _) => None,
    }
}
