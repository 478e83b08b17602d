//! The display area: every message sent and received, with its date and time, and what happened in between.
//!
//! A text that can be scrolled, selected and copied:
//!
//! ```text
//! dimanche 22 novembre 2026
//! Alice  22/11/2026 14:02:31  reçu
//! bonjour
//! Bob  22/11/2026 14:02:40
//! salut
//! le client Bob a quitté la discussion.
//! ```
//!
//! Of a long conversation it holds the last [`MAX_ROWS`] rows, and says so.

use std::collections::VecDeque;
use std::rc::Rc;

use gtk::prelude::*;

use super::actions::UserActions;
use super::autoscroll::AutoScroll;
use super::bubbles::BubbleView;
use super::links::{self, links};
use super::theme::{self, tag};
use crate::display::{date, day, safe, safe_name};
use crate::protocol::Line;

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

/// A message of ours that nobody is known to hold yet.
struct Unsettled {
    /// The number of its row, from 0.
    row: u64,
    /// Where to say what became of it.
    place: gtk::TextMark,
}

/// Whether a record keeps what is shown no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    InTheRecord,
    Nowhere,
}

/// A piece of text and the names of its tags.
type Span<'a> = (&'a str, &'a [&'a str]);

/// The tags of what [`MessageList::help`] shows.
const HELP: &[&str] = &[tag::HELP];

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
        links::open_on_click(area.upcast_ref(), actions);
        let scroll = gtk::ScrolledWindow::builder()
            .child(&area)
            .hscrollbar_policy(gtk::PolicyType::Never)
            .hexpand(true)
            .vexpand(true)
            .build();
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
            unsettled: VecDeque::new(),
            settled: 0,
        }
    }

    pub fn widget(&self) -> &gtk::Overlay {
        &self.widget
    }

    /// Follows the end, counts what is new, scrolls.
    pub fn autoscroll(&self) -> &Rc<AutoScroll> {
        &self.autoscroll
    }

    /// A message of the other person's.
    pub fn hear(&mut self, name: &str, line: &Line) {
        self.message(name, line, tag::OTHER, tag::OTHER_NAME);
        self.autoscroll.news();
    }

    /// A message of ours, until [`settle`](MessageList::settle) or [`give_up`](MessageList::give_up) says what became of it.
    pub fn say(&mut self, name: &str, line: &Line) {
        let heading = self.message(name, line, tag::OWN, tag::OWN_NAME);
        let row = self.dropped + self.rows.len() as u64 - 1;
        let place = self.buffer.create_mark(None, &heading, true);
        self.unsettled.push_back(Unsettled { row, place });
        // Who writes wants to see it.
        self.autoscroll.to_the_end();
    }

    /// Our first `messages` messages are settled: those that were not given up have been received.
    pub fn settle(&mut self, messages: u64) {
        while self.settled < messages && self.settle_next("  reçu", tag::DETAIL) {}
    }

    /// So many of our oldest messages will never be received.
    pub fn give_up(&mut self, messages: usize) {
        for _ in 0..messages {
            self.settle_next("  non remis", tag::ERROR);
        }
    }

    /// How many of our messages nobody is known to hold yet.
    pub fn unsettled(&self) -> usize {
        self.unsettled.len()
    }

    /// Something that happened to the conversation.
    pub fn notice(&mut self, sentence: &str) {
        self.row(&[&[(&safe(sentence), &[tag::NOTICE])]]);
        self.autoscroll.news();
    }

    /// Something that went wrong, or that a person must put right.
    pub fn error(&mut self, sentence: &str) {
        self.row(&[&[(&safe(sentence), &[tag::ERROR])]]);
        self.autoscroll.news();
    }

    /// What keys and commands do.
    pub fn help(&mut self) {
        const ROWS: [(&str, &str); 9] = [
            ("Entrée", "envoyer"),
            (
                "Maj+Entrée",
                "passer à la ligne ; chaque ligne part comme un message",
            ),
            ("Échap", "reprendre un texte qui attend de partir"),
            ("Page préc., suiv.", "parcourir la discussion"),
            ("Ctrl+.", "choisir un emoji"),
            (
                "Ctrl+Q, /quit, quitter",
                "quitter la discussion ; la fenêtre reste",
            ),
            (
                "Ctrl+W",
                "fermer la fenêtre, après avoir quitté la discussion",
            ),
            (
                "/history [n]",
                "revoir les n derniers messages (20 sans nombre)",
            ),
            ("//texte", "envoyer « /texte »"),
        ];
        let rows = ROWS.map(|(keys, deed)| format!("{keys}\t{deed}"));
        let rows = rows.each_ref().map(|row| [(row.as_str(), HELP)]);
        self.row(&rows.each_ref().map(|row| row.as_slice()));
        // Who asks wants to see the answer.
        self.autoscroll.to_the_end();
    }

    /// A row of an earlier conversation, or one that is shown again.
    pub fn recall(&mut self, row: &str) {
        self.row(&[&[(&safe(row), &[tag::RECALLED])]]);
    }

    /// Takes over the colours of the theme.
    pub fn shade(&self) {
        theme::shade(&self.area);
    }

    pub fn focus(&self) {
        self.area.grab_focus();
    }

    /// Shows a message; gives the end of its heading.
    fn message(&mut self, name: &str, line: &Line, side: &str, author: &str) -> gtk::TextIter {
        let day = day(line.sent_at);
        if self.day != day {
            self.row(&[&[(&day, &[tag::NOTICE])]]);
            self.day = day;
        }
        let heading: [Span; 2] = [
            (&safe_name(name), &[side, tag::HEADING, author]),
            (
                &format!("  {}", date(line.sent_at)),
                &[side, tag::HEADING, tag::DETAIL],
            ),
        ];
        let text = match safe(&line.text) {
            // A paragraph without any character has no tags.
            text if text.is_empty() => " ".into(),
            text => text,
        };
        let plain: &[&str] = &[side, tag::TEXT];
        let link: &[&str] = &[side, tag::TEXT, tag::LINK];
        let mut spans: Vec<Span> = Vec::new();
        let mut from = 0;
        for address in links(&text) {
            spans.push((&text[from..address.start], plain));
            spans.push((&text[address.clone()], link));
            from = address.end;
        }
        spans.push((&text[from..], plain));
        self.row(&[&heading, &spans]);
        let mut end = self.buffer.end_iter();
        end.backward_line();
        end.forward_to_line_end();
        end
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
    fn settle_next(&mut self, fate: &str, look: &str) -> bool {
        let Some(message) = self.unsettled.pop_front() else {
            return false;
        };
        self.settled += 1;
        if message.row >= self.dropped {
            let mut place = self.buffer.iter_at_mark(&message.place);
            self.buffer
                .insert_with_tags_by_name(&mut place, fate, &[tag::OWN, look]);
        }
        self.buffer.delete_mark(&message.place);
        true
    }
}
