use super::*;
use crate::display::{Mark, PastRow};
use crate::peer::Disconnected;

/// A conversation with what its interface has been asked to do, one word or two each.
struct Table {
    conversation: Conversation,
    now: Millis,
    asked: Vec<String>,
}

impl Table {
    fn of(source: LineSource) -> Table {
        Table {
            conversation: Conversation::new("Alice".to_owned(), source, None),
            now: 1_000,
            asked: Vec::new(),
        }
    }

    fn person() -> Table {
        Table::of(LineSource::Person)
    }

    fn program() -> Table {
        Table::of(LineSource::Program)
    }

    /// With Bob opposite.
    fn together(mut self) -> Table {
        self.event(Event::Arrived { name: bob() });
        self.asked.clear();
        self
    }

    fn collect(&mut self) {
        while let Some(update) = self.conversation.next_update() {
            self.asked.push(match update {
                Update::Said(line) => format!("say {}", line.text),
                Update::Received { name, line } => format!("{name}: {}", line.text),
                Update::Delivered { lines } => format!("delivered {lines}"),
                Update::Undelivered { lines, .. } => {
                    let texts: Vec<String> = lines.into_iter().map(|line| line.text).collect();
                    format!("undelivered {}", texts.join(","))
                }
                Update::Notice(notice) => format!("notice {notice:?}"),
                Update::Past(rows) => format!("past {}", rows.len()),
                Update::Help => "help".to_owned(),
                Update::Leave(how) => format!("leave {how:?}"),
                Update::Over => "over".to_owned(),
                Update::HangUp => "hang up".to_owned(),
            });
        }
    }

    fn line(&mut self, text: &str) -> Typed {
        let typed = self.conversation.line(self.now, 7, text);
        self.collect();
        typed
    }

    fn event(&mut self, event: Event) {
        self.conversation.event(self.now, event);
        self.collect();
    }

    fn leave(&mut self, how: Shutdown) {
        self.conversation.leave(self.now, how);
        self.collect();
    }

    fn signal(&mut self, signal: Signal) {
        self.conversation.signal(self.now, signal);
        self.collect();
    }

    /// Lets time pass until the next time-out, which must come after so long.
    fn time_out_after(&mut self, span: Millis) {
        let at = self.conversation.next_timeout();
        assert_eq!(at, Some(self.now + span));
        self.conversation.handle_timeout(self.now + span - 1);
        self.now += span;
        self.conversation.handle_timeout(self.now);
        self.collect();
    }

    /// What has been asked since the last time.
    fn asked(&mut self) -> Vec<String> {
        std::mem::take(&mut self.asked)
    }
}

fn bob() -> String {
    "Bob".to_owned()
}

fn line(text: &str) -> Line {
    Line {
        sent_at: 7,
        text: text.to_owned(),
    }
}

fn ended() -> Event {
    Event::Ended(Ending::Over)
}

fn undelivered(texts: &[&str]) -> Event {
    Event::Undelivered {
        lines: texts.iter().map(|text| line(text)).collect(),
        gone_out: 0,
    }
}

#[test]
fn a_person_says_lines_and_gives_commands() {
    let mut table = Table::person();
    for text in ["un", " ", "//deux", "/help", "/history"] {
        assert_eq!(table.line(text), Typed::Taken);
    }
    assert_eq!(
        table.asked(),
        [
            "say un",
            "say /deux",
            "help",
            "notice HistoryHeading { messages: 2 }",
            "past 2"
        ]
    );
    assert_eq!(table.line("quitter"), Typed::Taken);
    assert_eq!(table.asked(), ["leave Quit"]);
    assert!(table.conversation.is_leaving());
}

#[test]
fn a_mistaken_command_stays_with_its_author() {
    let mut table = Table::person();
    assert_eq!(table.line("/histoire"), Typed::Refused);
    assert_eq!(table.line("/history x"), Typed::Refused);
    assert_eq!(
        table.asked(),
        [
            "notice UnknownCommand(\"/histoire\")",
            "notice NotANumber(\"x\")"
        ]
    );
}

#[test]
fn what_was_pasted_is_text_and_no_command() {
    let mut table = Table::person();
    table.line("/quit\nquitter\n");
    assert_eq!(table.asked(), ["say /quit", "say quitter"]);
    assert!(table.conversation.is_talking());
}

#[test]
fn a_program_has_no_commands_but_the_farewell() {
    let mut table = Table::program();
    table.line("/help");
    table.line("quitter");
    assert_eq!(table.asked(), ["say /help", "leave Finish"]);
    assert_eq!(table.conversation.next_timeout(), None);
}

#[test]
fn a_line_that_is_cut_is_told_to_a_person_each_time_and_to_a_program_once() {
    let long = "x".repeat(5_000);
    for (mut table, told) in [(Table::person(), 2), (Table::program(), 1)] {
        table.line(&long);
        table.line(&long);
        let notices = table.asked();
        let notices = notices.iter().filter(|asked| *asked == "notice LineIsCut");
        assert_eq!(notices.count(), told);
    }
}

#[test]
fn leaving_takes_as_long_as_there_is_progress_and_then_lets_go() {
    let mut table = Table::person().together();
    table.line("un");
    table.line("deux");
    table.leave(Shutdown::Quit);
    table.time_out_after(LEAVE_NOTICE_TIMEOUT);
    table.now += LEAVE_TIMEOUT - LEAVE_NOTICE_TIMEOUT - 1;
    table.event(Event::Delivered { lines: 1 });
    table.asked();
    table.time_out_after(LEAVE_TIMEOUT);
    assert_eq!(table.asked(), ["leave Now"]);
    table.time_out_after(GOODBYE_TIMEOUT);
    assert_eq!(table.asked(), ["hang up"]);
    table.event(undelivered(&["deux"]));
    table.event(ended());
    assert_eq!(table.asked(), ["undelivered deux"]);
    assert!(table.conversation.is_finished());
    assert_eq!(table.conversation.into_outcome().undelivered, 1);
}

#[test]
fn the_end_of_a_programs_input_waits_for_as_long_as_it_takes() {
    let mut table = Table::program().together();
    table.line("un");
    table.leave(Shutdown::Finish);
    assert_eq!(table.conversation.next_timeout(), None);
}

#[test]
fn whoever_leaves_is_told_where_that_takes_time_and_may_cut_it_short() {
    let mut table = Table::person().together();
    table.line("un");
    table.line("/quit");
    table.asked();
    table.time_out_after(LEAVE_NOTICE_TIMEOUT);
    assert_eq!(table.asked(), ["notice Leaving { lines: 1 }"]);
    table.signal(Signal::Interrupt);
    assert_eq!(table.asked(), ["leave Now"]);
    // A program's reader that has seen enough ends it quietly.
    let mut table = Table::program().together();
    table.line("un");
    table.conversation.output_lost(table.now);
    table.collect();
    table.asked();
    table.time_out_after(LEAVE_TIMEOUT);
    assert_eq!(table.asked(), ["leave Now"]);
}

#[test]
fn a_call_without_an_answer_is_told_of_once() {
    let mut table = Table::person();
    table.conversation.calling(table.now);
    table.time_out_after(CALL_NOTICE_TIMEOUT);
    assert_eq!(table.asked(), ["notice Calling"]);
    assert_eq!(table.conversation.next_timeout(), None);
    let mut table = Table::person();
    table.conversation.calling(table.now);
    table.event(Event::Waiting);
    table.asked();
    table.time_out_after(CALL_NOTICE_TIMEOUT);
    assert_eq!(table.asked(), [""; 0]);
    let mut table = Table::person();
    table.conversation.calling(table.now);
    table.conversation.taken_by_a_silent_server();
    assert_eq!(table.conversation.next_timeout(), None);
}

#[test]
fn what_was_said_waits_is_under_way_or_has_arrived() {
    let mut table = Table::person();
    let delivery = |table: &Table| table.conversation.delivery();
    assert_eq!(delivery(&table), Delivery::Untold);
    table.line("un");
    assert_eq!(delivery(&table), Delivery::Waiting(1));
    assert!(table.conversation.must_wait());
    table.event(Event::Arrived { name: bob() });
    assert_eq!(delivery(&table), Delivery::Untold);
    assert!(!table.conversation.must_wait());
    table.event(Event::Delivered { lines: 1 });
    assert_eq!(delivery(&table), Delivery::Received);
    table.line("deux");
    assert_eq!(delivery(&table), Delivery::Untold);
    table.time_out_after(STALL_TIMEOUT);
    assert_eq!(delivery(&table), Delivery::UnderWay(1));
    table.event(undelivered(&["deux"]));
    assert_eq!(delivery(&table), Delivery::Untold);
    let mut table = Table::person();
    table.conversation.taken_by_a_silent_server();
    table.line("un");
    assert!(!table.conversation.must_wait());
    table.event(Event::Delivered { lines: 1 });
    assert_eq!(delivery(&table), Delivery::Sent);
}

#[test]
fn a_signal_leaves_politely_and_no_progress_prolongs_that() {
    let mut table = Table::person().together();
    table.line("un");
    table.asked();
    table.signal(Signal::Interrupt);
    assert_eq!(table.asked(), ["leave Quit", "notice Delivering"]);
    table.now += 500;
    table.event(Event::Received {
        name: bob(),
        line: line("oui"),
    });
    table.asked();
    table.time_out_after(LEAVE_TIMEOUT - 500);
    assert_eq!(table.asked(), ["leave Now"]);
    assert_eq!(
        table.conversation.into_outcome().signal,
        Some(Signal::Interrupt)
    );
}

#[test]
fn the_second_signal_goes_at_once_as_quit_does_at_any_time() {
    for signals in [
        &[Signal::Interrupt, Signal::Interrupt][..],
        &[Signal::Terminate, Signal::HangUp],
        &[Signal::Quit],
    ] {
        let mut table = Table::person().together();
        signals.iter().for_each(|signal| table.signal(*signal));
        let asked = table.asked();
        assert!(asked.ends_with(&["leave Now".to_owned()]));
        assert!(table.conversation.is_hurried());
        table.time_out_after(GOODBYE_TIMEOUT);
        assert_eq!(table.asked(), ["hang up"]);
    }
}

#[test]
fn a_signal_still_ends_what_is_over() {
    let mut table = Table::person().together();
    table.event(Event::Left { name: bob() });
    table.signal(Signal::Interrupt);
    table.time_out_after(LEAVE_TIMEOUT);
    assert!(table.asked().ends_with(&["leave Now".to_owned()]));
}

#[test]
fn who_left_is_told_before_the_discussion_is_over() {
    let mut table = Table::person().together();
    table.event(Event::Left { name: bob() });
    let left = Event::Left { name: bob() };
    let told = format!("notice {:?}", Notice::Connection(left));
    assert_eq!(table.asked(), [told, "over".to_owned()]);
    table.line("trop tard");
    table.event(ended());
    assert_eq!(table.asked(), [""; 0]);
    assert_eq!(table.conversation.into_outcome().undelivered, 0);
}

#[test]
fn what_a_program_wrote_in_vain_counts_as_undelivered() {
    let mut table = Table::program().together();
    table.event(Event::Lost { name: bob() });
    table.asked();
    table.line("trop");
    table.line("tard");
    assert_eq!(table.asked(), ["undelivered trop", "undelivered tard"]);
    table.event(ended());
    assert_eq!(table.conversation.into_outcome().undelivered, 2);
}

#[test]
fn what_follows_a_programs_own_farewell_is_nobodys() {
    let mut table = Table::program().together();
    table.line("quitter");
    table.event(Event::Left { name: bob() });
    table.event(ended());
    assert!(!table.asked().contains(&"over".to_owned()));
}

#[test]
fn lines_for_somebody_who_was_replaced_are_told_while_the_talk_goes_on() {
    let mut table = Table::person().together();
    table.line("pour Bob");
    table.asked();
    table.event(undelivered(&["pour Bob"]));
    table.line("pour Eve");
    table.event(Event::Delivered { lines: 2 });
    assert_eq!(
        table.asked(),
        ["undelivered pour Bob", "say pour Eve", "delivered 2"]
    );
    let past = table.conversation.transcript.history(9).unwrap();
    let marks = past.rows.iter().map(|row| match row {
        PastRow::Spoken { mark, .. } => *mark,
        PastRow::Recorded(_) => unreachable!("there is no record"),
    });
    assert!(marks.eq([Mark::Pending, Mark::Delivered]));
}

#[test]
fn lines_that_are_long_under_way_are_told_once_until_some_arrive() {
    let mut table = Table::person().together();
    table.line("un");
    table.now += 1_000;
    table.line("deux");
    table.asked();
    table.time_out_after(STALL_TIMEOUT - 1_000);
    assert_eq!(table.asked(), ["notice Stalled { lines: 2 }"]);
    assert!(table.conversation.is_stalled());
    assert_eq!(table.conversation.next_timeout(), None);
    table.event(Event::Delivered { lines: 1 });
    assert!(!table.conversation.is_stalled());
    table.asked();
    table.time_out_after(STALL_TIMEOUT);
    assert_eq!(table.asked(), ["notice Stalled { lines: 1 }"]);
    table.event(Event::Delivered { lines: 2 });
    assert!(!table.conversation.is_stalled());
}

#[test]
fn a_link_that_is_known_to_be_down_is_no_stall() {
    let mut table = Table::person();
    table.line("personne n'est là");
    assert_eq!(table.conversation.next_timeout(), None);
    let mut table = Table::person().together();
    table.line("un");
    table.event(Event::Away {
        name: bob(),
        held: 1,
    });
    assert_eq!(table.conversation.next_timeout(), None);
    table.event(Event::Back {
        name: bob(),
        delivered: 0,
    });
    table.asked();
    table.time_out_after(STALL_TIMEOUT);
    assert_eq!(table.asked(), ["notice Stalled { lines: 1 }"]);
}

#[test]
fn a_reader_who_is_gone_is_waited_for_no_more() {
    let mut table = Table::program().together();
    table.conversation.output_lost(table.now);
    table.conversation.output_lost(table.now);
    table.collect();
    assert_eq!(table.asked(), ["leave Quit"]);
}

#[test]
fn an_outage_is_over_with_whoever_was_there_before() {
    let mut table = Table::person().together();
    let cut = || Event::Disconnected {
        reason: Disconnected::Closed,
        held: 0,
    };
    table.event(cut());
    let status = table.conversation.status();
    assert_eq!(status, &ConnectionStatus::Disconnected(Some(bob())));
    table.event(Event::Restored { delivered: 0 });
    let status = table.conversation.status();
    assert_eq!(status, &ConnectionStatus::Together(bob()));
    table.event(ended());
    let status = table.conversation.status();
    assert_eq!(status, &ConnectionStatus::Over(Some(bob())));
    let mut alone = Table::person();
    alone.event(Event::Waiting);
    alone.event(cut());
    alone.event(Event::Restored { delivered: 0 });
    let status = alone.conversation.status();
    assert_eq!(status, &ConnectionStatus::Waiting);
}
