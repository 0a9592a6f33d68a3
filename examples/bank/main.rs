//! A bank on events: accounts as aggregates in a database file, in PostgreSQL or on NATS, filled from records in the
//! format of a real bank.
//!
//! `cargo run --release --example bank` books the few accounts in `data/`, which are made up, and shows what became of
//! them; with `--import TRANS` it books a file of the PKDD'99 financial data set. Begin with `account.rs`, the domain.

mod account;
mod arguments;
mod berka;
mod check;
mod date;
mod entry;
mod import;
mod money;
mod report;
mod summary;

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, BufReader, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use eventsource_core::prelude::*;
use eventsource_nats::NatsStore;
use eventsource_postgres::PostgresStore;
use eventsource_sqlite::SqliteStore;
use indicatif::{ProgressBar, ProgressStyle};

use crate::account::{Account, AccountId};
use crate::arguments::{Arguments, Place, Task, USAGE};
use crate::date::Date;
use crate::import::{Source, import};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The account and the day that the tour looks at.
const OVERDRAWN: (AccountId, &str) = (AccountId(12), "1993-02-20");

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = match Arguments::parse(std::env::args_os().skip(1)) {
        Ok(arguments) => arguments,
        Err(problem) => {
            let _ = writeln!(io::stderr(), "bank: {problem}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(&arguments).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(io::stderr(), "bank: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Does what was asked; `false` if something was left out or differs. The domain is the same on every store.
async fn run(Arguments { task, store }: &Arguments) -> Result<bool> {
    if let Task::Help = task {
        return say(USAGE).map(|()| true);
    }
    let clean;
    match store {
        Place::Usual | Place::File(_) => {
            let store = open_file(store).await?;
            clean = work(task, &Repository::new(store.clone())).await?;
            store.close().await;
        }
        Place::Postgres(url) => {
            let store = PostgresStore::open(url).await?;
            clean = work(task, &Repository::new(store.clone())).await?;
            store.close().await;
        }
        Place::Nats(url) => {
            let replicas = if url.contains(',') { 3 } else { 1 };
            let options = NatsStore::options().name("BANK").replicas(replicas);
            let store = options.open(url).await?;
            clean = work(task, &Repository::new(store.clone())).await?;
            store.close().await;
        }
    }
    Ok(clean)
}

async fn work<S: Store>(task: &Task, accounts: &Repository<Account, S>) -> Result<bool> {
    match task {
        Task::Help => Ok(true),
        Task::Tour => tour(accounts).await,
        Task::Report => say(report::overview(accounts).await?).map(|()| true),
        Task::Import {
            transactions,
            openings,
        } => {
            let bar = progress(transactions)?;
            let openings = openings
                .as_deref()
                .map(|path| source(path, &ProgressBar::hidden()))
                .transpose()?;
            book(accounts, openings, source(transactions, &bar)?, &bar).await
        }
    }
}

/// The accounts that come with the example: booked, unless they are there already, and shown.
async fn tour<S: Store>(accounts: &Repository<Account, S>) -> Result<bool> {
    let shipped = |name: &str, text: &'static str| Source {
        name: name.into(),
        file: Box::new(text.as_bytes()),
    };
    let openings = shipped("data/account.asc", include_str!("data/account.asc"));
    let transactions = shipped("data/trans.asc", include_str!("data/trans.asc"));
    let clean = book(
        accounts,
        Some(openings),
        transactions,
        &ProgressBar::hidden(),
    )
    .await?;
    let (account, day) = OVERDRAWN;
    let day: Date = day.parse()?;
    say(format_args!("\n{}", report::overview(accounts).await?))?;
    say(format_args!(
        "\n{}",
        report::statement(accounts, &account).await?
    ))?;
    if let Some(balance) = report::balance_on(accounts, &account, day).await? {
        say(format_args!(
            "At the end of {day} its balance was {balance}.\n"
        ))?;
    }
    Ok(clean)
}

/// Imports, and tells how it went.
async fn book<S: Store>(
    accounts: &Repository<Account, S>,
    openings: Option<Source>,
    transactions: Source,
    bar: &ProgressBar,
) -> Result<bool> {
    let begin = Instant::now();
    let summary = import(accounts, openings, transactions, bar).await?;
    let millis = begin.elapsed().as_millis().max(1);
    bar.finish_and_clear();
    let speed = u128::from(summary.commands()) * 1000 / millis;
    say(format_args!(
        "{summary}{:<20}{speed:>14}\n",
        "commands per second"
    ))?;
    Ok(summary.is_clean())
}

/// Opens a database file; the usual one is made with its directory.
async fn open_file(place: &Place) -> Result<SqliteStore> {
    if let Place::File(path) = place {
        return Ok(SqliteStore::open(path).await?);
    }
    fs::create_dir_all("target")?;
    Ok(SqliteStore::open("target/bank.db").await?)
}

fn source(path: &Path, bar: &ProgressBar) -> Result<Source> {
    let name = path.display().to_string();
    let file = File::open(path).map_err(|error| format!("{name}: {error}"))?;
    Ok(Source {
        name,
        file: Box::new(BufReader::new(bar.wrap_read(file))),
    })
}

/// A bar on stderr, in bytes of the file; indicatif hides it where there is no terminal.
fn progress(path: &Path) -> Result<ProgressBar> {
    let bytes = fs::metadata(path)
        .map_err(|error| format!("{}: {error}", path.display()))?
        .len();
    let style =
        ProgressStyle::with_template("{bar:40} {percent:>3}%  {elapsed} elapsed, {eta} to go")?;
    Ok(ProgressBar::new(bytes).with_style(style))
}

/// Writes to stdout; who closes it early (`bank | head`) gets no panic.
fn say(text: impl std::fmt::Display) -> Result<()> {
    let mut out = io::stdout().lock();
    write!(out, "{text}")
        .and_then(|()| out.flush())
        .map_err(|error| format!("stdout: {error}").into())
}
