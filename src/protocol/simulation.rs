//! Whole conversations on a fake network and a fake clock: two sessions and a hub, with everything going wrong.
//!
//! A seed decides all that happens. During the first part of a conversation connections are cut in mid-line or go
//! half-open, bytes are late, clients stand still, user interfaces stop reading, the relay is killed and started again,
//! intruders race for seats; then peace. Within [`PEACE`] of the last fault every line must have arrived, once, in order.
//! Other [stories](Story) have somebody leave, die or take another's seat in the middle of that.
//!
//! `MSG_SIMULATIONS=1000000 cargo test --lib simulation -- --nocapture` runs that many conversations;
//! `MSG_SEED=17` replays one and prints its course.

mod world;

use super::Millis;
use super::session::rules::{SessionMutation, mutate};

use world::World;

/// Faults begin before this; short enough that no seat is away for the 120 s it is kept.
const TROUBLE: Millis = 90_000;
/// Within this after the last fault, everything has arrived.
const PEACE: Millis = 60_000;

/// How the relay treats what passes through it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relaying {
    Honest,
    /// Loses every fifth line that it should pass on, while there is trouble. (One that keeps its own lines to itself
    /// refuses its service, and is cut off for it.)
    Dropping,
    /// Repeats lines, replays old ones and acknowledges what nobody has received.
    Lying,
}

/// What the people in it do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Story {
    /// They talk, and in the end everything has arrived.
    Reunion,
    /// One of them leaves in the middle of it all, or dies, or both leave. Whoever is told that a line was delivered is told
    /// the truth; every other line is named as not delivered; and nobody waits for ever.
    Farewell,
    /// The relay is killed, and somebody else races the two for the seats of the next one. The same, and nobody reads what
    /// was meant for another.
    Stranger,
}

/// A mistake to switch on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mutation {
    Session(SessionMutation),
    /// A session forgets its lines once they are sent: its partner seems to acknowledge them at once.
    ForgetsOnceSent,
    /// A hub tells of a return only whoever returns.
    PeerToOneSide,
}

/// What a conversation came to.
#[derive(Debug, Default)]
struct Course {
    lines: usize,
    faults: usize,
}

/// Runs one conversation.
fn converse(
    seed: u64,
    story: Story,
    relaying: Relaying,
    mutation: Option<Mutation>,
) -> Result<Course, String> {
    mutate(match mutation {
        Some(Mutation::Session(mutation)) => Some(mutation),
        _ => None,
    });
    World::new(seed, story, relaying, mutation).run()
}

/// Runs conversations on every core until one fails.
fn converse_many(
    seeds: u64,
    story: Story,
    relaying: Relaying,
    mutation: Option<Mutation>,
) -> Result<Course, String> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let outcomes = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..cores)
            .map(|core| {
                scope.spawn(move || {
                    let mut total = Course::default();
                    for seed in (core..seeds).step_by(cores as usize) {
                        let course =
                            converse(seed, story, relaying, mutation).map_err(|error| {
                                format!("seed {seed}, {story:?}, {relaying:?}: {error}")
                            })?;
                        total.lines += course.lines;
                        total.faults += course.faults;
                    }
                    Ok(total)
                })
            })
            .collect();
        let results = runs
            .into_iter()
            .map(|run| run.join().expect("no conversation panics"));
        results.collect::<Vec<Result<Course, String>>>()
    });
    let mut total = Course::default();
    for outcome in outcomes {
        let course = outcome?;
        total.lines += course.lines;
        total.faults += course.faults;
    }
    Ok(total)
}

fn holds(story: Story, relaying: Relaying) {
    if let Some(seed) = number("MSG_SEED") {
        converse(seed, story, relaying, None).unwrap();
        return;
    }
    let seeds = number("MSG_SIMULATIONS").unwrap_or(match story {
        Story::Reunion => 10_000,
        // Whose ends take minutes to be found out.
        Story::Farewell | Story::Stranger => 2_000,
    });
    let course =
        converse_many(seeds, story, relaying, None).unwrap_or_else(|error| panic!("{error}"));
    let promise = match story {
        Story::Reunion => "0 lines lost, doubled or out of order",
        Story::Farewell | Story::Stranger => "no line unaccounted for",
    };
    println!(
        "{story:?}, {relaying:?} relay: {seeds} conversations, {} faults, {} lines: {promise}",
        course.faults, course.lines
    );
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

#[test]
fn not_a_line_is_lost_doubled_or_out_of_order_whatever_breaks() {
    holds(Story::Reunion, Relaying::Honest);
}

#[test]
fn a_relay_that_drops_lines_can_only_delay_them() {
    holds(Story::Reunion, Relaying::Dropping);
}

#[test]
fn a_relay_that_repeats_lines_and_lies_about_acknowledgements_can_only_delay_them() {
    holds(Story::Reunion, Relaying::Lying);
}

#[test]
fn whoever_leaves_in_the_middle_of_trouble_leaves_nobody_waiting_and_no_line_unaccounted_for() {
    holds(Story::Farewell, Relaying::Honest);
}

#[test]
fn a_stranger_who_takes_a_seat_of_the_next_relay_reads_nothing_that_was_meant_for_another() {
    holds(Story::Stranger, Relaying::Honest);
}

/// A simulation that cannot fail proves nothing: each of these mistakes must be caught.
fn catches(mutation: Mutation, story: Story, relaying: Relaying) {
    let caught = converse_many(10_000, story, relaying, Some(mutation));
    let report = caught.expect_err("this mistake must not go unnoticed");
    println!("{mutation:?}: {report}");
}

#[test]
fn a_session_without_deduplication_is_caught() {
    catches(
        Mutation::Session(SessionMutation::NoDeduplication),
        Story::Reunion,
        Relaying::Honest,
    );
}

#[test]
fn a_session_that_accepts_gaps_is_caught() {
    catches(
        Mutation::Session(SessionMutation::GapsAccepted),
        Story::Reunion,
        Relaying::Honest,
    );
}

#[test]
fn a_session_that_forgets_lines_once_sent_is_caught() {
    catches(Mutation::ForgetsOnceSent, Story::Reunion, Relaying::Honest);
}

#[test]
fn a_session_that_speaks_before_the_first_acknowledgement_is_caught() {
    catches(
        Mutation::Session(SessionMutation::SpeaksBeforeAck),
        Story::Reunion,
        Relaying::Honest,
    );
}

#[test]
fn a_session_that_believes_any_acknowledgement_is_caught() {
    catches(
        Mutation::Session(SessionMutation::ImpossibleAckBelieved),
        Story::Reunion,
        Relaying::Lying,
    );
}

#[test]
fn a_hub_that_tells_one_side_alone_of_a_return_is_caught() {
    catches(Mutation::PeerToOneSide, Story::Reunion, Relaying::Honest);
}

#[test]
fn a_session_that_gives_one_partners_lines_to_the_next_is_caught() {
    catches(
        Mutation::Session(SessionMutation::LinesForAnybody),
        Story::Stranger,
        Relaying::Honest,
    );
}
