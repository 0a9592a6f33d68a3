//! The same bank account on this framework, on its peers through their public interfaces, and by hand: what a load and a
//! command cost on PostgreSQL. All systems run in turns in one process, each in a database of its own; every balance is
//! checked; the table shows medians and, in brackets, how many times faster this framework is.
//!
//! `scripts/peers [load|commands] [SYSTEM…]`. ROUNDS, EVENTS and ACCOUNTS change the sizes.

mod account;
mod operation;
mod system;
mod systems;

use std::env;
use std::fmt::Write as _;

use operation::Operation;
use system::Result;
use systems::Candidate;

#[tokio::main]
async fn main() -> Result<()> {
    let server = env::var("EVENTSOURCE_POSTGRES")
        .map_err(|_| "EVENTSOURCE_POSTGRES is not set: run scripts/peers")?;
    let (rounds, accounts) = (size("ROUNDS", 7)?, size("ACCOUNTS", 640)?);
    let events = size("EVENTS", 10_000)?;
    let mut operations = vec![
        Operation::Load { events },
        Operation::Command {
            tasks: 1,
            accounts: (accounts / 6).max(1),
        },
        Operation::Command {
            tasks: 32,
            accounts,
        },
    ];
    let parts = ["load", "commands"];
    let (wanted, only): (Vec<String>, Vec<String>) = env::args()
        .skip(1)
        .partition(|word| parts.contains(&word.as_str()));
    operations.retain(|operation| {
        wanted.is_empty() || wanted.iter().any(|part| part == operation.part())
    });

    let candidates = systems::open(&server, &only).await?;
    for candidate in &candidates {
        eprintln!("filling {}", candidate.name);
        for operation in &operations {
            let prepared = operation.prepare(&candidate.system).await;
            prepared.map_err(|failure| format!("{}: {failure}", candidate.name))?;
        }
        system::analyze(&candidate.url).await?;
    }
    let mut columns = Vec::new();
    for operation in &operations {
        columns.push(measure(*operation, &candidates, rounds).await?);
    }
    print!("{}", table(&operations, &candidates, &columns));
    println!("\n{rounds} rounds, fsync {}", system::fsync(&server).await?);
    Ok(())
}

/// A number from the environment.
fn size(name: &str, usual: usize) -> Result<usize> {
    match env::var(name) {
        Ok(text) => {
            let number = text.parse().ok().filter(|number| *number > 0);
            number.ok_or_else(|| format!("{name} is no number above zero: `{text}`").into())
        }
        Err(_) => Ok(usual),
    }
}

/// The median rate of each candidate. Each round begins with another one, so that none always follows the same.
async fn measure(
    operation: Operation,
    candidates: &[Candidate],
    rounds: usize,
) -> Result<Vec<f64>> {
    eprintln!("{}", operation.title());
    let mut rates = vec![Vec::new(); candidates.len()];
    for round in 0..rounds {
        for turn in 0..candidates.len() {
            let number = (round + turn) % candidates.len();
            let candidate = &candidates[number];
            for _ in 0..operation.samples() {
                let sample = operation.sample(&candidate.system, round).await;
                let rate = sample.map_err(|failure| format!("{}: {failure}", candidate.name))?;
                rates[number].push(rate);
            }
        }
    }
    Ok(rates.into_iter().map(median).collect())
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

/// A row for each candidate, a column for each operation; this framework comes first.
fn table(operations: &[Operation], candidates: &[Candidate], columns: &[Vec<f64>]) -> String {
    let mut table = String::from("| |");
    for operation in operations {
        let _ = write!(table, " {} |", operation.title());
    }
    let _ = write!(table, "\n|---|{}\n", "---|".repeat(operations.len()));
    for (number, candidate) in candidates.iter().enumerate() {
        let _ = write!(table, "| {} |", candidate.name);
        for rates in columns {
            let (rate, times) = (rates[number], rates[0] / rates[number]);
            let _ = match number {
                0 => write!(table, " {rate:.0} |"),
                _ => write!(table, " {rate:.0} ({times:.2}) |"),
            };
        }
        table.push('\n');
    }
    table
}
