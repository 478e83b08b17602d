//! A daemon under attack, and under load: what it costs those who only want to talk, and what it leaves behind.
//!
//! As it stands this is quick. All of it, measured:
//! `MSG_ATTACK=full cargo test --release --test attack -- --nocapture --test-threads=1` (about three minutes).
//!
//! Everything stays on the loopback interface; callers come from many addresses of 127.0.0.0/8, each of which has ports of
//! its own.

mod support;

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::net::{AddressFamily, SocketFlags, SocketType, sockopt};
use rustix::process::{Pid, Resource, Signal, getrlimit, nice, setrlimit};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use support::chance::Chance;
use support::process::{descriptors, descriptors_below, memory, own_memory, processor_time};
use support::{Program, TIMEOUT, msg};

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;

/// How much of it all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scale {
    Quick,
    Full,
}

impl Scale {
    fn get() -> Scale {
        match std::env::var("MSG_ATTACK").as_deref() {
            Ok("full") => Scale::Full,
            _ => Scale::Quick,
        }
    }

    fn of<T>(self, quick: T, full: T) -> T {
        match self {
            Scale::Quick => quick,
            Scale::Full => full,
        }
    }

    /// Times are compared only where nothing else runs: other tests do, otherwise.
    fn is_quiet(self) -> bool {
        self == Scale::Full
    }
}

#[test]
fn a_pair_hardly_notices_a_thousand_hostile_connections_a_second() {
    let scale = Scale::get();
    let (rate, seconds) = scale.of((200, 3), (1_000, 30));
    let mut daemon = Daemon::start();
    let mut pair = Pair::sit(&daemon, "calme");
    let moment = Duration::from_secs(scale.of(1, 10));
    let mut alone = pair.time(moment);
    let (open, before) = (descriptors(daemon.id()), memory(daemon.id()));

    let (address, over) = (daemon.address, AtomicBool::new(false));
    let lasting = Duration::from_secs(seconds);
    let (attacked, hostile, (served, again)) = thread::scope(|scope| {
        let attack = scope.spawn(|| attack(address, rate, &over));
        let others = scope.spawn(|| serve_others(address, &over));
        let attacked = pair.chat(lasting);
        over.store(true, Ordering::Relaxed);
        let hostile = attack.join().expect("the attack ends");
        let served = others.join().expect("others are served");
        (attacked, hostile, served)
    });
    // Before and after, so that a machine that becomes busier meanwhile is not held against the daemon; and only once the
    // last attacker is gone.
    settled(|| descriptors(daemon.id()), |now| *now <= open);
    alone.extend(pair.time(moment));
    let alone = Latency::of(alone);

    let grown = memory(daemon.id()).saturating_sub(before);
    let log = daemon.stop();
    println!(
        "{hostile} hostile connections in {seconds} s; {served} other pairs talked, who called {again} times more"
    );
    println!("  the pair alone     {alone}\n  the pair attacked  {attacked}");
    println!(
        "  log: {} lines; memory: {} KiB more",
        log.len(),
        grown / KIB
    );
    assert!(hostile >= rate * seconds / 2, "{hostile} are no attack");
    assert!(served > 0);
    // Ten refusals in ten seconds and a count, beside what the others' coming and going makes.
    let periods = seconds / 10 + 2;
    let most = 2 * 11 * periods + 210 * periods;
    assert!(log.len() as u64 <= most, "{} lines in the log", log.len());
    assert!(grown <= 4 * MIB, "{grown} bytes more");
    if scale.is_quiet() {
        assert!(attacked.p99 <= 2 * alone.p99);
    }
}

#[test]
fn connections_without_a_hello_are_few_however_many_come() {
    /// Those without a hello, and those refused that have a moment left to read why.
    const MOST: usize = 64 + 64;
    let scale = Scale::get();
    let daemon = Daemon::start();
    let mut pair = Pair::sit(&daemon, "calme");
    let (open, before) = (descriptors(daemon.id()), memory(daemon.id()));
    let mut idle = Vec::new();
    let (mut most_open, mut most_memory) = (0, 0);
    for n in 0..scale.of(1_000, 10_000) {
        idle.push(connect_from(source(n), daemon.address).expect("the daemon listens"));
        if n % 50 == 0 {
            most_open = most_open.max(descriptors(daemon.id()) - open);
            most_memory = most_memory.max(memory(daemon.id()).saturating_sub(before));
            pair.talk();
        }
    }
    let kept = settled(|| descriptors(daemon.id()) - open, |kept| *kept <= 64);
    println!(
        "{} silent connections: {most_open} kept at most, {kept} in the end; {} KiB at most",
        idle.len(),
        most_memory / KIB
    );
    // One is accepted before the oldest goes, and up to 64 before either is looked at again.
    assert!(most_open <= MOST + 64, "{most_open} kept");
    assert_eq!(kept, 64);
    assert!(most_memory <= 4 * MIB, "{most_memory} bytes more");
    pair.talk();
}

#[test]
fn a_full_table_of_files_stops_nobody_who_talks_and_is_left_at_once() {
    let scale = Scale::get();
    let mut command = std::process::Command::new("sh");
    command.args([
        "-c",
        "ulimit -n 24; exec \"$0\" --relay 127.0.0.1:0 --daemon",
    ]);
    command.arg(env!("CARGO_BIN_EXE_msg"));
    let mut daemon = Daemon::of(Program::start(&mut command));
    let mut pair = Pair::sit(&daemon, "calme");
    // Seats, so that nothing but the test ends them.
    let mut seats = VecDeque::new();
    for n in 0..40 {
        let mut seat = Line::connect(Ipv4Addr::LOCALHOST, daemon.address);
        seat.send(&hello(1_000 + n, &format!("plein{n}")));
        seats.push_back(seat);
    }
    // Whoever started the tests may have left descriptors of their own open beyond the table's end.
    let full = || descriptors_below(24, daemon.id()) == 24;
    assert!(settled(full, |full| *full), "the table never fills");
    let (began, used) = (Instant::now(), processor_time(daemon.id()));
    pair.chat(Duration::from_secs(scale.of(1, 5)));
    let busy = processor_time(daemon.id()) - used;
    let share = busy.as_secs_f64() / began.elapsed().as_secs_f64();
    // A place becomes free; whoever has waited longest has it.
    let waiting = seats
        .iter()
        .position(|seat| !seat.has_something())
        .expect("some wait");
    drop(seats.pop_front());
    let freed = Instant::now();
    seats[waiting - 1].expect("MSG/1 4096 10");
    let wait = freed.elapsed();
    println!(
        "24 descriptors: {:.1} % of a processor while a pair talks; the next is in after {wait:?}",
        100.0 * share
    );
    assert!(wait < Duration::from_secs(1), "{wait:?}");
    if scale.is_quiet() {
        assert!(share < 0.05, "{share}");
    }
    pair.talk();
    let log = daemon.stop();
    let told = log
        .iter()
        .filter(|line| line.contains("plus un descripteur"));
    assert!((1..10).contains(&told.count()), "{log:#?}");
}

#[test]
fn a_slow_reader_costs_little() {
    let scale = Scale::get();
    let daemon = Daemon::start();
    let mut pair = Pair::sit(&daemon, "calme");
    let before = memory(daemon.id());
    let (mut writer, _reader) = two(daemon.address, "lent");
    writer.stream().set_nonblocking(true).expect("it stands");
    let line = format!("SAY 1 0 {}\n", "x".repeat(4_000));
    let stream = line.repeat(16);
    let (mut offered, mut most) = (0, 0);
    let end = Instant::now() + Duration::from_secs(scale.of(1, 10));
    while Instant::now() < end {
        let next = &stream.as_bytes()[offered % line.len()..];
        match writer.stream().write(next) {
            Ok(count) => offered += count,
            Err(_) => drop(pair.talk()),
        }
        most = most.max(memory(daemon.id()).saturating_sub(before));
    }
    println!(
        "a reader that stops: {} KiB offered, {} KiB held",
        offered as u64 / KIB,
        most / KIB
    );
    assert!(most <= 2 * MIB, "{most} bytes");
    pair.talk();
}

#[test]
fn idle_conversations_cost_little_memory_and_no_time() {
    let scale = Scale::get();
    let wanted = scale.of(300, 10_000);
    // Two sockets each, here and there, and some to spare.
    let count = wanted.min(raise_file_limit() / 2 - 20);
    let daemon = Daemon::start();
    keep_apart(daemon.id());
    let mut pair = Pair::sit(&daemon, "calme");
    let mut idle = Vec::with_capacity(2 * count);
    // What is allocated once is no part of what a conversation costs.
    idle.extend(seat_of_two(daemon.address, 0));
    let moment = Duration::from_secs(scale.of(1, 10));
    let alone = pair.chat(moment);
    let before = own_memory(daemon.id());
    for n in 1..=count {
        idle.extend(seat_of_two(daemon.address, n));
    }
    let each = (own_memory(daemon.id()) - before) / count as u64;
    let over = AtomicBool::new(false);
    let (among, beside) = thread::scope(|scope| {
        let among = pair.chat(moment);
        // And with the sign of life that each of them gives every ten seconds.
        let pings = scope.spawn(|| ping_all(&idle, &over));
        let beside = pair.chat(moment);
        over.store(true, Ordering::Relaxed);
        pings.join().expect("pings end");
        (among, beside)
    });
    println!("{count} idle conversations of {wanted}: {each} bytes each");
    println!(
        "  the pair alone       {alone}\n  among them           {among}\n  while they show life {beside}"
    );
    // Tables that double leave their former room behind: few conversations pay more for that.
    let most = if count < 5_000 { 4 * KIB } else { KIB * 6 / 5 };
    assert!(each <= most, "{each} bytes each");
    if scale.is_quiet() {
        assert!(among.p50.as_secs_f64() <= 1.2 * alone.p50.as_secs_f64());
    }
}

#[test]
fn short_conversations_leave_nothing_behind() {
    /// Half of what one byte left behind by each of the fewest would take: the allocator makes it 32.
    const MOST: u64 = 32 * KIB;
    let scale = Scale::get();
    let daemon = Daemon::start();
    let open = descriptors(daemon.id());
    let at_rest = || settled(|| descriptors(daemon.id()), |now| *now == open);
    for n in 0..500 {
        converse(daemon.address, n);
    }
    assert_eq!(at_rest(), open);
    let before = own_memory(daemon.id());
    let many = scale.of(2_000, 100_000);
    for n in 0..many {
        converse(daemon.address, 500 + n);
    }
    let (still_open, after) = (at_rest(), own_memory(daemon.id()));
    println!(
        "{many} conversations: {open} descriptors before and {still_open} after, {} KiB before and {} KiB after",
        before / KIB,
        after / KIB
    );
    assert_eq!(still_open, open);
    assert!(after <= before + MOST, "{after} bytes after {before}");
}

#[test]
fn those_who_come_and_vanish_keep_nobody_out() {
    let scale = Scale::get();
    let daemon = Daemon::start();
    let mut pair = Pair::sit(&daemon, "calme");
    let before = memory(daemon.id());
    // Each pair keeps its two seats for two minutes; half of them were plain clients that had something to say.
    let many = scale.of(500, 25_000);
    for n in 0..many {
        match n % 2 {
            0 => drop(two_from(daemon.address, n, &format!("perdu{n}"))),
            _ => {
                for name in ["Anne", "Luc"] {
                    let mut plain = connect_from(source(n), daemon.address).expect("it listens");
                    let lines = format!("{name}\nbonjour\nquelqu'un ?\n");
                    plain.write_all(lines.as_bytes()).expect("it stands");
                }
            }
        }
    }
    let grown = memory(daemon.id()).saturating_sub(before);
    println!("{many} pairs vanished: {} KiB held for them", grown / KIB);
    assert!(grown <= scale.of(8, 64) * MIB, "{grown} bytes");
    let (mut zoe, mut bob) = two(daemon.address, "nouveau");
    zoe.send("SAY 1 0 salut\n");
    bob.expect("SAY 1 0 salut");
    pair.talk();
}

/// A daemon of its own, on a free port.
struct Daemon {
    program: Program,
    address: SocketAddr,
}

impl Daemon {
    fn start() -> Daemon {
        raise_file_limit();
        Daemon::of(Program::start(msg().args([
            "--relay",
            "127.0.0.1:0",
            "--daemon",
        ])))
    }

    fn of(program: Program) -> Daemon {
        let line = program.wait_for_error("its address", |line| line.contains("à l'écoute"));
        let address = line.trim_end_matches('.').rsplit(' ').next();
        Daemon {
            address: address.and_then(|it| it.parse().ok()).expect("an address"),
            program,
        }
    }

    fn id(&self) -> u32 {
        self.program.id()
    }

    /// Ends it as a supervisor does; what it logged.
    fn stop(&mut self) -> Vec<String> {
        self.program.signal(Signal::TERM);
        assert_eq!(self.program.wait().code(), Some(0));
        self.program.all_errors()
    }
}

/// Two who talk, as `msg` clients do, and how long that takes.
struct Pair {
    zoe: Line,
    /// Bob says everything back, until he is hung up on.
    bob: Option<thread::JoinHandle<()>>,
    said: u64,
}

impl Pair {
    fn sit(daemon: &Daemon, salon: &str) -> Pair {
        let (zoe, mut bob) = two(daemon.address, salon);
        let bob = thread::spawn(move || {
            while let Some(line) = bob.line() {
                bob.send(&format!("{line}\n"));
            }
        });
        Pair {
            zoe,
            bob: Some(bob),
            said: 0,
        }
    }

    /// A word there and back; how long that took.
    fn talk(&mut self) -> Duration {
        self.said += 1;
        let line = format!("SAY {} 0 comment vas-tu ?", self.said);
        let began = Instant::now();
        self.zoe.send(&format!("{line}\n"));
        self.zoe.expect(&line);
        began.elapsed()
    }

    /// Talks at the pace of quick people, a word every 5 ms; how long each took.
    fn time(&mut self, lasting: Duration) -> Vec<Duration> {
        let end = Instant::now() + lasting;
        let mut times = Vec::new();
        while Instant::now() < end {
            times.push(self.talk());
            pace(Duration::from_millis(5));
        }
        times
    }

    fn chat(&mut self, lasting: Duration) -> Latency {
        Latency::of(self.time(lasting))
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        // Both ends share one connection each with nobody: closing Zoé's ends Bob's wait once the daemon says so.
        self.zoe.send("BYE\n");
        if let Some(bob) = self.bob.take() {
            drop(bob.join());
        }
    }
}

struct Latency {
    p50: Duration,
    p99: Duration,
    worst: Duration,
    count: usize,
}

impl Latency {
    fn of(mut times: Vec<Duration>) -> Latency {
        times.sort();
        let at = |share: usize| times[(times.len() - 1) * share / 100];
        Latency {
            p50: at(50),
            p99: at(99),
            worst: at(100),
            count: times.len(),
        }
    }
}

impl std::fmt::Display for Latency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let us = |time: Duration| time.as_secs_f64() * 1e6;
        let Latency {
            p50,
            p99,
            worst,
            count,
        } = self;
        write!(
            f,
            "p50 {:>5.0} µs, p99 {:>5.0} µs, worst {:>6.0} µs, of {count} round trips",
            us(*p50),
            us(*p99),
            us(*worst)
        )
    }
}

/// A connection that speaks by lines.
struct Line {
    stream: BufReader<TcpStream>,
    /// How often it took to be let in.
    calls: usize,
}

impl Line {
    fn connect(source: Ipv4Addr, address: SocketAddr) -> Line {
        let stream = connect_from(source, address).expect("the daemon listens");
        stream.set_nodelay(true).expect("it stands");
        stream.set_read_timeout(Some(TIMEOUT)).expect("it stands");
        Line {
            stream: BufReader::new(stream),
            calls: 1,
        }
    }

    /// Takes a seat. As `msg` does, it calls again when it was hung up on before its hello was heard.
    fn sit(source: Ipv4Addr, address: SocketAddr, hello: &str) -> Line {
        let mut calls = 0;
        loop {
            let mut line = Line::connect(source, address);
            calls += 1;
            line.calls = calls;
            line.send(hello);
            match line.line().as_deref() {
                Some("MSG/1 4096 10") => return line,
                None | Some("ERR slow trop de connexions sans hello") if calls < 3 => {}
                refused => panic!("refused at call {calls}: {refused:?}"),
            }
        }
    }

    fn stream(&mut self) -> &mut TcpStream {
        self.stream.get_mut()
    }

    fn send(&mut self, text: &str) {
        // One that was hung up on is noticed by what it said before.
        drop(self.stream().write_all(text.as_bytes()));
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        match self.stream.read_line(&mut line) {
            Ok(1..) => Some(line.trim_end_matches('\n').to_owned()),
            Ok(0) | Err(_) => None,
        }
    }

    #[track_caller]
    fn expect(&mut self, line: &str) {
        assert_eq!(self.line().as_deref(), Some(line));
    }

    /// Whether the daemon has said anything yet.
    fn has_something(&self) -> bool {
        let stream = self.stream.get_ref();
        stream.set_nonblocking(true).expect("it stands");
        let found = stream.peek(&mut [0]);
        stream.set_nonblocking(false).expect("it stands");
        found.is_ok()
    }
}

/// Takes two seats in a salon, introduced to each other.
fn two(address: SocketAddr, salon: &str) -> (Line, Line) {
    two_from(address, 0, salon)
}

fn two_from(address: SocketAddr, n: usize, salon: &str) -> (Line, Line) {
    let mut seeds = Chance(salon.bytes().fold(n as u64, |seed, byte| {
        seed.wrapping_mul(31) + u64::from(byte)
    }));
    let (one, other) = (seeds.next(), seeds.next());
    let mut zoe = Line::sit(source(n), address, &hello(one, salon));
    zoe.expect("GONE none");
    let bob = hello(other, salon).replace(" Zoé", " Bob");
    let mut bob = Line::sit(source(n), address, &bob);
    bob.expect(&format!("PEER {one:016x} Zoé"));
    zoe.expect(&format!("PEER {other:016x} Bob"));
    (zoe, bob)
}

fn hello(pid: u64, salon: &str) -> String {
    format!("MSG/1 {pid:016x} {pid:032x} {salon} Zoé\n")
}

/// Two who sit and say nothing.
fn seat_of_two(address: SocketAddr, n: usize) -> [TcpStream; 2] {
    let (zoe, bob) = two_from(address, n, &format!("oisif{n}"));
    [zoe.stream.into_inner(), bob.stream.into_inner()]
}

/// Comes, says a word, and leaves; how often it had to call beyond once each.
fn converse(address: SocketAddr, n: usize) -> usize {
    let (mut zoe, mut bob) = two_from(address, n, &format!("bref{}", n % 7));
    zoe.send("SAY 1 0 salut\n");
    bob.expect("SAY 1 0 salut");
    zoe.send("BYE\n");
    bob.expect("GONE left");
    bob.send("BYE\n");
    for line in [&mut zoe, &mut bob] {
        line.expect("BYE");
        assert_eq!(line.line(), None);
    }
    zoe.calls + bob.calls - 2
}

/// Pairs that come, talk and leave, while others attack; how many, and how often they had to call again. Each must be
/// served.
fn serve_others(address: SocketAddr, over: &AtomicBool) -> (usize, usize) {
    let (mut served, mut again) = (0, 0);
    while !over.load(Ordering::Relaxed) {
        again += converse(address, served);
        served += 1;
        pace(Duration::from_millis(100));
    }
    (served, again)
}

/// Connects so many times a second, as strangers do who mean no good; how many times in all.
fn attack(address: SocketAddr, rate: u64, over: &AtomicBool) -> u64 {
    /// Connections held open at most; the daemon keeps far fewer.
    const HELD: usize = 4_000;
    // Their processors would be their own.
    nice(19).expect("anybody may step back");
    let mut chance = Chance(rate);
    let mut held: VecDeque<(TcpStream, bool)> = VecDeque::new();
    let (began, mut count, mut drip_at) = (Instant::now(), 0, Instant::now());
    while !over.load(Ordering::Relaxed) {
        while count < began.elapsed().as_millis() as u64 * rate / 1_000 {
            count += 1;
            let Ok(mut stream) = connect_from(source(count as usize), address) else {
                continue;
            };
            stream.set_nonblocking(true).expect("it stands");
            match count % 5 {
                0 => held.push_back((stream, false)),
                1 => held.push_back((stream, true)),
                2 => {
                    let garbage: Vec<u8> = (0..200).map(|_| chance.next() as u8).collect();
                    drop(stream.write(&garbage));
                    held.push_back((stream, false));
                }
                3 => {
                    drop(stream.write(b"MSG/1 "));
                    drop(stream.write(&[b'x'; 64 * 1024]));
                    held.push_back((stream, false));
                }
                _ => sockopt::set_socket_linger(&stream, Some(Duration::ZERO))
                    .expect("every socket can"),
            }
            if held.len() > HELD {
                held.pop_front();
            }
        }
        if drip_at <= Instant::now() {
            drip_at += Duration::from_secs(1);
            for (stream, _) in held.iter_mut().filter(|(_, drips)| *drips) {
                drop(stream.write(b"M"));
            }
        }
        pace(Duration::from_millis(1));
    }
    count
}

/// Each gives a sign of life every ten seconds.
fn ping_all(idle: &[TcpStream], over: &AtomicBool) {
    let began = Instant::now();
    let mut next = 0;
    while !over.load(Ordering::Relaxed) {
        while next < idle.len() * began.elapsed().as_millis() as usize / 10_000 {
            let mut stream = &idle[next % idle.len()];
            stream.write_all(b"PING\n").expect("the daemon keeps it");
            next += 1;
        }
        pace(Duration::from_millis(1));
    }
}

/// The pace of people and of attackers. Nothing is waited for here, and nothing depends on how long it takes.
fn pace(span: Duration) {
    thread::sleep(span);
}

/// Waits until what is measured is as wanted, for a moment; what it is then.
fn settled<T>(measure: impl Fn() -> T, wanted: impl Fn(&T) -> bool) -> T {
    let deadline = Instant::now() + TIMEOUT;
    loop {
        let found = measure();
        if wanted(&found) || Instant::now() > deadline {
            return found;
        }
        thread::yield_now();
    }
}

/// An address of this machine for the `n`th caller: a thousand of them, so that ports last.
fn source(n: usize) -> Ipv4Addr {
    let [high, low] = ((n % 1_000) as u16).to_be_bytes();
    Ipv4Addr::new(127, 1 + high, low, 1)
}

fn connect_from(source: Ipv4Addr, address: SocketAddr) -> io::Result<TcpStream> {
    let socket = rustix::net::socket_with(
        AddressFamily::INET,
        SocketType::STREAM,
        SocketFlags::CLOEXEC,
        None,
    )?;
    rustix::net::bind(&socket, &SocketAddr::from((source, 0)))?;
    rustix::net::connect(&socket, &address)?;
    Ok(TcpStream::from(socket))
}

/// Gives the daemon a processor of its own and this thread, with all that it starts, another, where there are two. Left to
/// the scheduler, whether the two share one decides how long an answer takes, whatever the daemon does.
fn keep_apart(daemon: u32) {
    let allowed = sched_getaffinity(None).expect("anybody may ask");
    let usable: Vec<usize> = (0..CpuSet::MAX_CPU)
        .filter(|cpu| allowed.is_set(*cpu))
        .collect();
    let [first, second, ..] = usable[..] else {
        return;
    };
    let daemon = Pid::from_raw(daemon as i32);
    for (who, cpu) in [(daemon, first), (None, second)] {
        let mut only = CpuSet::new();
        only.set(cpu);
        sched_setaffinity(who, &only).expect("both are ours");
    }
}

/// Has this process, and the daemons it starts, open as many files as they may; how many that is.
fn raise_file_limit() -> usize {
    let mut limit = getrlimit(Resource::Nofile);
    limit.maximum = limit.maximum.max(Some(65_536));
    limit.current = limit.maximum;
    if setrlimit(Resource::Nofile, limit).is_err() {
        // Only the administrator may go beyond the maximum.
        limit.maximum = getrlimit(Resource::Nofile).maximum;
        limit.current = limit.maximum;
        setrlimit(Resource::Nofile, limit).expect("anybody may go so far");
    }
    let current = getrlimit(Resource::Nofile).current;
    current.map_or(usize::MAX, |current| current as usize)
}
