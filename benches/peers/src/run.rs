//! A run: opens the systems of one place, fills them, measures them in turns, and shows or saves what came out.

use std::env;
use std::path::Path;

use tokio::process::Command;

use crate::candidate::{Candidate, measure};
use crate::operation::Operation;
use crate::report::Report;
use crate::system::Result;
use crate::{server, systems};

/// Where systems store.
#[derive(Clone, Copy, PartialEq)]
pub enum Place {
    /// In databases of a PostgreSQL server.
    Postgres,
    /// In files, each in a process of its own.
    Files,
    /// On servers, with appends that are checked by what a query finds.
    Boundaries,
}

/// Runs with the parts and the systems that were asked for, or all.
pub async fn run(place: Place, words: &[&str]) -> Result<()> {
    let (parts, only): (Vec<&str>, Vec<&str>) = words
        .iter()
        .partition(|word| ["load", "commands"].contains(word));
    let rounds = size("ROUNDS", 7)?;
    let mut operations = operations(place)?;
    operations.retain(|operation| parts.is_empty() || parts.contains(&operation.part()));

    let mut facts = vec![format!("{rounds} rounds, medians")];
    let scratch = env::temp_dir().join(format!("eventsource-peers-{}", std::process::id()));
    let candidates = match place {
        Place::Files => {
            std::fs::create_dir_all(&scratch)?;
            on_files(&scratch, &only)?
        }
        Place::Postgres | Place::Boundaries => {
            let server = env::var("EVENTSOURCE_POSTGRES")
                .map_err(|_| "EVENTSOURCE_POSTGRES is not set: run scripts/peers")?;
            facts.extend(server::facts(&server).await?);
            on_server(&server, place, &only, &operations).await?
        }
    };
    if place == Place::Files {
        for candidate in &candidates {
            fill(candidate, &operations).await?;
        }
    }
    let mut columns = Vec::new();
    for operation in &operations {
        columns.push(measure(*operation, &candidates, rounds).await?);
    }
    drop_files(&scratch);
    let titles = operations
        .iter()
        .map(|operation| operation.title())
        .collect();
    let names = candidates
        .iter()
        .map(|candidate| candidate.name.clone())
        .collect();
    let report = Report::new(facts, titles, names, &columns);
    print!("{}", report.markdown());
    println!("\n{}", report.facts.join("; "));
    match env::var("SAVE") {
        Ok(path) => report.save(Path::new(&path)),
        Err(_) => Ok(()),
    }
}

fn operations(place: Place) -> Result<Vec<Operation>> {
    let (accounts, events) = (size("ACCOUNTS", 1_280)?, size("EVENTS", 10_000)?);
    let commands = |tasks, accounts: usize| Operation::Command {
        tasks,
        accounts: accounts.max(1),
    };
    let mut operations = vec![commands(1, accounts / 6), commands(32, accounts)];
    match place {
        Place::Postgres => operations.push(Operation::Load { events }),
        Place::Files => {
            operations.push(commands(64, accounts));
            operations.push(Operation::Load { events });
        }
        Place::Boundaries => {}
    }
    Ok(operations)
}

/// A number from the environment.
pub fn size(name: &str, usual: usize) -> Result<usize> {
    match env::var(name) {
        Ok(text) => {
            let number = text.parse().ok().filter(|number| *number > 0);
            number.ok_or_else(|| format!("{name} is no number above zero: `{text}`").into())
        }
        Err(_) => Ok(usual),
    }
}

/// Whether a system was asked for: its name begins with one of `only`, or there is none.
pub fn wanted(name: &str, only: &[&str]) -> bool {
    only.is_empty() || only.iter().any(|only| name.starts_with(only))
}

async fn fill(candidate: &Candidate, operations: &[Operation]) -> Result<()> {
    eprintln!("filling {}", candidate.name);
    for operation in operations {
        candidate.prepare(*operation).await?;
    }
    Ok(())
}

async fn on_server(
    server: &str,
    place: Place,
    only: &[&str],
    operations: &[Operation],
) -> Result<Vec<Candidate>> {
    let names: &[&str] = match place {
        Place::Boundaries => &systems::ON_BOUNDARIES,
        _ => &systems::ON_POSTGRES,
    };
    let mut candidates = Vec::new();
    for (number, name) in names.iter().enumerate() {
        if number > 0 && !wanted(name, only) {
            continue;
        }
        let (system, url) = systems::on_server(server, name)
            .await
            .map_err(|error| format!("{name}: {error}"))?;
        let candidate = Candidate::here(name, system);
        fill(&candidate, operations).await?;
        if let Some(url) = url {
            server::analyze(&url).await?;
        }
        candidates.push(candidate);
    }
    Ok(candidates)
}

/// The names of the program that holds this framework on SQLite, and the same by hand.
const OURS_ON_FILES: [&str; 3] = [
    systems::OURS,
    "eventsource, no cache",
    "by hand, cached, grouped",
];

fn on_files(scratch: &Path, only: &[&str]) -> Result<Vec<Candidate>> {
    let ours =
        env::var("PEERS_SQLITE").map_err(|_| "PEERS_SQLITE is not set: run scripts/peers")?;
    let peers = env::current_exe()?;
    let all = OURS_ON_FILES.iter().map(|name| (Path::new(&ours), name));
    let all = all.chain(systems::ON_FILES.iter().map(|name| (peers.as_path(), name)));
    let mut candidates = Vec::new();
    for (number, (program, name)) in all.enumerate() {
        if number > 0 && !wanted(name, only) {
            continue;
        }
        let mut command = Command::new(program);
        command
            .args(["worker", name])
            .arg(scratch.join(format!("{number}.db")));
        candidates.push(Candidate::apart(name, command)?);
    }
    Ok(candidates)
}

fn drop_files(scratch: &Path) {
    // The processes that hold them end with this one; what is left of them takes up no room then.
    if scratch.exists() {
        let _ = std::fs::remove_dir_all(scratch);
    }
}
