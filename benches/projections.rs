//! Projections against the same work written by hand: catching up into a read model in PostgreSQL against a loop that
//! writes 512 events in a transaction; into memory against a plain read that decodes and folds; and what a projection that
//! is run inline adds to an append. The sides run in turns; the table shows medians and their ratio.
//!
//! `scripts/with-servers cargo bench --bench projections [PART]`. Parts: postgres, memory, inline. Without a server the
//! first is left out, and the last has SQLite alone.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use eventsource_core::prelude::*;
use eventsource_core::{
    Append, EventRef, LogScan, NewEvent, Position, Query, Record, Recorded, StreamName, Timestamp,
    Visit,
};
use eventsource_postgres::{PgTx, PostgresStore, TxError, UnsafeServer};
use eventsource_sqlite::{SqliteStore, SqliteTx};
use rusqlite::params;
use tokio::runtime::Builder;
use tokio_postgres::NoTls;

type Failure = Box<dyn std::error::Error + Send + Sync>;
type Result<T> = std::result::Result<T, Failure>;

const ROUNDS: usize = 5;
const STREAMS: u64 = 1_000;
const BATCH: i64 = 512;

#[event(name = "account.deposited")]
pub struct Deposited {
    pub amount: i64,
}

struct InPostgres;

#[projection(name = "balances")]
impl InPostgres {
    #[create]
    async fn tables(&self, tx: &mut PgTx) -> std::result::Result<(), TxError> {
        let sql = "CREATE TABLE {balances} (account text PRIMARY KEY, balance bigint NOT NULL)";
        tx.execute_batch(sql).await
    }

    async fn deposited(
        &self,
        event: &Recorded<Deposited>,
        tx: &mut PgTx,
    ) -> std::result::Result<(), TxError> {
        let sql = "INSERT INTO {balances} AS b VALUES ($1, $2) \
                   ON CONFLICT (account) DO UPDATE SET balance = b.balance + excluded.balance";
        let (account, amount) = (event.stream.as_str(), event.event.amount);
        tx.send(sql, &[&account, &amount]).await
    }
}

struct InSqlite;

#[projection(name = "balances")]
impl InSqlite {
    #[create]
    fn tables(&self, tx: &SqliteTx) -> rusqlite::Result<()> {
        tx.execute_batch(
            "CREATE TABLE {balances} (account TEXT PRIMARY KEY, balance INTEGER NOT NULL)",
        )
    }

    fn deposited(&self, event: &Recorded<Deposited>, tx: &SqliteTx) -> rusqlite::Result<()> {
        let sql = "INSERT INTO {balances} VALUES (?1, ?2) \
                   ON CONFLICT DO UPDATE SET balance = balance + excluded.balance";
        tx.execute(sql, params![event.stream.as_str(), event.event.amount])
            .map(|_| ())
    }
}

#[derive(Default)]
struct InMemory(HashMap<StreamName, i64>);

#[projection(name = "sums")]
impl InMemory {
    fn deposited(&mut self, event: &Recorded<Deposited>) {
        match self.0.get_mut(&event.stream) {
            Some(sum) => *sum += event.event.amount,
            None => drop(self.0.insert(event.stream.clone(), event.event.amount)),
        }
    }
}

fn main() -> Result<()> {
    let only = std::env::args().nth(1);
    let wanted = |part: &str| {
        only.as_deref()
            .is_none_or(|only| only == part || only.starts_with('-'))
    };
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    println!(
        "{:<52} {:>11} {:>11} {:>6}",
        "median of each side", "ours /s", "by hand /s", "ratio"
    );
    runtime.block_on(async {
        if wanted("memory") {
            memory().await?;
        }
        if wanted("inline") {
            inline().await?;
        }
        let Ok(url) = std::env::var("EVENTSOURCE_POSTGRES") else {
            return Ok(());
        };
        if wanted("inline") {
            inline_in_postgres(&url).await?;
        }
        if wanted("postgres") {
            postgres(&url).await?;
        }
        Ok(())
    })
}

fn record(number: u64) -> Record {
    Record {
        stream: StreamName::parse(&format!("account/{}", number * 31 % STREAMS))
            .expect("a good name"),
        event: NewEvent {
            name: Deposited::NAME.into(),
            schema: 1,
            format: "json".into(),
            payload: format!(r#"{{"amount":{}}}"#, number % 100).into_bytes(),
            metadata: [].into(),
            recorded_at: Timestamp::from_micros(0),
            tags: Vec::new(),
        },
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn row(name: &str, ours: Vec<f64>, theirs: Vec<f64>) {
    let (ours, theirs) = (median(ours), median(theirs));
    println!(
        "{name:<52} {ours:>11.0} {theirs:>11.0} {:>6.2}",
        ours / theirs
    );
}

async fn timed<T>(events: u64, work: impl Future<Output = Result<T>>) -> Result<(f64, T)> {
    let begin = Instant::now();
    let made = work.await?;
    Ok((events as f64 / begin.elapsed().as_secs_f64(), made))
}

/// Decodes and folds what it is shown: the plain read.
struct Plain(HashMap<StreamName, i64>);

impl Visit for Plain {
    fn visit(&mut self, event: EventRef<'_>) -> ControlFlow<()> {
        let Ok(Deposited { amount }) = serde_json::from_slice(event.payload) else {
            return ControlFlow::Break(());
        };
        match self.0.get_mut(event.stream) {
            Some(sum) => *sum += amount,
            None => drop(self.0.insert(event.stream.clone(), amount)),
        }
        ControlFlow::Continue(())
    }
}

async fn memory() -> Result<()> {
    const EVENTS: u64 = 200_000;
    let folder = tempfile::tempdir()?;
    let store = filled(&folder.path().join("memory.db"), EVENTS).await?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let view = store.view(InMemory::default);
        let read = async { Ok(view.read(|sums| sums.0.values().sum::<i64>()).await?) };
        let (speed, sum) = timed(EVENTS, read).await?;
        ours.push(speed);
        let query = Query::types([Deposited::NAME]);
        let plain = async {
            let plain = Plain(HashMap::new());
            let scan = LogScan::after(Position::START).matching(query);
            Ok(store.scan_all(scan, plain).await?.0.0.values().sum::<i64>())
        };
        let (speed, same) = timed(EVENTS, plain).await?;
        theirs.push(speed);
        assert_eq!(sum, same);
    }
    row("SQLite, into memory (a view)", ours, theirs);
    store.close().await;
    Ok(())
}

async fn filled(path: &Path, events: u64) -> Result<SqliteStore> {
    let store = SqliteStore::open(path).await?;
    for first in (0..events).step_by(1_000) {
        let append = (first..(first + 1_000).min(events))
            .map(record)
            .fold(Append::across(), |append, record| {
                append.record(record.stream, record.event)
            });
        eventsource_core::MultiStreamStore::append_across(&store, Arc::new(append)).await?;
    }
    Ok(store)
}

/// With the projection inline, against without it.
async fn inline() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let without = SqliteStore::open(folder.path().join("without.db")).await?;
    let with = SqliteStore::open(folder.path().join("with.db")).await?;
    with.run_inline(InSqlite).await?;
    appends("SQLite", &with, &without).await?;
    with.close().await;
    without.close().await;
    Ok(())
}

async fn inline_in_postgres(url: &str) -> Result<()> {
    let with = Scratch::open(url, "with").await?;
    let without = Scratch::open(url, "without").await?;
    with.store.run_inline(InPostgres).await?;
    appends("PostgreSQL", &with.store, &without.store).await?;
    with.drop().await?;
    without.drop().await
}

/// Appends of one event each, by so many tasks.
async fn appends<S: Store>(place: &str, with: &S, without: &S) -> Result<()> {
    for (tasks, appends) in [(1_u64, 1_000_u64), (16, 8_000), (64, 16_000)] {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            for (store, speeds) in [(with, &mut ours), (without, &mut theirs)] {
                speeds.push(timed(appends, append_all(store, tasks, appends)).await?.0);
            }
        }
        row(
            &format!("{place}, appends with it inline / without, {tasks} tasks"),
            ours,
            theirs,
        );
    }
    Ok(())
}

async fn append_all<S: Store>(store: &S, tasks: u64, appends: u64) -> Result<()> {
    let running: Vec<_> = (0..tasks)
        .map(|task| {
            let store = store.clone();
            tokio::spawn(async move {
                for number in 0..appends / tasks {
                    let Record { stream, event } = record(task * appends + number);
                    store
                        .append(Arc::new(Append::to(stream).event(event)))
                        .await?;
                }
                Ok::<(), Failure>(())
            })
        })
        .collect();
    for task in running {
        task.await??;
    }
    Ok(())
}

/// A store on PostgreSQL with its tables, to be dropped in the end.
struct Scratch {
    store: PostgresStore,
    client: tokio_postgres::Client,
    name: String,
}

impl Scratch {
    async fn open(url: &str, of: &str) -> Result<Self> {
        let allowed = UnsafeServer {
            fsync_off: true,
            ..UnsafeServer::default()
        };
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        tokio::spawn(connection);
        let name = format!("bench_{of}_{}", std::process::id());
        client
            .batch_execute(&format!(
                "CREATE SCHEMA {name}_tables; SET search_path = {name}_tables"
            ))
            .await?;
        let separator = if url.contains('?') { '&' } else { '?' };
        let url = format!("{url}{separator}options=-c%20search_path%3D{name}_tables");
        let options = PostgresStore::options().schema(&name);
        let store = options.allow_unsafe_server(allowed).open(&url).await?;
        Ok(Self {
            store,
            client,
            name,
        })
    }

    async fn drop(self) -> Result<()> {
        let Self { name, client, .. } = self;
        self.store.close().await;
        let sql = format!("DROP SCHEMA {name} CASCADE; DROP SCHEMA {name}_tables CASCADE");
        Ok(client.batch_execute(&sql).await?)
    }
}

async fn postgres(url: &str) -> Result<()> {
    const EVENTS: u64 = 50_000;
    let scratch = Scratch::open(url, "catch_up").await?;
    let Scratch {
        store,
        client,
        name,
    } = &scratch;
    store.import((0..EVENTS).map(record)).await?;
    for slices in [1, 2] {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let runner = store.project(InPostgres).slices(slices);
            let catching_up = async { Ok(runner.catch_up().await?) };
            ours.push(timed(EVENTS, catching_up).await?.0);
            theirs.push(timed(EVENTS, by_hand(client, name)).await?.0);
            let sql = "SELECT count(*) FROM balances b JOIN by_hand h USING (account) WHERE b.balance = h.balance";
            assert_eq!(
                client.query_one(sql, &[]).await?.get::<_, i64>(0),
                STREAMS.cast_signed()
            );
            clear(client, name).await?;
        }
        row(
            &format!("PostgreSQL, into a table, {slices} slices"),
            ours,
            theirs,
        );
    }
    scratch.drop().await
}

async fn clear(client: &tokio_postgres::Client, name: &str) -> Result<()> {
    let sql = format!(
        "DROP VIEW balances; DROP TABLE balances_v1, by_hand, by_hand_at; DELETE FROM {name}.slots; DELETE FROM {name}.consumers"
    );
    Ok(client.batch_execute(&sql).await?)
}

/// The loop that one would write: a page of events, and in one transaction a statement for each and the checkpoint.
async fn by_hand(client: &tokio_postgres::Client, schema: &str) -> Result<()> {
    client
        .batch_execute(
            "CREATE TABLE by_hand (account text PRIMARY KEY, balance bigint NOT NULL); \
             CREATE TABLE by_hand_at (position bigint NOT NULL); INSERT INTO by_hand_at VALUES (0)",
        )
        .await?;
    let page = client
        .prepare(&format!(
            "SELECT position, stream, payload FROM {schema}.events WHERE name = 'account.deposited' AND position > $1 \
             ORDER BY position LIMIT $2"
        ))
        .await?;
    let write = client
        .prepare(
            "INSERT INTO by_hand AS b VALUES ($1, $2) \
             ON CONFLICT (account) DO UPDATE SET balance = b.balance + excluded.balance",
        )
        .await?;
    let note = client
        .prepare("UPDATE by_hand_at SET position = $1")
        .await?;
    let mut position = 0_i64;
    loop {
        let rows = client.query(&page, &[&position, &BATCH]).await?;
        let Some(last) = rows.last() else {
            return Ok(());
        };
        position = last.get(0);
        client.batch_execute("BEGIN").await?;
        for row in &rows {
            let Deposited { amount } = serde_json::from_slice(row.get(2))?;
            client
                .execute(&write, &[&row.get::<_, &str>(1), &amount])
                .await?;
        }
        client.execute(&note, &[&position]).await?;
        client.batch_execute("COMMIT").await?;
    }
}
