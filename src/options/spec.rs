//! Every option: the one table that the help, the errors and the hints are made from.

/// An option: all that is known of it, but for what argh needs to take the words apart.
pub struct OptionSpec {
    pub name: &'static str,
    /// One letter for it.
    pub short: Option<&'static str>,
    /// What its value is called in the help, and an example of one; nothing for a switch.
    pub value: Option<(&'static str, &'static str)>,
    /// Who has a use for it.
    pub side: Side,
    /// What people type instead, from other programs or in the other language.
    pub aliases: &'static [&'static str],
    /// What it does, as rows of the help.
    pub help: &'static [&'static str],
}

/// Who has a use for an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Relay,
    /// A relay that serves many.
    Daemon,
    Client,
    /// A client, or a relay whose person talks as well.
    Person,
    /// Such a person in line mode.
    Line,
    Anybody,
}

/// An address to stand in an example.
pub const EXAMPLE: &str = "192.168.1.12:5000";

/// A port to stand in an example.
pub const PORT: u16 = 5000;

/// Every option, in the order of the help.
pub const OPTIONS: [OptionSpec; 16] = [
    OptionSpec {
        name: "--relay",
        short: None,
        value: Some(("[MACHINE]:PORT", ":5000")),
        side: Side::Relay,
        aliases: &["--relais", "--server", "--serveur", "--listen"],
        help: &[
            "accepte deux personnes, puis n'écoute plus ; sans MACHINE, à toutes les adresses",
            "de cette machine ; avec le port 0, à un port libre, qui s'affiche",
            "avec --nom, on y discute aussi soi-même : l'autre tape la ligne qui s'affiche",
        ],
    },
    OptionSpec {
        name: "--daemon",
        short: None,
        value: None,
        side: Side::Relay,
        aliases: &["--démon", "--service"],
        help: &[
            "sert sans écran autant de paires que l'on veut, jusqu'à ce qu'on l'arrête ; ne montre",
            "et ne garde aucun message (voyez docs/service.md pour systemd)",
        ],
    },
    OptionSpec {
        name: "--trace",
        short: None,
        value: None,
        side: Side::Relay,
        aliases: &[],
        help: &[
            "montre chaque ligne qui passe, octet par octet, pour mettre au point son propre client",
        ],
    },
    OptionSpec {
        name: "--proxy-protocol",
        short: None,
        value: None,
        side: Side::Daemon,
        aliases: &["--proxy"],
        help: &[
            "avec --daemon, derrière un mandataire seulement : chaque connexion commence par un en-tête",
            "PROXY, qui dit d'où elle vient ; sans lui, elle est refusée (voyez docs/campus.md)",
        ],
    },
    OptionSpec {
        name: "--metrics",
        short: None,
        value: Some(("[MACHINE]:PORT", ":9500")),
        side: Side::Daemon,
        aliases: &["--mesures", "--prometheus"],
        help: &[
            "avec --daemon, dit comment il va, en HTTP, à Prometheus ou à curl : sans nom ni texte ;",
            "sans MACHINE, à celle-ci seulement",
        ],
    },
    OptionSpec {
        name: "--connect",
        short: None,
        value: Some(("MACHINE:PORT", EXAMPLE)),
        side: Side::Client,
        aliases: &["--client", "--connexion"],
        help: &["appelle le relais : un nom, une adresse IPv4, ou une adresse IPv6 entre crochets"],
    },
    OptionSpec {
        name: "--nom",
        short: None,
        value: Some(("NOM", "VOTRE_NOM")),
        side: Side::Person,
        aliases: &["--name", "--pseudo", "--user"],
        help: &["votre nom, 24 caractères au plus"],
    },
    OptionSpec {
        name: "--salon",
        short: None,
        value: Some(("SALON", "binôme-3")),
        side: Side::Client,
        aliases: &["--room", "--salle"],
        help: &[
            "retrouve, sur un relais --daemon, la personne qui donne le même SALON ; sans salon,",
            "la prochaine personne qui vient sans salon elle aussi",
        ],
    },
    OptionSpec {
        name: "--code",
        short: None,
        value: None,
        side: Side::Person,
        aliases: &["--chiffre", "--chiffrer", "--secret"],
        help: &[
            "chiffre la discussion sous un code convenu de vive voix, que le programme demande ou tire",
            "(ou que donne la variable MSG_CODE) : l'autre le donne aussi, et nul entre vous ne lit",
        ],
    },
    OptionSpec {
        name: "--history",
        short: None,
        value: Some(("FICHIER", "discussion.txt")),
        side: Side::Person,
        aliases: &["--historique", "--log"],
        help: &["garde la discussion dans FICHIER, à la suite de ce qu'il contient déjà"],
    },
    OptionSpec {
        name: "--texte",
        short: None,
        value: None,
        side: Side::Line,
        aliases: &["--text"],
        help: &[
            "envoie en entier le texte d'un fichier ou d'un tube : « quitter » y est une ligne comme",
            "une autre, et la fin du texte termine",
        ],
    },
    OptionSpec {
        name: "--muet",
        short: None,
        value: None,
        side: Side::Line,
        aliases: &["--mute", "--silence", "--silencieux", "--quiet"],
        help: &[
            "n'appelle pas, ni sonnerie ni notification, qui regarde ailleurs quand un message arrive",
        ],
    },
    OptionSpec {
        name: "--gui",
        short: None,
        value: None,
        side: Side::Person,
        aliases: &["--fenêtre", "--fenetre", "--window", "--gtk"],
        help: &[
            "discute dans une fenêtre, qui demande ce qui n'est pas donné de l'adresse et du nom",
        ],
    },
    OptionSpec {
        name: "--brut",
        short: None,
        value: None,
        side: Side::Client,
        aliases: &[],
        help: &[
            "parle en texte brut à un serveur qui n'est pas un relais msg : chaque ligne est un message,",
            "« quitter » le dernier ; avec --nom, la première ligne est le nom",
        ],
    },
    OptionSpec {
        name: "--help",
        short: Some("-h"),
        value: None,
        side: Side::Anybody,
        aliases: &["--aide"],
        help: &["affiche cette aide"],
    },
    OptionSpec {
        name: "--version",
        short: Some("-V"),
        value: None,
        side: Side::Anybody,
        aliases: &[],
        help: &["affiche la version"],
    },
];

/// What is known of the option that is typed so.
pub fn spec(word: &str) -> Option<&'static OptionSpec> {
    OPTIONS
        .iter()
        .find(|option| option.name == word || option.short == Some(word))
}

pub fn example(option: &str) -> &'static str {
    let value = spec(option).and_then(|option| option.value);
    value.map_or(EXAMPLE, |(_, example)| example)
}

pub fn is_valued(word: &str) -> bool {
    spec(word).is_some_and(|option| option.value.is_some())
}

pub fn is_option(word: &str) -> bool {
    spec(word).is_some()
}

/// The option that a person who typed `word` most likely meant.
pub fn nearest(word: &str) -> Option<&'static str> {
    let word = word.split('=').next().unwrap_or(word).to_lowercase();
    let word = format!("--{}", word.trim_start_matches('-'));
    let is_alias = |option: &&OptionSpec| option.aliases.contains(&word.as_str());
    if let Some(option) = OPTIONS.iter().find(is_alias) {
        return Some(option.name);
    }
    OPTIONS
        .iter()
        .map(|option| option.name)
        .map(|option| (distance(&word, option), option))
        .filter(|(distance, option)| {
            *distance <= 2 || (word.len() > 3 && option.starts_with(&word))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, option)| option)
}

/// How many characters to add, drop or change to make one word of the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in to.iter().enumerate() {
            let changed = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[to.len()]
}
