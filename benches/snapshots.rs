//! What a load costs with snapshots: one hundred events without a snapshot, and one hundred thousand with one every
//! hundred events, in the same store, in turns. Medians, and the ratio to the first.
//!
//! `cargo bench --bench snapshots`; with `EVENTSOURCE_POSTGRES` set to a server's URL on PostgreSQL too, as
//! `scripts/with-servers cargo bench --bench snapshots` does.

use std::sync::Arc;
use std::time::{Duration, Instant};

use eventsource_core::prelude::*;
use eventsource_core::{
    Append, MemoryStore, NewEvent, SnapshotStore, Snapshots, Snapshotted, StreamName, Timestamp,
};
use eventsource_postgres::{PostgresStore, UnsafeServer};
use eventsource_sqlite::SqliteStore;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[event(name = "snapshots.deposited")]
pub struct Deposited {
    pub amount: u64,
    pub note: String,
}

#[derive(Debug, thiserror::Error)]
#[error("never")]
pub struct Never;

/// A state of ordinary size: a few numbers and the last twenty notes.
#[aggregate(
    name = "snapshots.account",
    id = u64,
    error = Never,
    events(Deposited),
    commands(Deposit),
    snapshot(every = 100),
)]
#[derive(Default, PartialEq)]
pub struct Account {
    owner: String,
    balance: u64,
    count: u64,
    notes: Vec<String>,
}

#[apply]
impl Account {
    fn deposited(&mut self, event: &Deposited) {
        self.balance += event.amount;
        self.count += 1;
        if self.notes.len() == 20 {
            self.notes.remove(0);
        }
        self.notes.push(event.note.clone());
    }
}

#[handle]
impl Account {
    #[command]
    pub fn deposit(&self, amount: u64, note: String) -> std::result::Result<Deposited, Never> {
        Ok(Deposited { amount, note })
    }
}

const ROUNDS: usize = 9;
const MANY: u64 = 100_000;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<()> {
    println!("{:<52} {:>10} {:>7}", "median of a load", "µs", "ratio");
    compare("memory", MemoryStore::new()).await?;
    let folder = tempfile::tempdir()?;
    let store = SqliteStore::open(folder.path().join("events.db")).await?;
    compare("SQLite", store.clone()).await?;
    store.close().await;
    if let Ok(url) = std::env::var("EVENTSOURCE_POSTGRES") {
        let schema = format!("snapshots_{}", std::process::id());
        let unsafe_server = UnsafeServer {
            fsync_off: true,
            full_page_writes_off: true,
        };
        let options = PostgresStore::options()
            .schema(&schema)
            .allow_unsafe_server(unsafe_server);
        let store = options.open(&url).await?;
        compare("PostgreSQL", store.clone()).await?;
        store.close().await;
        let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await?;
        let connection = tokio::spawn(connection);
        client
            .batch_execute(&format!("DROP SCHEMA {schema} CASCADE"))
            .await?;
        drop(client);
        connection.await??;
    }
    Ok(())
}

/// Loads of several aggregates, in turns.
async fn compare<S: SnapshotStore>(name: &str, store: S) -> Result<()> {
    let plain = Repository::<Account, _>::new(store.clone());
    let kept = plain.clone().snapshots(Snapshots::declared());
    let cases = [
        ("100 events, no snapshot", &plain, 1, 100, 0, 50),
        (
            "100,000 events, the last one in a snapshot",
            &kept,
            2,
            MANY,
            0,
            50,
        ),
        (
            "100,050 events, 50 after the snapshot",
            &kept,
            3,
            MANY,
            50,
            50,
        ),
        (
            "100,099 events, 99 after the snapshot",
            &kept,
            4,
            MANY,
            99,
            50,
        ),
        ("100,000 events, no snapshot", &plain, 2, MANY, 0, 1),
    ];
    for (_, repository, id, before, after, _) in &cases[..4] {
        fill(&store, *id, *before).await?;
        repository.load(id).await?;
        if *before == MANY {
            settle(&store, *id).await?;
        }
        fill(&store, *id, *after).await?;
    }
    let mut times: Vec<Vec<Duration>> = vec![Vec::new(); cases.len()];
    for _ in 0..ROUNDS {
        for (times, (_, repository, id, before, after, loads)) in times.iter_mut().zip(&cases) {
            let begin = Instant::now();
            for _ in 0..*loads {
                let account = repository.load(id).await?;
                assert_eq!(account.count, before + after);
            }
            times.push(begin.elapsed() / *loads);
        }
    }
    let mut first = None;
    for (mut times, (what, ..)) in times.into_iter().zip(cases) {
        times.sort_unstable();
        let median = times[times.len() / 2].as_secs_f64() * 1e6;
        let base = *first.get_or_insert(median);
        println!(
            "{:<52} {median:>10.1} {:>7.2}",
            format!("{name}: {what}"),
            median / base
        );
    }
    Ok(())
}

fn stream(id: u64) -> Result<StreamName> {
    Ok(StreamName::new(Account::NAME, &id)?)
}

async fn fill(store: &impl Store, id: u64, count: u64) -> Result<()> {
    for chunk in 0..count.div_ceil(5_000) {
        let numbers = chunk * 5_000..((chunk + 1) * 5_000).min(count);
        let append = numbers.fold(Append::to(stream(id)?), |append, number| {
            append.event(NewEvent {
                name: Deposited::NAME.into(),
                schema: 1,
                format: "json".into(),
                payload: format!(
                    r#"{{"amount":{},"note":"payment number {number}"}}"#,
                    number % 97
                )
                .into_bytes(),
                metadata: [].into(),
                recorded_at: Timestamp::from_micros(1_700_000_000_000_000),
                tags: Vec::new(),
            })
        });
        store.append(Arc::new(append)).await?;
    }
    Ok(())
}

/// Waits until the snapshot that a load has offered is there.
async fn settle(store: &impl SnapshotStore, id: u64) -> Result<()> {
    while store
        .snapshot(stream(id)?, Account::FINGERPRINT)
        .await?
        .is_none()
    {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(())
}
