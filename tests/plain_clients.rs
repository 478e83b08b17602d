//! Clients as courses have them written, and the tools that people have, each against the real relay with a real `msg`
//! opposite. `cargo test --test plain_clients -- --nocapture` shows what happened as a table;
//! with `CLIENT=telnet` before it, of the clients with that in their label.
//!
//! Each client holds two conversations. In the first it comes first and leaves first; in the second `msg` does.

#[path = "plain_clients/catalogue.rs"]
mod catalogue;
#[path = "plain_clients/sockets.rs"]
mod sockets;
#[path = "plain_clients/watched.rs"]
mod watched;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use catalogue::{Client, Habit, Workshop, catalogue};
use watched::Watched;

/// How long anything may take to show, on a busy machine.
const SOON: Duration = Duration::from_secs(20);
/// How long a client is given to notice by itself that all is over.
const SHORTLY: Duration = Duration::from_secs(3);

#[test]
fn every_client_is_a_full_partner() {
    let mut clients = catalogue();
    if let Ok(part) = std::env::var("CLIENT") {
        clients.retain(|client| client.label.contains(&part));
    }
    let workshop = Workshop::new(&clients);
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut rows = Vec::new();
        while let Some(client) = clients.get(next.fetch_add(1, Ordering::Relaxed)) {
            rows.push((client.label, try_out(client, &workshop)));
        }
        rows
    };
    let mut rows = Vec::new();
    std::thread::scope(|scope| {
        let workers = [(); 4].map(|()| scope.spawn(worker));
        for worker in workers {
            rows.extend(worker.join().expect("a worker reports failures as rows"));
        }
    });
    let place = |label: &str| clients.iter().position(|client| client.label == label);
    rows.sort_by_key(|(label, _)| place(label));
    println!("{}", table(&rows));

    let failed = rows
        .iter()
        .filter(|(_, outcome)| matches!(outcome, Outcome::Failed(_)));
    assert_eq!(failed.count(), 0, "see the table");
    let skipped = rows
        .iter()
        .filter(|(_, outcome)| matches!(outcome, Outcome::Skipped(_)));
    // There every interpreter is installed, so that a skip is a mistake in the list of packages.
    if std::env::var_os("CI").is_some() {
        assert_eq!(skipped.count(), 0, "see the table");
    }
}

/// What became of one client.
enum Outcome {
    /// How it ended when it left, and when its partner did.
    Worked([Exit; 2]),
    Skipped(String),
    Failed(String),
}

/// How a client ended once the conversation was over.
enum Exit {
    ByItself(Option<i32>),
    /// It waited for its person to press a key.
    NotByItself,
}

fn try_out(client: &Client, workshop: &Workshop) -> Outcome {
    if let Err(reason) = client.command(workshop, 0) {
        return Outcome::Skipped(reason);
    }
    match (
        client_leaves(client, workshop),
        partner_leaves(client, workshop),
    ) {
        (Ok(left), Ok(stayed)) => Outcome::Worked([left, stayed]),
        (Err(reason), _) => Outcome::Failed(format!("le client part : {reason}")),
        (_, Err(reason)) => Outcome::Failed(format!("msg part : {reason}")),
    }
}

/// The client comes first, speaks while it is alone, and leaves.
fn client_leaves(client: &Client, workshop: &Workshop) -> Result<Exit, String> {
    let (mut relay, port) = relay()?;
    let mut guest = Watched::start(client.command(workshop, port)?)?;
    client.sit_down(&mut guest)?;
    client.types(&mut guest, client.first_words)?;
    guest.shows("Bienvenue", SOON)?;
    let mut bob = Watched::start(catalogue::msg(port, "Bob"))?;
    bob.shows(&row(client, client.first_words), SOON)?;
    chat(client, &mut guest, &mut bob)?;
    client.types(&mut guest, client.farewell)?;
    bob.shows(
        &format!("le client {} a quitté la discussion.", client.name),
        SOON,
    )?;
    bob.ends_with(0, SOON)?;
    relay.ends_with(0, SOON)?;
    Ok(ending(&mut guest))
}

/// The client finds somebody there, and is left.
fn partner_leaves(client: &Client, workshop: &Workshop) -> Result<Exit, String> {
    let (mut relay, port) = relay()?;
    let mut bob = Watched::start(catalogue::msg(port, "Bob"))?;
    bob.shows("en attente", SOON)?;
    let mut guest = Watched::start(client.command(workshop, port)?)?;
    client.sit_down(&mut guest)?;
    client.types(&mut guest, client.first_words)?;
    bob.shows(&row(client, client.first_words), SOON)?;
    chat(client, &mut guest, &mut bob)?;
    bob.types("/quit\n")?;
    if client.habit == Habit::TakesTurns {
        client.types(&mut guest, "tu es encore la ?")?;
    }
    guest.shows(client.sentence, SOON)?;
    bob.ends_with(0, SOON)?;
    relay.ends_with(0, SOON)?;
    Ok(ending(&mut guest))
}

/// A message each way, and one more from the client, whose name must not stand before it again.
fn chat(client: &Client, guest: &mut Watched, bob: &mut Watched) -> Result<(), String> {
    bob.types(&format!("{}\n", client.answer))?;
    if client.habit != Habit::TakesTurns {
        guest.shows(&format!("] Bob: {}", client.answer), SOON)?;
    }
    client.types(guest, client.last_words)?;
    bob.shows(&row(client, client.last_words), SOON)?;
    if !client.pasted.is_empty() {
        guest.types(&(client.pasted.join("\n") + "\n"))?;
        for line in client.pasted {
            bob.shows(&row(client, line), SOON)?;
        }
    }
    guest.shows(&format!("] Bob: {}", client.answer), SOON)
}

/// How `msg` shows a message of the client's, from its name to the end of the row.
fn row(client: &Client, text: &str) -> String {
    format!("  {}  {text}\n", client.name)
}

fn relay() -> Result<(Watched, u16), String> {
    let mut relay = Watched::start(catalogue::relay())?;
    let address = "msg --connect 127.0.0.1:";
    relay.shows(address, SOON)?;
    relay.shows("--nom", SOON)?;
    let port = relay
        .output()
        .split(address)
        .nth(1)
        .and_then(|rest| rest.split(' ').next()?.parse().ok());
    port.map(|port| (relay, port))
        .ok_or_else(|| "le relais ne dit pas son port".to_owned())
}

fn ending(guest: &mut Watched) -> Exit {
    guest.end_of_input();
    match guest.ends(SHORTLY) {
        Ok(status) => Exit::ByItself(status),
        Err(_) => Exit::NotByItself,
    }
}

fn table(rows: &[(&str, Outcome)]) -> String {
    let mut table = format!(
        "\n{:<28}{:<10}{}\n",
        "client", "", "fin du client quand il part / quand msg part"
    );
    for (label, outcome) in rows {
        let (verdict, detail) = match outcome {
            Outcome::Worked([left, stayed]) => ("✔", format!("{left} / {stayed}")),
            Outcome::Skipped(reason) => ("absent", reason.clone()),
            Outcome::Failed(reason) => ("✘", reason.clone()),
        };
        table += &format!("{label:<28}{verdict:<10}{detail}\n");
    }
    table
}

impl std::fmt::Display for Exit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Exit::ByItself(Some(status)) => write!(f, "seul, statut {status}"),
            Exit::ByItself(None) => write!(f, "seul, par signal"),
            Exit::NotByItself => write!(f, "attend sa personne"),
        }
    }
}
