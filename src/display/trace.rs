//! What `--trace` shows: every line that crosses the relay, byte for byte, and what became of it.
//!
//! ```text
//! 14:02:31.250  →  Zoé                       12 o  bonjour\r\n
//! 14:02:31.250  ←  Bob                       41 o  [22/11/2026 14:02:31] Zoé: bonjour\n
//! 14:02:31.400     Zoé                             sans fin de ligne : message après 150 ms de silence
//! ```

use chrono::{Local, TimeZone};
use unicode_width::UnicodeWidthStr;

use crate::protocol::UnixMillis;
use crate::protocol::plain::Diagnostic;

use super::{Palette, is_hidden, safe_name};

/// Which way bytes cross the relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrossingDirection {
    ToRelay,
    FromRelay,
}

impl Palette {
    /// One row for each line, or piece of a line, among `bytes`.
    pub fn crossing(
        &self,
        at: UnixMillis,
        direction: CrossingDirection,
        who: &str,
        bytes: &[u8],
    ) -> Vec<String> {
        let (arrow, style) = match direction {
            CrossingDirection::ToRelay => ("→", self.own),
            CrossingDirection::FromRelay => ("←", self.other),
        };
        let lines = bytes.split_inclusive(|&byte| byte == b'\n');
        lines
            .map(|line| {
                format!(
                    "{}  {}  {} {:>5} o  {}",
                    self.date.paint(clock(at)),
                    style.paint(arrow),
                    style.paint(column(who)),
                    line.len(),
                    escaped(line)
                )
            })
            .collect()
    }

    /// Something that happened to a connection, or how its bytes were understood.
    pub fn occurrence(&self, at: UnixMillis, who: &str, what: &str) -> String {
        format!(
            "{}     {}          {}",
            self.date.paint(clock(at)),
            column(who),
            self.notice.paint(super::safe(what))
        )
    }
}

/// How a plain client's line was understood.
pub fn diagnostic(diagnostic: Diagnostic) -> &'static str {
    match diagnostic {
        Diagnostic::Silence => "sans fin de ligne : message après 150 ms de silence",
        Diagnostic::EndOfStream => "sans fin de ligne : message à la fermeture de la connexion",
        Diagnostic::Pasted => {
            "sans fin de ligne : le message suivant, envoyé à part, a fini celui-ci"
        }
        Diagnostic::OwnPrefix => "le nom du client devant le texte a été retiré",
        Diagnostic::Announced => "la première ligne annonce qui arrive : le nom en a été tiré",
        Diagnostic::Windows1252 => "ce n'est pas de l'UTF-8 : lu comme du Windows-1252",
        Diagnostic::ByteOrderMark => "marque d'ordre des octets (BOM) retirée",
        Diagnostic::Split => "ligne trop longue : coupée en plusieurs messages",
        Diagnostic::Telnet => "commandes telnet retirées du texte",
        Diagnostic::Erased => "caractères effacés au clavier",
    }
}

/// The time of day to the millisecond, in the viewer's zone.
fn clock(at: UnixMillis) -> String {
    let local = i64::try_from(at)
        .ok()
        .and_then(|at| Local.timestamp_millis_opt(at).single());
    local.map_or_else(
        || format!("@{at}"),
        |at| {
            use chrono::Timelike;
            let millis = at.nanosecond() / 1_000_000 % 1_000;
            format!(
                "{:02}:{:02}:{:02}.{millis:03}",
                at.hour(),
                at.minute(),
                at.second()
            )
        },
    )
}

/// A name in a column of its own: the longest name, or an address and port.
fn column(who: &str) -> String {
    const WIDTH: usize = 24;
    let mut shown = safe_name(who);
    let missing = WIDTH.saturating_sub(shown.width());
    shown.extend(std::iter::repeat_n(' ', missing));
    shown
}

/// Bytes as they would stand in a program's source: text as it is, everything else escaped.
fn escaped(bytes: &[u8]) -> String {
    let mut shown = String::with_capacity(bytes.len() + 8);
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\n' => shown.push_str("\\n"),
                '\r' => shown.push_str("\\r"),
                '\t' => shown.push_str("\\t"),
                '\0' => shown.push_str("\\0"),
                '\\' => shown.push_str("\\\\"),
                _ if c.is_ascii_control() => shown.push_str(&format!("\\x{:02x}", c as u32)),
                _ if is_hidden(c) => shown.extend(c.escape_unicode()),
                _ => shown.push(c),
            }
        }
        for byte in chunk.invalid() {
            shown.push_str(&format!("\\x{byte:02x}"));
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::display::Colour;

    #[test]
    fn each_line_is_a_row_with_its_length_and_its_bytes_escaped() {
        let palette = Palette::new(Colour::Off);
        let rows = palette.crossing(
            0,
            CrossingDirection::ToRelay,
            "Zoé",
            b"caf\xc3\xa9\r\n\xe9\0\x1b[2J",
        );
        assert_eq!(rows.len(), 2);
        assert!(
            rows[0].ends_with("→  Zoé                          7 o  café\\r\\n"),
            "{}",
            rows[0]
        );
        assert!(
            rows[1].ends_with("    6 o  \\xe9\\0\\x1b[2J"),
            "{}",
            rows[1]
        );
    }

    #[test]
    fn rows_of_different_names_are_aligned() {
        let palette = Palette::new(Colour::Off);
        let text_at = |who: &str| {
            let row = &palette.crossing(0, CrossingDirection::FromRelay, who, b"x")[0];
            row.find(" o  x").map(|at| row[..at].width())
        };
        assert_eq!(text_at("李雷"), text_at("Zoé"));
        assert_eq!(text_at("192.168.1.12:54321"), text_at("Zoé"));
    }
}
