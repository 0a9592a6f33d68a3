//! The run of read models: every system has the same events, and makes the balance of each account of them, in turns.

use std::env;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use crate::operation::{balance_of, fill};
use crate::read_models::{self, ReadModel, SYSTEMS, Sums};
use crate::report::Report;
use crate::run::{size, wanted};
use crate::system::Result;
use crate::{server, systems};

/// How many events an account has.
const EACH: usize = 40;

/// A system with its read model, and the rates that were measured.
struct Catching {
    name: &'static str,
    model: Arc<dyn ReadModel>,
    table: Vec<f64>,
    memory: Vec<f64>,
}

/// Runs with the systems that were asked for, or all.
pub async fn run(only: &[&str]) -> Result<()> {
    let (rounds, events) = (size("ROUNDS", 3)?, size("EVENTS", 40_000)?);
    let accounts = (events / EACH).max(1);
    let events = accounts * EACH;
    let expected = (
        i64::try_from(accounts)?,
        balance_of(EACH) * i64::try_from(accounts)?,
    );
    let server = env::var("EVENTSOURCE_POSTGRES")
        .map_err(|_| "EVENTSOURCE_POSTGRES is not set: run scripts/peers")?;
    let mut facts = vec![format!(
        "{events} events of {accounts} accounts, {rounds} rounds, medians"
    )];
    facts.extend(server::facts(&server).await?);
    let mut all = Vec::new();
    for (number, name) in SYSTEMS.into_iter().enumerate() {
        if number == 0 || wanted(name, only) {
            all.push(filled(&server, name, accounts).await?);
        }
    }
    for round in 0..rounds {
        for turn in 0..all.len() {
            let number = (round + turn) % all.len();
            let one = &mut all[number];
            let measured = one.sample(events, expected).await;
            measured.map_err(|failure| format!("{}: {failure}", one.name))?;
        }
    }
    let names = all.iter().map(|one| one.name.to_owned()).collect();
    let rates = all
        .into_iter()
        .map(|one| vec![median(one.table), median(one.memory)])
        .collect();
    let titles = ["into a table, events/s", "into memory, events/s"];
    let report = Report::of(facts, titles.map(str::to_owned).to_vec(), names, rates);
    print!("{}", report.markdown());
    println!("\n{}", report.facts.join("; "));
    match env::var("SAVE") {
        Ok(path) => report.save(Path::new(&path)),
        Err(_) => Ok(()),
    }
}

/// A system whose store has the events.
async fn filled(server: &str, name: &'static str, accounts: usize) -> Result<Catching> {
    eprintln!("filling {name}");
    let (system, url) = systems::on_server(server, name)
        .await
        .map_err(|error| format!("{name}: {error}"))?;
    let url = url.ok_or("a system without a database")?;
    for number in 0..accounts {
        let account = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, &number.to_be_bytes());
        fill(&*system, account, EACH).await?;
    }
    drop(system);
    let model = read_models::open(name, &url).await?;
    server::analyze(&url).await?;
    Ok(Catching {
        name,
        model,
        table: Vec::new(),
        memory: Vec::new(),
    })
}

impl Catching {
    async fn sample(&mut self, events: usize, expected: Sums) -> Result<()> {
        let rate = |begin: Instant| events as f64 / begin.elapsed().as_secs_f64();
        self.model.clear().await?;
        // In tasks, as in a server: a runtime's `block_on` has a thread of its own.
        let (begin, model) = (Instant::now(), Arc::clone(&self.model));
        if tokio::spawn(async move { model.into_table().await }).await?? {
            self.table.push(rate(begin));
            check(self.model.sums().await?, expected)?;
        }
        let (begin, model) = (Instant::now(), Arc::clone(&self.model));
        if let Some(sums) = tokio::spawn(async move { model.into_memory().await }).await?? {
            self.memory.push(rate(begin));
            check(sums, expected)?;
        }
        Ok(())
    }
}

fn check(found: Sums, expected: Sums) -> Result<()> {
    match found == expected {
        true => Ok(()),
        false => Err(format!(
            "(accounts, sum of balances) is {found:?}, and should be {expected:?}"
        )
        .into()),
    }
}

fn median(mut rates: Vec<f64>) -> Option<f64> {
    rates.sort_by(f64::total_cmp);
    rates.get(rates.len() / 2).copied()
}
