use super::*;
use crate::protocol::hygiene::is_hidden;

fn names(name: &str) -> String {
    name.to_owned()
}

fn told(event: Event) -> String {
    sentence(&event).unwrap()
}

#[test]
fn a_name_cannot_forge_a_notice() {
    let name = names("Bob » est là. « Zoé");
    assert_eq!(
        told(Event::Arrived { name }),
        "« Bob \\u{bb} est là. \\u{ab} Zoé » est là."
    );
    let name = names("Bob\nle client Zoé");
    assert_eq!(
        told(Event::Left { name }),
        "le client Bob\\nle client Zoé a quitté la discussion."
    );
}

#[test]
fn leaving_is_told_in_the_words_of_the_assignment() {
    assert_eq!(
        told(Event::Left { name: names("X") }),
        "le client X a quitté la discussion."
    );
}

#[test]
fn counts_agree_with_their_nouns() {
    let back = |delivered| {
        told(Event::Back {
            name: names("Bob"),
            delivered,
        })
    };
    assert_eq!(back(0), "« Bob » est de retour.");
    assert_eq!(back(1), "« Bob » est de retour : 1 message remis.");
    assert_eq!(back(2), "« Bob » est de retour : 2 messages remis.");
    let away = |held| {
        told(Event::Away {
            name: names("Bob"),
            held,
        })
    };
    assert_eq!(away(0), "« Bob » ne répond plus : sa place est gardée.");
    assert_eq!(
        away(1),
        "« Bob » ne répond plus : sa place est gardée, 1 message l'attend."
    );
    assert_eq!(
        away(2),
        "« Bob » ne répond plus : sa place est gardée, 2 messages l'attendent."
    );
    let restored = |delivered| told(Event::Restored { delivered });
    assert_eq!(restored(0), "connexion rétablie.");
    assert_eq!(restored(1), "connexion rétablie : 1 message remis.");
}

#[test]
fn a_cut_says_why_and_what_waits() {
    let cut = |held| {
        told(Event::Disconnected {
            reason: Disconnected::System(SystemError {
                kind: io::ErrorKind::ConnectionReset,
                code: Some(104),
            }),
            held,
        })
    };
    assert_eq!(
        cut(0),
        "connexion coupée (interrompue par l'autre machine) : nouvelle tentative en cours…"
    );
    assert_eq!(
        cut(1),
        "connexion coupée (interrompue par l'autre machine) : nouvelle tentative en cours, 1 message en attente…"
    );
}

fn no_relay(reason: Disconnected) -> String {
    told(Event::Ended(Ending::NoRelay {
        address: "salle12:5000".to_owned(),
        reason,
    }))
}

#[test]
fn an_absent_relay_comes_with_what_to_do() {
    let system = |kind| Disconnected::System(SystemError { kind, code: None });
    assert_eq!(
        no_relay(system(io::ErrorKind::TimedOut)),
        "aucun relais à salle12:5000 (pas de réponse) : vérifiez l'adresse, ou lancez-y « msg --relay :5000 »."
    );
    assert_eq!(
        no_relay(system(io::ErrorKind::ConnectionRefused)),
        "aucun relais à salle12:5000 (connexion refusée) : vérifiez l'adresse, ou lancez-y « msg --relay :5000 » ; \
         ou deux personnes y discutent déjà."
    );
    assert_eq!(
        no_relay(Disconnected::UnknownHost),
        "aucun relais à salle12:5000 (machine inconnue) : vérifiez le nom de la machine."
    );
}

#[test]
fn each_refusal_has_its_own_words_and_a_remedy() {
    use std::collections::HashSet;
    let told: HashSet<String> = Refusal::ALL
        .into_iter()
        .map(|refusal| Ending::Refused {
            refusal,
            reason: "a\nb\x1b[2J".to_owned(),
        })
        .map(|ending| told(Event::Ended(ending)))
        .collect();
    assert_eq!(told.len(), Refusal::ALL.len());
    assert!(
        told.iter()
            .all(|told| told.contains(" : ") && told.ends_with('.'))
    );
    assert!(!told.iter().any(|told| told.contains(is_hidden)));
}

#[test]
fn reasons_are_french_where_they_are_known_and_short_anyway() {
    let refused = io::Error::from_raw_os_error(111);
    assert_eq!(system_error(&refused), "connexion refusée");
    let own = io::Error::other("ce n'est pas un fichier ordinaire");
    assert_eq!(system_error(&own), "ce n'est pas un fichier ordinaire");
    assert_eq!(quoted_reason("\x1b"), "\\x1b");
    assert_eq!(quoted_reason(""), "sans raison donnée");
    assert_eq!(quoted_reason(&"é".repeat(4000)).chars().count(), 121);
}
