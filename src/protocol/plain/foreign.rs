//! What is no chat client, though it opens with text: protocols that are known by the shape of their first line.
//!
//! A shape is one that nobody types as a name. « help », « stats » and « PING » open protocols too, and are names.

use super::opening::Foreign;

/// A protocol whose clients open with a line of text: what people call it; how its servers begin the line that ends a
/// connection, where that is simple; whether a first line, in small letters, is one of its.
type Protocol = (&'static str, &'static str, fn(&str) -> bool);

/// All but those that [`Foreign`] has a variant for.
const PROTOCOLS: [Protocol; 26] = [
    ("SSH", "", |line| line.starts_with("ssh-")),
    ("RTSP", "RTSP/1.0 400 ", |line| is_request(line, "rtsp/")),
    ("SIP", "SIP/2.0 400 ", |line| is_request(line, "sip/")),
    ("SMTP", "554 ", is_smtp),
    // « USER zoe » alone may be a person's.
    ("FTP", "530 ", |line| {
        matches!(
            line,
            "user anonymous" | "user ftp" | "user root" | "user admin" | "auth tls" | "auth ssl"
        )
    }),
    ("IRC", "ERROR :", is_irc),
    ("IMAP", "* BYE ", is_imap),
    ("POP3", "-ERR ", |line| line.starts_with("apop ")),
    ("NNTP", "502 ", |line| line == "mode reader"),
    ("VNC", "", |line| {
        line.strip_prefix("rfb ")
            .is_some_and(|rest| is_made_of(rest, |c| c.is_ascii_digit() || c == '.'))
    }),
    ("rsync", "@ERROR: ", |line| line.starts_with("@rsyncd:")),
    ("Redis", "-ERR ", |line| {
        line.strip_prefix('*')
            .is_some_and(|count| is_made_of(count, |c| c.is_ascii_digit()))
    }),
    ("memcached", "SERVER_ERROR ", is_memcached),
    ("XML", "", |line| {
        ["<?xml", "<stream:", "<policy-file-request", "<soap"]
            .iter()
            .any(|begins| line.starts_with(begins))
    }),
    ("HTML", "", |line| {
        line.starts_with("<!doctype") || line.starts_with("<html")
    }),
    ("JSON-RPC", "", |line| {
        line.starts_with(['{', '['])
            && (line.contains("\"jsonrpc\"") || line.contains("\"method\""))
    }),
    ("NATS", "-ERR ", |line| line.starts_with("connect {")),
    ("STOMP", "ERROR ", |line| line == "stomp"),
    ("JDWP", "", |line| line.starts_with("jdwp-handshake")),
    ("T3", "", |line| {
        line.strip_prefix("t3 ")
            .is_some_and(|version| is_made_of(version, |c| c.is_ascii_digit() || c == '.'))
    }),
    ("Git", "", |line| {
        line.get(4..).is_some_and(|rest| rest.starts_with("git-"))
    }),
    ("Subversion", "", |line| line.starts_with("( 2 (")),
    ("LSP", "", |line| line.starts_with("content-length:")),
    ("ManageSieve", "NO ", |line| {
        line.starts_with("authenticate \"")
    }),
    ("Gnutella", "", |line| line.starts_with("gnutella connect/")),
    (PROXY, "", |line| {
        let begins = ["proxy tcp4 ", "proxy tcp6 ", "proxy unknown"];
        begins.iter().any(|begins| line.starts_with(begins))
    }),
];

const PROXY: &str = "PROXY";

/// The protocol that a first line gives away.
pub fn protocol_of(line: &str) -> Option<Foreign> {
    let line = line.trim().to_ascii_lowercase();
    if is_request(&line, "http/") || asks_for_a_path(&line) || line.starts_with("http/1.") {
        return Some(Foreign::Http);
    }
    let known = PROTOCOLS.iter().find(|(.., opens)| opens(&line));
    known.map(|&(name, answer, _)| Foreign::Known { name, answer })
}

/// What begins like a header of the PROXY protocol's second version, which no text does: a NUL after blank lines.
pub fn proxy_of(bytes: &[u8]) -> Option<Foreign> {
    let is_header = bytes.starts_with(b"\r\n\r\n\0\r\nQUIT\n");
    let (name, answer) = (PROXY, "");
    is_header.then_some(Foreign::Known { name, answer })
}

/// Whether a line asks a server for something in the manner of HTTP: `method target protocol/version`.
fn is_request(line: &str, protocol: &str) -> bool {
    let words: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
    let [method, _, .., version] = words.as_slice() else {
        return false;
    };
    let numbered = version
        .strip_prefix(protocol)
        .is_some_and(|version| is_made_of(version, |c| c.is_ascii_digit() || c == '.'));
    numbered && is_made_of(method, |c| c.is_ascii_alphabetic() || c == '-' || c == '_')
}

/// Whether a line asks a web server for a page, be it a long one, and is not somebody's « GET UP » to somebody.
fn asks_for_a_path(line: &str) -> bool {
    const METHODS: [&str; 8] = [
        "get /",
        "head /",
        "post /",
        "put /",
        "delete /",
        "options /",
        "patch /",
        "trace /",
    ];
    METHODS.iter().any(|method| line.starts_with(method))
}

fn is_smtp(line: &str) -> bool {
    let mut words = line.split_whitespace();
    match (words.next(), words.next(), words.next()) {
        (Some("ehlo" | "lhlo"), _, None) => true,
        // « helo toi » is somebody's greeting.
        (Some("helo"), Some(host), None) => {
            host.contains('.') || host.starts_with('[') || host == "localhost"
        }
        _ => line.starts_with("mail from:") || line.starts_with("rcpt to:"),
    }
}

fn is_irc(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.as_slice() {
        ["nick", _] | ["cap", "ls" | "req" | "end", ..] => true,
        ["user", _, _, server, name, ..] => *server == "*" || name.starts_with(':'),
        _ => false,
    }
}

fn is_imap(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let (tag, command) = (words.next().unwrap_or_default(), words.next());
    let is_command = matches!(
        command,
        Some("capability" | "login" | "noop" | "logout" | "starttls" | "authenticate")
    );
    let number = tag.strip_prefix(|c: char| c.is_ascii_lowercase());
    is_command && number.is_some_and(|number| is_made_of(number, |c| c.is_ascii_digit()))
}

fn is_memcached(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [
        "set" | "add" | "replace" | "append" | "prepend",
        _,
        numbers @ ..,
    ] = words.as_slice()
    else {
        return false;
    };
    numbers.len() >= 3
        && numbers[..3]
            .iter()
            .all(|n| is_made_of(n, |c| c.is_ascii_digit()))
}

/// Whether a text is not empty and has no other characters.
fn is_made_of(text: &str, wanted: impl Fn(char) -> bool) -> bool {
    !text.is_empty() && text.chars().all(wanted)
}
