//! `SqliteStore` against the same work written by hand with rusqlite: durable appends by several waiting callers, whole
//! commands, and reading a stream. Both sides run in turns; the table shows medians and their ratio.
//!
//! The hand-written side is one loop on one thread: the store's own schema and pragmas, prepared statements, as many
//! appends in a transaction as there are callers, and for each of them the look-up of the key, the version check, and
//! the inserts of event, tag and key.

use std::hint::black_box;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use eventsource_core::prelude::*;
use eventsource_core::{
    Append, EventRef, ExecuteError, Key, NewEvent, StreamName, StreamScan, Tag, TagList, Timestamp,
    Version, Visit,
};
use eventsource_sqlite::SqliteStore;
use rusqlite::{Connection, OptionalExtension, Row, params};
use tokio::runtime::{Builder, Runtime};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const ROUNDS: usize = 7;

fn main() -> Result<()> {
    let folder = std::env::temp_dir().join(format!("eventsource-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let runtimes = [
        ("one thread", Builder::new_current_thread().build()?),
        (
            "two threads",
            Builder::new_multi_thread().worker_threads(2).build()?,
        ),
    ];
    println!(
        "{:<44} {:>12} {:>12} {:>7}",
        "median of each side", "store /s", "by hand /s", "ratio"
    );
    let only = std::env::args().nth(1);
    let wanted = |part: &str| {
        only.as_deref()
            .is_none_or(|only| only == part || only.starts_with('-'))
    };
    for (name, runtime) in runtimes.iter().filter(|_| wanted("appends")) {
        for (callers, appends) in [(1, 1_500), (16, 8_000), (64, 16_000), (256, 32_000)] {
            compare_appends(&folder, name, runtime, callers, appends)?;
        }
    }
    for (name, runtime) in runtimes.iter().filter(|_| wanted("commands")) {
        for (callers, commands) in [(1, 1_500), (16, 8_000), (64, 16_000)] {
            compare_commands(&folder, name, runtime, callers, commands)?;
        }
    }
    for (name, runtime) in runtimes.iter().filter(|_| wanted("reads")) {
        compare_reads(&folder, name, runtime)?;
    }
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

fn compare_appends(
    folder: &Path,
    name: &str,
    runtime: &Runtime,
    callers: usize,
    appends: usize,
) -> Result<()> {
    let (ours, theirs) = (fresh(folder, runtime)?, fresh(folder, runtime)?);
    let store = runtime.block_on(SqliteStore::open(&ours))?;
    let mut by_hand = ByHand::open(&theirs)?;
    let each = appends / callers;
    let (mut store_times, mut hand_times) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        store_times.push(timed(|| {
            runtime.block_on(append(&store, callers, round * each, each))
        })?);
        hand_times.push(timed(|| by_hand.append(callers, round * each, each))?);
    }
    report(
        &format!("appends, {callers} callers, {name}"),
        each * callers,
        store_times,
        hand_times,
    );
    let metrics = store.metrics();
    println!(
        "    appends in a call: {:.1}",
        metrics.appends as f64 / metrics.calls as f64
    );
    runtime.block_on(store.close());
    Ok(())
}

/// Commands on accounts whose states are in memory, against the appends that they lead to, by hand.
fn compare_commands(
    folder: &Path,
    name: &str,
    runtime: &Runtime,
    callers: usize,
    commands: usize,
) -> Result<()> {
    let (ours, theirs) = (fresh(folder, runtime)?, fresh(folder, runtime)?);
    let store = runtime.block_on(SqliteStore::open(&ours))?;
    let accounts = Repository::<Account, _>::new(store.clone()).cache(1_000);
    let mut by_hand = ByHand::open(&theirs)?;
    let each = commands / callers;
    let (mut store_times, mut hand_times) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        store_times.push(timed(|| {
            runtime.block_on(execute(&accounts, callers, each))
        })?);
        hand_times.push(timed(|| by_hand.append(callers, round * each, each))?);
    }
    report(
        &format!("commands, {callers} callers, {name}"),
        each * callers,
        store_times,
        hand_times,
    );
    runtime.block_on(store.close());
    Ok(())
}

/// Every caller executes commands on its own account, one after the other.
async fn execute(
    accounts: &Repository<Account, SqliteStore>,
    callers: usize,
    each: usize,
) -> Result<()> {
    let caller = |caller: u64| {
        let accounts = accounts.clone();
        async move {
            for _ in 0..each {
                let owner = caller % 1_000;
                accounts.execute(&caller, Deposit { owner }).await?;
            }
            Ok::<_, ExecuteError<Never>>(())
        }
    };
    let tasks: Vec<_> = (0..callers as u64)
        .map(|number| tokio::spawn(caller(number)))
        .collect();
    for task in tasks {
        task.await??;
    }
    Ok(())
}

fn compare_reads(folder: &Path, name: &str, runtime: &Runtime) -> Result<()> {
    const EVENTS: usize = 10_000;
    let path = fresh(folder, runtime)?;
    let store = runtime.block_on(SqliteStore::open(&path))?;
    let filled = (0..EVENTS).fold(Append::to(stream(0)), |append, number| {
        append.event(event(number))
    });
    runtime.block_on(store.append(Arc::new(filled)))?;
    let by_hand = ByHand::open(&path)?;
    let (mut store_times, mut hand_times, mut whole_times) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS * 20 {
        let (mut store_sum, mut hand_sum, mut whole_sum) = (0, 0, 0);
        let read = async {
            Ok(store
                .scan_stream(StreamScan::of(stream(0)), Sum(0))
                .await?
                .0)
        };
        store_times.push(timed(|| runtime.block_on(read).map(|sum| store_sum = sum))?);
        hand_times.push(timed(|| by_hand.sum().map(|sum| hand_sum = sum))?);
        whole_times.push(timed(|| {
            by_hand.sum_of_whole_events().map(|sum| whole_sum = sum)
        })?);
        assert_eq!((store_sum, store_sum), (hand_sum, whole_sum));
    }
    report(
        &format!("whole events of a stream, {name}"),
        EVENTS,
        store_times.clone(),
        whole_times,
    );
    report(
        &format!("the same, by hand 3 columns, {name}"),
        EVENTS,
        store_times,
        hand_times,
    );
    runtime.block_on(store.close());
    Ok(())
}

fn timed<T>(work: impl FnOnce() -> Result<T>) -> Result<Duration> {
    let begin = Instant::now();
    work()?;
    Ok(begin.elapsed())
}

fn report(what: &str, count: usize, mut store: Vec<Duration>, mut by_hand: Vec<Duration>) {
    let rate = |times: &mut Vec<Duration>| {
        times.sort();
        count as f64 / times[times.len() / 2].as_secs_f64()
    };
    let (store, by_hand) = (rate(&mut store), rate(&mut by_hand));
    println!(
        "{what:<44} {store:>12.0} {by_hand:>12.0} {:>7.2}",
        store / by_hand
    );
}

/// A new, empty store's file.
fn fresh(folder: &Path, runtime: &Runtime) -> Result<PathBuf> {
    let count = std::fs::read_dir(folder)?.count();
    let path = folder.join(format!("{count}.db"));
    runtime.block_on(async {
        SqliteStore::open(&path).await?.close().await;
        Ok(path)
    })
}

fn stream(number: usize) -> StreamName {
    StreamName::new("account", &(number as u64)).expect("a good name")
}

fn event(number: usize) -> NewEvent {
    NewEvent {
        name: "account.deposited".into(),
        schema: 1,
        format: "json".into(),
        payload: format!(r#"{{"amount":{number},"note":"a gift"}}"#).into_bytes(),
        metadata: [].into(),
        recorded_at: Timestamp::from_micros(1_700_000_000_000_000),
        tags: vec![Tag::new("owner", number % 1_000)],
    }
}

fn key(caller: usize, number: usize) -> Key {
    Key::given("account", &format!("{caller}-{number}"), b"deposit")
}

/// Every caller appends to its own stream, one event after the other, and knows the stream's version.
async fn append(store: &SqliteStore, callers: usize, from: usize, each: usize) -> Result<()> {
    let caller = |caller: usize| {
        let store = store.clone();
        async move {
            let stream = stream(caller);
            for number in from..from + each {
                let append = Append::to(stream.clone())
                    .at(Version(number as u64))
                    .event(event(number));
                store
                    .append(Arc::new(append.key(key(caller, number))))
                    .await?;
            }
            Ok::<_, eventsource_core::AppendError>(())
        }
    };
    let tasks: Vec<_> = (0..callers)
        .map(|number| tokio::spawn(caller(number)))
        .collect();
    for task in tasks {
        task.await??;
    }
    Ok(())
}

struct ByHand(Connection);

impl ByHand {
    fn open(path: &Path) -> Result<Self> {
        let conn = Connection::open(path)?;
        conn.pragma_update(None, "synchronous", "FULL")?;
        conn.pragma_update(None, "wal_autocheckpoint", 4096)?;
        conn.pragma_update(None, "cache_size", -16_384)?;
        conn.set_prepared_statement_cache_capacity(32);
        conn.execute(
            "INSERT INTO names (name) VALUES ('account.deposited') ON CONFLICT DO NOTHING",
            [],
        )?;
        conn.execute("INSERT INTO shapes (name, schema, format) VALUES (1, 1, 'json') ON CONFLICT DO NOTHING", [])?;
        Ok(Self(conn))
    }

    fn append(&mut self, callers: usize, from: usize, each: usize) -> Result<()> {
        let conn = &self.0;
        let mut begin = conn.prepare("BEGIN IMMEDIATE")?;
        let mut commit = conn.prepare("COMMIT")?;
        let mut find_key =
            conn.prepare("SELECT digest, position, count FROM keys WHERE id = ?1")?;
        let mut find_stream = conn.prepare(
            "SELECT id, (SELECT max(version) FROM events WHERE stream = streams.id) FROM streams WHERE name = ?1",
        )?;
        let mut add_stream = conn.prepare("INSERT INTO streams (name) VALUES (?1)")?;
        let mut add_event = conn.prepare(
            "INSERT INTO events (stream, version, name, shape, recorded_at, payload, tags)
             VALUES (?1, ?2, 1, 1, ?3, ?4, ?5)",
        )?;
        let mut add_tag =
            conn.prepare("INSERT INTO tags (tag, position, name) VALUES (?1, ?2, 1)")?;
        let mut add_key =
            conn.prepare("INSERT INTO keys (id, digest, position, count) VALUES (?1, ?2, ?3, 1)")?;
        let streams: Vec<_> = (0..callers).map(stream).collect();
        for number in from..from + each {
            begin.execute([])?;
            for (caller, stream) in streams.iter().enumerate() {
                let (event, key) = (event(number), key(caller, number));
                if find_key.exists([key.id.as_bytes()])? {
                    return Err("the key is there".into());
                }
                let found: Option<(i64, i64)> = find_stream
                    .query_row([stream.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
                    .optional()?;
                let (id, version) = match found {
                    Some(found) => found,
                    None => (add_stream.insert([stream.as_str()])?, 0),
                };
                if version != i64::try_from(number)? {
                    return Err("another version".into());
                }
                let position = add_event.insert(params![
                    id,
                    version + 1,
                    event.recorded_at.as_micros(),
                    event.payload,
                    TagList::store(&event.tags)
                ])?;
                add_tag.execute(params![event.tags[0].as_str(), position])?;
                add_key.execute(params![key.id.as_bytes(), key.digest.as_bytes(), position])?;
            }
            commit.execute([])?;
        }
        Ok(())
    }

    /// Reads what a fold by hand needs: the version for its next append, the shape to know how to decode.
    fn sum(&self) -> Result<i64> {
        self.sum_of("version, shape, payload", 2, |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
        })
    }

    /// Reads all that a store's visitor is shown.
    fn sum_of_whole_events(&self) -> Result<i64> {
        self.sum_of(
            "version, shape, position, recorded_at, metadata, payload, tags",
            5,
            |row| {
                black_box((
                    row.get::<_, i64>(2)?,
                    row.get::<_, i64>(3)?,
                    row.get_ref(4)?,
                    row.get_ref(6)?.as_str_or_null()?,
                ));
                Ok((row.get(0)?, row.get(1)?))
            },
        )
    }

    fn sum_of(
        &self,
        columns: &str,
        payload: usize,
        read: impl Fn(&Row<'_>) -> rusqlite::Result<(i64, i64)>,
    ) -> Result<i64> {
        let mut statement = self.0.prepare_cached(&format!(
            "SELECT {columns} FROM events WHERE stream = (SELECT id FROM streams WHERE name = ?1) ORDER BY version"
        ))?;
        let mut rows = statement.query([stream(0).as_str()])?;
        let (mut sum, mut last) = (0, 0);
        while let Some(row) = rows.next()? {
            let (version, shape) = read(row)?;
            if shape != 1 {
                return Err("another shape".into());
            }
            last = version;
            let deposited: Deposited<'_> =
                serde_json::from_slice(row.get_ref(payload)?.as_blob()?)?;
            sum += deposited.amount + i64::from(deposited.note.is_empty());
        }
        black_box(last);
        Ok(sum)
    }
}

#[event(name = "account.deposited")]
pub struct GiftDeposited {
    pub amount: u64,
    pub note: String,
    #[tag]
    #[serde(skip)]
    pub owner: u64,
}

#[derive(Debug, thiserror::Error)]
#[error("never")]
pub enum Never {}

#[aggregate(name = "account", id = u64, error = Never, events(GiftDeposited), commands(Deposit))]
#[derive(Default, Clone)]
pub struct Account {
    balance: u64,
}

#[apply]
impl Account {
    fn deposited(&mut self, event: &GiftDeposited) {
        self.balance += event.amount;
    }
}

#[handle]
impl Account {
    #[command]
    pub fn deposit(&self, owner: u64) -> GiftDeposited {
        GiftDeposited {
            amount: self.balance % 10_000,
            note: "a gift".into(),
            owner,
        }
    }
}

#[derive(serde::Deserialize)]
struct Deposited<'a> {
    amount: i64,
    note: &'a str,
}

struct Sum(i64);

impl Visit for Sum {
    fn visit(&mut self, event: EventRef<'_>) -> ControlFlow<()> {
        match serde_json::from_slice::<Deposited<'_>>(event.payload) {
            Ok(deposited) => self.0 += deposited.amount + i64::from(deposited.note.is_empty()),
            Err(_) => return ControlFlow::Break(()),
        }
        ControlFlow::Continue(())
    }
}
