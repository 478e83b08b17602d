//! The answer to `--help`.

use super::spec::{OPTIONS, Side};
use crate::platform::PROGRAM;

/// The parts of the help, each with whose options it has.
const PARTS: [(&str, &[Side]); 3] = [
    ("Ouvrir un relais", &[Side::Relay, Side::Daemon]),
    (
        "Rejoindre une discussion",
        &[Side::Client, Side::Person, Side::Line],
    ),
    ("", &[Side::Anybody]),
];

/// Whole lines, in French.
pub fn help() -> String {
    /// Where what an option does begins.
    const COLUMN: usize = 28;

    let mut help = format!(
        "\
{PROGRAM} : deux personnes discutent par écrit, à travers un relais.

  {PROGRAM} --relay [MACHINE]:PORT --nom NOM [--code] [--history FICHIER] [--gui]
  {PROGRAM} --relay [MACHINE]:PORT [--trace]
  {PROGRAM} --relay [MACHINE]:PORT --daemon [--proxy-protocol] [--metrics [MACHINE]:PORT]
  {PROGRAM} --connect MACHINE:PORT --nom NOM [--salon SALON] [--code] [--history FICHIER] [--gui]
  {PROGRAM} --connect MACHINE:PORT --brut [--nom NOM] [--history FICHIER]
  {PROGRAM} MACHINE:PORT

"
    );
    for (title, sides) in PARTS {
        if !title.is_empty() {
            help += &format!("{title}\n");
        }
        for option in OPTIONS.iter().filter(|option| sides.contains(&option.side)) {
            let mut head = format!("  {}", option.name);
            if let Some(short) = option.short {
                head += &format!(", {short}");
            }
            if let Some((value, _)) = option.value {
                head += &format!(" {value}");
            }
            for row in option.help {
                help += &format!("{head:COLUMN$}{row}\n");
                head.clear();
            }
        }
        help.push('\n');
    }
    help + &format!(
        "\
Exemples
  {PROGRAM} --relay :5000 --nom Alice
  {PROGRAM} --relay :5000
  {PROGRAM} --connect 192.168.1.12:5000 --nom Zoé
  {PROGRAM} --connect \"[2001:db8::7]:5000\" --nom \"Jean Paul\" --history discussion.txt
  {PROGRAM} --connect salle12:5000 --nom Zoé --salon binôme-3
  {PROGRAM} --connect salle12:5000 --nom Zoé --texte < devoir.txt
  {PROGRAM} salle12:5000
  {PROGRAM} --gui

Pendant la discussion : Entrée envoie la ligne, /help montre les commandes, /quit ou quitter termine.
"
    )
}
