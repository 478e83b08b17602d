//! How long endings may take, in milliseconds. Each of these waits for another one to be over, so they stand in one
//! place, and are held to one another below.

use super::Millis;

/// How long lines may be under way, on a connection that seems to stand, before their author is told.
pub const STALL_TIMEOUT: Millis = 2_000;

/// How long a call may go without an answer before whoever calls is told.
pub const CALL_NOTICE_TIMEOUT: Millis = 2_000;
/// How long leaving may take before whoever leaves is told.
pub const LEAVE_NOTICE_TIMEOUT: Millis = 400;

/// How long a session that leaves waits without any progress.
pub const SESSION_LEAVE_TIMEOUT: Millis = 2_000;
/// How long an interface waits for its session to leave, without any progress.
pub const LEAVE_TIMEOUT: Millis = 2_500;
/// How long a connection that nobody waits for any more may take to say goodbye.
pub const GOODBYE_TIMEOUT: Millis = 200;
/// How long a line-based server may take to close after our last word.
pub const HANG_UP_TIMEOUT: Millis = 2_000;
/// How long a screen may take for an interface's last words.
pub const LAST_WORDS_TIMEOUT: Millis = 500;

/// How long one who left may read what the other still sends.
pub const LINGER_TIMEOUT: Millis = 3_000;
/// How long a connection that ends may take to read its last lines and close.
pub const DRAIN_TIMEOUT: Millis = 2_000;
/// How long connections may take to end once the relay is told to stop.
pub const STOP_TIMEOUT: Millis = 1_000;
/// How long the relay's last rows may take to reach a slow terminal.
pub const LAST_ROWS_TIMEOUT: Millis = 2_000;

/// How long a seat is kept for its owner's return.
pub const SEAT_TTL: Millis = 120_000;
/// How long a client that has said nothing but its first line may be silent while somebody else wants its seat.
pub const YIELD_TIMEOUT: Millis = 10_000;
/// How long lines of a plain client whose stream has ended are kept for somebody to come.
pub const UNDELIVERED_TTL: Millis = 120_000;

// Checked whenever it is built: whoever waits, waits longer than what is waited for.
const _: () = {
    // The interface sees its session give up, and say what was not delivered.
    assert!(LEAVE_TIMEOUT > SESSION_LEAVE_TIMEOUT);
    // Whoever has left still reads what the other's session delivers before it gives up.
    assert!(LINGER_TIMEOUT > SESSION_LEAVE_TIMEOUT);
    // A client whose goodbye is under way is not hung up on by the relay that drains it.
    assert!(DRAIN_TIMEOUT >= SESSION_LEAVE_TIMEOUT);
    // Whoever is in a hurry waits for none of the others.
    assert!(GOODBYE_TIMEOUT < STOP_TIMEOUT && LAST_WORDS_TIMEOUT < STOP_TIMEOUT);
    assert!(STOP_TIMEOUT < SESSION_LEAVE_TIMEOUT && STOP_TIMEOUT < HANG_UP_TIMEOUT);
    // Whoever leaves hears of it before it is over.
    assert!(LEAVE_NOTICE_TIMEOUT < SESSION_LEAVE_TIMEOUT);
    // A stall is told before anybody could think that leaving has failed.
    assert!(STALL_TIMEOUT < LEAVE_TIMEOUT);
    // Lines whose author is gone wait for as long as the seat of whoever may come for them.
    assert!(UNDELIVERED_TTL == SEAT_TTL);
};
