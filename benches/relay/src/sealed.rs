//! What a code costs: the same two `msg` with pipes, in clear and sealed.

use std::io;
use std::path::Path;
use std::time::Instant;

use crate::distance;
use crate::pipes;
use crate::relays::Process;
use crate::report::Value;

/// Round trips that are timed.
const COUNT: usize = 1_000;
const CODE: &str = "tulipe-canard";

/// Times lines there and back one by one, and a pipe of them.
///
/// # Errors
/// When a line is lost, or a program does not run.
pub fn measure(
    start: impl Fn() -> io::Result<Process>,
    msg: &Path,
    lines: usize,
) -> io::Result<Vec<Value>> {
    let clear = of_a_pair(&start, msg, None, lines)?;
    let sealed = of_a_pair(&start, msg, Some(CODE), lines)?;
    let columns = ["p50, there and back", "a line that is poured"];
    let values = columns.iter().zip(clear.into_iter().zip(sealed));
    let values = values.map(|(name, (clear, sealed))| {
        [
            Value::new(&format!("{name}, in clear"), "µs", clear),
            Value::new(&format!("{name}, sealed"), "µs", sealed),
            Value::new(&format!("{name}, sealed / clear"), "", sealed / clear),
        ]
    });
    Ok(values.flatten().collect())
}

fn of_a_pair(
    start: &impl Fn() -> io::Result<Process>,
    msg: &Path,
    code: Option<&str>,
    lines: usize,
) -> io::Result<[f64; 2]> {
    let mut process = start()?;
    let doors = process.wait_for_doors()?;
    let address = *doors.first().expect("there is one");
    let [mut zoe, mut bob] = pipes::meet(msg, [address, address], code)?;
    let mut times = Vec::with_capacity(COUNT);
    for _ in 0..COUNT {
        let begun = Instant::now();
        zoe.say("aller")?;
        bob.read_until("  Zoe  aller")?;
        bob.say("retour")?;
        zoe.read_until("  Bob  retour")?;
        times.push(begun.elapsed().as_secs_f64() * 1e6);
    }
    times.sort_unstable_by(f64::total_cmp);
    // Bob's own row of the last answer is still to be read.
    bob.read_until("  Bob  retour")?;
    let poured = distance::pour(&mut zoe, &mut bob, lines)?;
    Ok([times[COUNT / 2], poured.as_secs_f64() * 1e6 / lines as f64])
}
