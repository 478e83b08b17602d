//! The command line: what it means, and what is said of one that means nothing.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use msg::options::{Address, Caller, Callers, Calls, Farewells, LineOptions, Mode, parse};
use msg::protocol::hub::{RelayMode, Tracing};

fn asked(line: &[&str]) -> Mode {
    parse(line.iter().map(OsString::from)).unwrap()
}

fn mistake(line: &[&str]) -> String {
    parse(line.iter().map(OsString::from))
        .unwrap_err()
        .to_string()
}

fn relay(address: &str) -> (Option<String>, u16) {
    match asked(&["--relay", address]) {
        Mode::Relay(options) => (options.host, options.port),
        other => panic!("{other:?}"),
    }
}

fn called(address: &str) -> Address {
    match asked(&["--connect", address, "--nom", "Zoé"]) {
        Mode::Client(options) => options.address,
        other => panic!("{other:?}"),
    }
}

fn printed(line: &[&str]) -> String {
    match asked(line) {
        Mode::Print(text) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_relay_listens_where_it_is_told() {
    assert_eq!(relay(":5000"), (None, 5000));
    assert_eq!(relay(":0"), (None, 0));
    assert_eq!(
        relay("localhost:5000"),
        (Some("localhost".to_owned()), 5000)
    );
    assert_eq!(relay("[::1]:65535"), (Some("::1".to_owned()), 65535));
    assert_eq!(relay(" 127.0.0.1:0 "), (Some("127.0.0.1".to_owned()), 0));
}

#[test]
fn a_client_calls_names_and_addresses_of_both_families() {
    for given in [
        "salle-12.univ.fr:5000",
        "192.168.1.2:1",
        "[::1]:5000",
        "[fe80::1%eth0]:5000",
        "poste_é:65535",
    ] {
        assert_eq!(called(given).to_string(), given);
    }
    assert_eq!(
        called("[fe80::1%eth0]:5000"),
        Address {
            host: "fe80::1%eth0".to_owned(),
            port: 5000
        }
    );
}

#[test]
fn a_window_asks_for_what_is_left_out_and_is_no_relay() {
    let Mode::Window(options) = asked(&["--gui"]) else {
        panic!("a window was asked for");
    };
    assert_eq!((options.place, options.name), (None, None));
    let Mode::Window(options) = asked(&["--gui", "--connect", "h:1", "--nom", "Zoé"]) else {
        panic!("a window was asked for");
    };
    assert_eq!(options.place.unwrap().to_string(), "h:1");
    assert_eq!(options.name.unwrap().to_string(), "Zoé");
    for (option, line) in [
        ("--gui", &["--relay", ":1", "--gui"][..]),
        ("--daemon", &["--gui", "--daemon"]),
        ("--trace", &["--gui", "--trace"]),
    ] {
        assert!(mistake(line).starts_with(option), "{}", mistake(line));
    }
}

/// Without the feature there is no window to open.
#[cfg(not(feature = "gui"))]
#[test]
fn a_program_built_without_a_window_says_how_to_get_one() {
    for line in [
        &["--gui"][..],
        &["--gui", "--connect", "127.0.0.1:1", "--nom", "Zoé"],
    ] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_msg"))
            .args(line)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(64));
        assert_eq!(
            String::from_utf8(output.stderr).unwrap(),
            "ce programme a été construit sans fenêtre : « cargo build --release --features gui » lui en donne une \
             (avec GTK 4 : sous Debian, « apt install libgtk-4-dev »).\n"
        );
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_client_has_a_name_and_maybe_a_record() {
    let Mode::Client(options) = asked(&[
        "--nom",
        " Jean Paul ",
        "--history",
        "a b.txt",
        "--connect",
        "h:1",
    ]) else {
        panic!("no client");
    };
    let name = "Jean Paul".parse().unwrap();
    let caller = Caller::Wire {
        name,
        salon: None,
        code: None,
    };
    assert_eq!(options.caller, caller);
    assert_eq!(options.history.unwrap().to_str(), Some("a b.txt"));
}

#[test]
fn an_address_alone_is_called_by_somebody_who_is_asked_for_a_name() {
    for line in [
        &["salle12:5000"][..],
        &["--connect", "salle12:5000"],
        &["--code", "salle12:5000", "--history", "a"],
    ] {
        let Mode::Nameless(options) = asked(line) else {
            panic!("{line:?}");
        };
        assert_eq!(options.address.to_string(), "salle12:5000");
        let named = options.named("Zoé".parse().unwrap());
        assert!(matches!(named.caller, Caller::Wire { .. }));
    }
    for line in [
        &["salle12:5000", "--nom", "Zoé"][..],
        &["--nom", "Zoé", "salle12:5000"],
    ] {
        let Mode::Client(options) = asked(line) else {
            panic!("{line:?}");
        };
        assert_eq!(options.address.to_string(), "salle12:5000");
    }
    for line in [
        &["a:1", "b:2"][..],
        &["--connect", "a:1", "b:2"],
        &["--relay", ":1", "b:2"],
        &["a:1", "Zoé"],
    ] {
        assert!(!mistake(line).is_empty());
    }
}

#[test]
fn line_mode_is_told_what_its_words_mean_and_whether_to_call() {
    let line = |extra: &[&str]| match asked(&[&["--connect", "h:1", "--nom", "X"], extra].concat())
    {
        Mode::Client(options) => options.line,
        other => panic!("{other:?}"),
    };
    let usual = LineOptions {
        farewells: Farewells::End,
        calls: Calls::On,
    };
    assert_eq!(line(&[]), usual);
    assert_eq!(line(&["--texte"]).farewells, Farewells::AreText);
    assert_eq!(line(&["--muet"]).calls, Calls::Off);
    for option in ["--texte", "--muet"] {
        let told = mistake(&["--gui", option]);
        assert_eq!(
            told,
            format!("{option} ne sert qu'en mode ligne : retirez cette option, ou --gui")
        );
    }
    let told = mistake(&["--connect", "h:1", "--brut", "--texte"]);
    assert!(told.starts_with("--texte ne va pas avec --brut"), "{told}");
}

#[test]
fn a_pair_may_name_its_salon() {
    let salon = |given: &str| match asked(&["--connect", "h:1", "--nom", "X", "--salon", given]) {
        Mode::Client(options) => match options.caller {
            Caller::Wire { salon, .. } => salon.map(|salon| salon.to_string()),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    assert_eq!(salon("binôme-3"), Some("binôme-3".to_owned()));
    assert_eq!(salon(" a.b_c "), Some("a.b_c".to_owned()));
    for given in ["a b", "-", "a/b", &"x".repeat(25), "\x1b[2J"] {
        let told = mistake(&["--connect", "h:1", "--nom", "X", "--salon", given]);
        assert!(told.contains("un salon se nomme de lettres"), "{told}");
        assert!(!told.contains('\x1b'), "{told:?}");
    }
    assert!(mistake(&["--connect", "h:1", "--brut", "--salon", "a"]).starts_with("--salon ne va"));
    assert!(mistake(&["--relay", ":1", "--salon", "a"]).starts_with("--salon ne sert pas"));
}

#[test]
fn a_relay_keeps_one_conversation_or_a_house_full() {
    let house = |line: &[&str]| match asked(line) {
        Mode::Relay(options) => options.mode,
        other => panic!("{other:?}"),
    };
    assert_eq!(house(&["--relay", ":1"]), RelayMode::Single);
    assert_eq!(house(&["--daemon", "--relay", ":1"]), RelayMode::Daemon);
    assert_eq!(house(&["--relay", ":1", "--daemon"]), RelayMode::Daemon);
    assert!(
        mistake(&["--connect", "h:1", "--nom", "X", "--daemon"])
            .starts_with("--daemon ne sert qu'à un relais")
    );
    assert!(mistake(&["--relay", ":1", "--daemon", "--trace"]).starts_with("--trace montre"));
}

#[test]
fn a_daemon_alone_hears_a_proxy_and_tells_how_it_is() {
    let daemon = |more: &[&str]| match asked(&[&["--relay", ":1", "--daemon"], more].concat()) {
        Mode::Relay(options) => options,
        other => panic!("{other:?}"),
    };
    assert_eq!(daemon(&[]).callers, Callers::Direct);
    assert_eq!(daemon(&["--proxy-protocol"]).callers, Callers::Proxied);
    assert_eq!(daemon(&[]).metrics, None);
    // Whoever gives no machine means this one: the figures have no password.
    for (given, place) in [
        ("9500", "localhost:9500"),
        (":9500", "localhost:9500"),
        ("0.0.0.0:9500", "0.0.0.0:9500"),
    ] {
        let metrics = daemon(&["--metrics", given]).metrics;
        assert_eq!(metrics.expect("it was asked for").to_string(), place);
    }
    for option in [&["--proxy-protocol"][..], &["--metrics", ":9500"]] {
        let told = mistake(&[&["--relay", ":1"], option].concat());
        assert!(
            told.contains(option[0]) && told.ends_with("ajoutez --daemon"),
            "{told}"
        );
        let told = mistake(&[&["--connect", "h:1", "--nom", "X"], option].concat());
        assert!(told.contains(option[0]), "{told}");
    }
    assert!(mistake(&["--relay", ":1", "--daemon", "--metrics", "h"]).contains("--metrics"));
}

#[test]
fn plain_text_needs_no_name_and_a_relay_alone_is_traced() {
    let caller = |words: &[&str]| match asked(words) {
        Mode::Client(options) => options.caller,
        other => panic!("no client: {other:?}"),
    };
    assert_eq!(caller(&["--connect", "h:1", "--brut"]), Caller::Plain(None));
    assert_eq!(
        caller(&["--connect", "h:1", "--brut", "--nom", "Zoé"]),
        Caller::Plain(Some("Zoé".parse().unwrap()))
    );
    let tracing = |words: &[&str]| match asked(words) {
        Mode::Relay(options) => options.tracing,
        other => panic!("no relay: {other:?}"),
    };
    assert_eq!(tracing(&["--relay", ":1"]), Tracing::Off);
    assert_eq!(tracing(&["--relay", ":1", "--trace"]), Tracing::On);
    assert!(mistake(&["--connect", "h:1", "--nom", "X", "--trace"]).contains("--relay"));
    assert!(mistake(&["--relay", ":1", "--brut"]).contains("--connect"));
}

#[test]
fn an_equals_sign_does_for_the_space() {
    assert_eq!(
        asked(&["--connect=h:1", "--nom=a=b"]),
        asked(&["--connect", "h:1", "--nom", "a=b"])
    );
}

#[test]
fn help_is_french_and_shows_how() {
    for line in [
        &["--help"][..],
        &["-h"],
        &["--relay", ":5000", "--help"],
        &["--help", "--nom", "X"],
        &["-h", "x"],
    ] {
        let help = printed(line);
        assert!(
            help.contains("Exemples\n  msg --relay :5000 --nom Alice\n"),
            "{line:?}: {help}"
        );
        assert!(!help.contains("Usage"), "{help}");
    }
    for row in printed(&["--help"]).lines() {
        assert!(row.chars().count() <= 120, "{row}");
    }
}

#[test]
fn every_option_stands_in_the_help() {
    let help = printed(&["--help"]);
    for option in [
        "--relay",
        "--connect",
        "--nom",
        "--salon",
        "--history",
        "--daemon",
        "--help",
        "--version",
    ] {
        assert!(help.contains(&format!("\n  {option}")), "{option}");
    }
}

#[test]
fn the_version_is_one_line() {
    let version = concat!("msg ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(printed(&["--version"]), version);
    assert_eq!(printed(&["-V"]), version);
}

#[test]
fn without_a_mode_both_are_shown() {
    for line in [&[][..], &["--nom", "Zoé"]] {
        let told = mistake(line);
        assert!(told.contains("msg --relay :5000"), "{told}");
        assert!(
            told.contains("msg --connect 192.168.1.12:5000 --nom VOTRE_NOM"),
            "{told}"
        );
    }
}

#[test]
fn both_modes_at_once_are_no_mode() {
    assert!(
        mistake(&["--relay", ":1", "--connect", "h:1"])
            .starts_with("--relay et --connect ne vont pas ensemble")
    );
}

#[test]
fn a_missing_name_comes_with_the_whole_command_where_nobody_can_be_asked() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_msg"))
        .arg("[::1]:5000")
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(64));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "il manque votre nom : msg --connect [::1]:5000 --nom VOTRE_NOM\n"
    );
}

#[test]
fn an_unknown_option_is_met_with_the_one_that_was_meant() {
    for (given, meant) in [
        ("--conect", "--connect"),
        ("--relais", "--relay"),
        ("--name", "--nom"),
        ("--Nom", "--nom"),
        ("-nom", "--nom"),
        ("--hist", "--history"),
        ("--historique=f", "--history"),
        ("-help", "--help"),
        ("--deamon", "--daemon"),
        ("--sallon", "--salon"),
        ("--room=a", "--salon"),
        ("--aide", "--help"),
    ] {
        assert_eq!(
            mistake(&[given]),
            format!("option inconnue « {given} » : est-ce {meant} ?")
        );
    }
    assert_eq!(
        mistake(&["--tournesol"]),
        "option inconnue « --tournesol » : voyez « msg --help »"
    );
    assert_eq!(
        mistake(&["-x"]),
        "option inconnue « -x » : voyez « msg --help »"
    );
}

#[test]
fn an_option_without_its_value_is_shown_with_one() {
    assert_eq!(
        mistake(&["--relay"]),
        "--relay attend une valeur : --relay :5000"
    );
    assert_eq!(
        mistake(&["--connect", "h:1", "--nom"]),
        "--nom attend une valeur : --nom VOTRE_NOM"
    );
    assert_eq!(
        mistake(&["--relay", "--connect", "h:1"]),
        "--relay attend une valeur : --relay :5000"
    );
    assert_eq!(
        mistake(&["--nom", "--connect"]),
        "--nom attend une valeur : --nom VOTRE_NOM"
    );
    assert_eq!(
        mistake(&["--relay", "--help"]),
        "--relay attend une valeur : --relay :5000"
    );
    assert_eq!(
        mistake(&["--history=", "--connect", "h:1"]),
        "--history attend une valeur : --history discussion.txt"
    );
}

#[test]
fn an_option_is_given_once() {
    assert_eq!(
        mistake(&["--relay", ":1", "--relay", ":2"]),
        "--relay est donné deux fois : gardez-en un"
    );
}

#[test]
fn a_word_that_belongs_nowhere_is_named() {
    assert_eq!(
        mistake(&["salle12:5000", "salle13:5000"]),
        "que faire de « salle12:5000 » ? Pour l'appeler : msg --connect salle12:5000 --nom VOTRE_NOM"
    );
    assert_eq!(
        mistake(&["bonjour"]),
        "que faire de « bonjour » ? Voyez « msg --help »"
    );
    assert_eq!(mistake(&["-"]), "que faire de « - » ? Voyez « msg --help »");
    assert_eq!(
        mistake(&["--connect", "h:1", "--nom", "Jean", "Paul"]),
        "un nom avec une espace se met entre guillemets : --nom \"Jean Paul\""
    );
}

#[test]
fn a_relay_without_a_person_keeps_no_record() {
    assert!(
        mistake(&["--relay", ":1", "--history", "f"])
            .starts_with("--history ne sert pas à un relais")
    );
}

#[test]
fn a_relay_with_a_name_is_relay_and_person_at_once() {
    let Mode::Host(options) = asked(&["--relay", ":5000", "--nom", "Zoé", "--history", "f"])
    else {
        panic!("no host");
    };
    assert_eq!((options.host, options.port), (None, 5000));
    assert_eq!(options.name.as_str(), "Zoé");
    assert_eq!(options.history, Some("f".into()));
}

#[test]
fn a_host_may_have_a_window() {
    let Mode::Window(options) = asked(&["--relay", ":5000", "--nom", "Zoé", "--gui"]) else {
        panic!("no window");
    };
    assert_eq!(options.place.unwrap().to_string(), ":5000");
    assert_eq!(options.name.unwrap().as_str(), "Zoé");
}

#[test]
fn what_a_host_has_no_use_for_is_refused_with_a_reason() {
    for option in [
        &["--daemon"][..],
        &["--trace"],
        &["--salon", "s"],
        &["--brut"],
    ] {
        let mut words = vec!["--relay", ":1", "--nom", "X"];
        words.extend(option);
        let told = mistake(&words);
        let expected = format!(
            "{} ne va pas avec --relay et --nom ensemble, car ",
            option[0]
        );
        assert!(told.starts_with(&expected), "{told}");
    }
}

#[test]
fn a_bad_address_is_answered_with_a_good_one() {
    for (given, told) in [
        (
            "salle12",
            "il manque le port après la machine : --connect salle12:5000",
        ),
        (
            "salle12:",
            "il manque le port après la machine : --connect salle12:5000",
        ),
        (
            "[::1]",
            "il manque le port après la machine : --connect [::1]:5000",
        ),
        (
            ":5000",
            "il manque la machine devant le port : --connect localhost:5000, si le relais est sur celle-ci",
        ),
        (
            "4000",
            "il manque la machine devant le port : --connect localhost:4000, si le relais est sur celle-ci",
        ),
        (
            "h:0",
            "le port 0 ne s'appelle pas : prenez celui que le relais affiche",
        ),
        (
            "h:70000",
            "« 70000 » n'est pas un port, qui est un nombre jusqu'à 65535 : --connect …:5000",
        ),
        (
            "h:+1",
            "« +1 » n'est pas un port, qui est un nombre jusqu'à 65535 : --connect …:5000",
        ),
        (
            "::1:5000",
            "une adresse IPv6 se met entre crochets : --connect \"[::1]:5000\"",
        ),
        (
            "::1",
            "une adresse IPv6 se met entre crochets : --connect \"[::1]:5000\"",
        ),
        (
            "fe80::1%eth0:4000",
            "une adresse IPv6 se met entre crochets : --connect \"[fe80::1%eth0]:4000\"",
        ),
        (
            "2001:db8:1:2:3:4:5:6:4000",
            "une adresse IPv6 se met entre crochets : --connect \"[2001:db8:1:2:3:4:5:6]:4000\"",
        ),
        (
            ":",
            "« : » n'est pas une adresse : --connect 192.168.1.12:5000",
        ),
        (
            "[h]:1",
            "« h » n'est pas une machine : --connect 192.168.1.12:5000",
        ),
        (
            "[::1",
            "« [::1 » n'est pas une adresse : --connect 192.168.1.12:5000",
        ),
        (
            "[::1]5000",
            "« [::1]5000 » n'est pas une adresse : --connect 192.168.1.12:5000",
        ),
        (
            "a b:5000",
            "« a b » n'est pas une machine : --connect 192.168.1.12:5000",
        ),
        (
            "moi@h:5000",
            "« moi@h » n'est pas une machine : --connect 192.168.1.12:5000",
        ),
        (
            "http://h:5000",
            "« http://h:5000 » n'est pas une adresse : --connect 192.168.1.12:5000",
        ),
        (
            "h\u{202e}\x1b:5000",
            "« h\\u{202e}\\x1b » n'est pas une machine : --connect 192.168.1.12:5000",
        ),
    ] {
        assert_eq!(
            mistake(&["--connect", given, "--nom", "X"]),
            told,
            "{given}"
        );
    }
    for (given, told) in [
        ("*:5000", "« * » n'est pas une machine : --relay :5000"),
        (
            "localhost",
            "il manque le port après la machine : --relay localhost:5000",
        ),
        (
            ":99999",
            "« 99999 » n'est pas un port, qui est un nombre jusqu'à 65535 : --relay …:5000",
        ),
    ] {
        assert_eq!(mistake(&["--relay", given]), told, "{given}");
    }
}

#[test]
fn a_bad_name_is_told_why() {
    let bad = |name: &str| mistake(&["--connect", "h:1", "--nom", name]);
    assert_eq!(bad("  "), "--nom «    » : le nom est vide");
    assert_eq!(
        bad(&"é".repeat(25)),
        format!(
            "--nom « {} » : le nom dépasse 24 caractères",
            "é".repeat(25)
        )
    );
    assert_eq!(
        bad("a\u{202e}b"),
        "--nom « a\\u{202e}b » : le nom contient le caractère invisible U+202E"
    );
}

#[test]
fn an_argument_that_is_no_text_is_named_as_far_as_it_goes() {
    let told = parse([
        OsString::from("--nom"),
        OsString::from_vec(b"Zo\xe9".to_vec()),
    ])
    .unwrap_err()
    .to_string();
    assert_eq!(
        told,
        "« Zo\u{fffd} » n'est pas de l'UTF-8 : retapez cet argument"
    );
}

#[test]
fn whatever_is_typed_is_answered_in_one_harmless_french_line() {
    const WORDS: [&str; 21] = [
        "--relay",
        "--connect",
        "--nom",
        "--history",
        "--version",
        "--daemon",
        "--salon",
        "--help",
        "-h",
        "--",
        "-",
        "",
        "=",
        "--nom=",
        "help",
        ":5000",
        "h:1",
        "Zoé",
        "--x\x1b[2J",
        "[::1]:1",
        "::1:1",
    ];
    for line in WORDS.iter().flat_map(|a| {
        WORDS
            .iter()
            .flat_map(move |b| WORDS.iter().map(move |c| [a, b, c]))
    }) {
        let Err(mistake) = parse(line.map(OsString::from)) else {
            continue;
        };
        let told = mistake.to_string();
        assert!(!told.contains(char::is_control), "{line:?}: {told:?}");
        for english in [
            "argument:",
            "Unrecognized",
            "provided",
            "not allowed",
            "help`",
        ] {
            assert!(!told.contains(english), "{line:?}: {told:?}");
        }
    }
}

#[test]
fn a_number_alone_is_the_port_of_a_relay() {
    assert_eq!(asked(&["--relay", "5000"]), asked(&["--relay", ":5000"]));
    assert_eq!(
        asked(&["--relay", "5000", "--nom", "Zoé"]),
        asked(&["--relay", ":5000", "--nom", "Zoé"])
    );
}

#[test]
fn words_of_other_programs_are_answered_with_those_of_this_one() {
    assert_eq!(
        mistake(&["localhost", "5000"]),
        "une adresse s'écrit d'un seul mot : msg --connect localhost:5000 --nom VOTRE_NOM"
    );
    assert_eq!(
        mistake(&["connect", "localhost:5000"]),
        "une option commence par deux tirets : msg --connect localhost:5000"
    );
    assert_eq!(
        mistake(&["relay", ":5000"]),
        "une option commence par deux tirets : msg --relay :5000"
    );
    assert_eq!(
        mistake(&["gui"]),
        "une option commence par deux tirets : msg --gui"
    );
}
