//! How long endings may take. Each of these waits for another one to be over, so they stand in one place: whoever waits
//! must wait longer than what is waited for.

use super::Millis;

/// How long an interface waits for its connection to leave, without any progress; the session gives up sooner.
pub const LEAVE_TIMEOUT: Millis = 2_500;
/// How long a connection that nobody waits for any more may take to say goodbye.
pub const GOODBYE_TIMEOUT: Millis = 200;
/// How long lines may be under way, on a connection that seems to stand, before their author is told.
pub const STALL_TIMEOUT: Millis = 2_000;
/// How long a line-based server may take to close after our last word.
pub const HANG_UP_TIMEOUT: Millis = 2_000;
/// How long one who left may read what the other still sends.
pub const LINGER: Millis = 3_000;
/// How long a connection that ends may take to read its last lines and close.
pub const DRAIN: Millis = 2_000;
