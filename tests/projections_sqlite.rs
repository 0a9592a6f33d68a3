//! Projections into the file: what their methods write is committed with the checkpoint, or neither is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use eventsource_core::prelude::*;
use eventsource_core::testing::past;
use eventsource_core::{
    Append, AppendError, Appended, BoxError, Ended, Json, NewEvent, OnError, RunError, Store,
    StreamName, StreamScan, Timestamp, Which,
};
use eventsource_sqlite::rusqlite::{self, Connection, OptionalExtension, params};
use eventsource_sqlite::{Scratch, SqliteStore, SqliteTx};

#[event(name = "account.opened")]
pub struct Opened {
    pub owner: String,
}

#[event(name = "account.deposited")]
pub struct Deposited {
    pub amount: i64,
}

/// The balance of each account.
struct Balances;

#[projection(name = "balances")]
impl Balances {
    #[create]
    fn tables(&self, tx: &SqliteTx) -> rusqlite::Result<()> {
        tx.execute_batch(
            "CREATE TABLE {balances} (account TEXT PRIMARY KEY, balance INTEGER NOT NULL) STRICT; \
             CREATE INDEX {by_balance} ON {balances} (balance)",
        )
    }

    fn opened(&self, event: &Recorded<Opened>, tx: &SqliteTx) -> rusqlite::Result<()> {
        let sql = "INSERT INTO {balances} VALUES (?1, 0) ON CONFLICT DO NOTHING";
        tx.execute(sql, [event.stream.id()]).map(|_| ())
    }

    fn deposited(&self, event: &Recorded<Deposited>, tx: &SqliteTx) -> Result<(), BoxError> {
        if event.event.amount == 13 {
            return Err("thirteen".into());
        }
        assert_ne!(event.event.amount, 14, "fourteen");
        let sql = "INSERT INTO {balances} VALUES (?1, ?2) \
                   ON CONFLICT DO UPDATE SET balance = balance + excluded.balance";
        tx.execute(sql, params![event.stream.id(), event.event.amount])?;
        Ok(())
    }
}

/// The same with the number of deposits.
struct BalancesWithCount {
    may: Arc<AtomicBool>,
}

#[projection(name = "balances", version = 2)]
impl BalancesWithCount {
    #[create]
    fn tables(&self, tx: &SqliteTx) -> rusqlite::Result<()> {
        tx.execute_batch(
            "CREATE TABLE {balances} (account TEXT PRIMARY KEY, balance INTEGER NOT NULL, deposits INTEGER NOT NULL) STRICT",
        )
    }

    fn deposited(&self, event: &Recorded<Deposited>, tx: &SqliteTx) -> Result<(), BoxError> {
        if event.position.0 > 20 && !self.may.load(Ordering::SeqCst) {
            return Err("not yet".into());
        }
        let sql = "INSERT INTO {balances} VALUES (?1, ?2, 1) ON CONFLICT DO UPDATE \
                   SET balance = balance + excluded.balance, deposits = deposits + 1";
        tx.execute(sql, params![event.stream.id(), event.event.amount])?;
        Ok(())
    }
}

async fn deposit(store: &SqliteStore, account: u64, amount: i64) {
    try_deposit(store, account, amount).await.unwrap();
}

async fn try_deposit(
    store: &SqliteStore,
    account: u64,
    amount: i64,
) -> Result<Appended, AppendError> {
    let event = NewEvent {
        name: Deposited::NAME.into(),
        schema: 1,
        format: Json::FORMAT.into(),
        payload: format!(r#"{{"amount":{amount}}}"#).into(),
        metadata: [].into(),
        recorded_at: Timestamp::default(),
        tags: Vec::new(),
    };
    let stream = StreamName::parse(&format!("account/{account}")).unwrap();
    store
        .append(Arc::new(Append::to(stream).event(event)))
        .await
}

/// What a reader sees, on a connection of its own, under the plain name.
fn balance(conn: &Connection, account: u64) -> Option<i64> {
    let sql = "SELECT balance FROM balances WHERE account = ?1";
    let found = conn.query_row(sql, [account.to_string()], |row| row.get(0));
    found.optional().unwrap()
}

fn columns(conn: &Connection) -> usize {
    // A statement is prepared anew for another schema only when it is run.
    let mut statement = conn.prepare("SELECT * FROM balances").unwrap();
    let mut rows = statement.query([]).unwrap();
    rows.next().unwrap();
    drop(rows);
    statement.column_count()
}

const PARK: OnError = OnError::park()
    .retries(1)
    .backoff(Duration::from_millis(1), Duration::from_millis(1));

#[tokio::test]
async fn sums_are_exact_also_where_some_events_fail() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.db");
    let store = SqliteStore::open(&path).await.unwrap();
    for round in 1..=100 {
        for account in 0..5 {
            deposit(
                &store,
                account,
                if (round, account) == (40, 1) { 13 } else { 1 },
            )
            .await;
        }
    }
    let failed = store
        .project(Balances)
        .batch(64)
        .on_error(OnError::stop().retries(0))
        .catch_up()
        .await;
    assert!(
        matches!(&failed, Err(RunError::Event { position, .. }) if position.0 == 197),
        "{failed:?}"
    );
    let conn = Connection::open(&path).unwrap();
    assert_eq!((balance(&conn, 0), balance(&conn, 1)), (Some(40), Some(39)));

    store
        .project(Balances)
        .on_error(PARK)
        .catch_up()
        .await
        .unwrap();
    for account in [0, 2, 3, 4] {
        assert_eq!(balance(&conn, account), Some(100));
    }
    assert_eq!(
        balance(&conn, 1),
        Some(39),
        "its stream is parked from there on"
    );
    let handle = store.project(Balances).handle();
    let parked = handle.parked().await.unwrap();
    assert_eq!((parked.len(), &*parked[0].error), (61, "thirteen"));
    handle.discard(Which::At(parked[0].position)).await.unwrap();
    let stream = parked[0].stream.clone();
    // The wish to leave one out stands for it alone, and the others are tried after it.
    for one in &parked[1..] {
        handle.retry(Which::At(one.position)).await.unwrap();
    }
    store
        .project(Balances)
        .on_error(PARK)
        .catch_up()
        .await
        .unwrap();
    assert_eq!(balance(&conn, 1), Some(99), "{stream}");
    store.close().await;
}

#[tokio::test]
async fn a_method_that_panics_fails_its_event_and_harms_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.db");
    let store = SqliteStore::open(&path).await.unwrap();
    deposit(&store, 1, 1).await;
    deposit(&store, 2, 14).await;
    let failed = store
        .project(Balances)
        .on_error(OnError::stop().retries(0))
        .catch_up()
        .await;
    let Err(RunError::Event { source, .. }) = failed else {
        panic!("{failed:?}");
    };
    assert!(source.to_string().contains("fourteen"), "{source}");
    deposit(&store, 3, 1).await;
    store
        .project(Balances)
        .on_error(PARK)
        .catch_up()
        .await
        .unwrap();
    let conn = Connection::open(&path).unwrap();
    assert_eq!(
        (balance(&conn, 1), balance(&conn, 2), balance(&conn, 3)),
        (Some(1), None, Some(1))
    );
    store.close().await;
}

#[tokio::test]
async fn appends_and_projections_share_the_writer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.db");
    let store = SqliteStore::open(&path).await.unwrap();
    let runner = store.project(Balances);
    let handle = runner.handle();
    let running = tokio::spawn(runner.run());
    let writers = (0..8).map(|account| {
        let store = store.clone();
        tokio::spawn(async move {
            for _ in 0..200 {
                deposit(&store, account, 1).await;
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let token = eventsource_core::Checkpoint {
        store: store.identity(),
        position: store.head().await.unwrap(),
    };
    handle
        .wait_for(token, Duration::from_secs(60))
        .await
        .unwrap();
    let conn = Connection::open(&path).unwrap();
    assert!((0..8).all(|account| balance(&conn, account) == Some(200)));
    handle.stop();
    running.await.unwrap().unwrap();
    store.close().await;
}

#[tokio::test]
async fn readers_see_the_old_version_until_the_switch() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.db");
    let store = SqliteStore::open(&path).await.unwrap();
    for _ in 0..10 {
        for account in 0..3 {
            deposit(&store, account, 1).await;
        }
    }
    let first = store.project(Balances).lease(Duration::from_millis(60));
    let handle = first.handle();
    let first = tokio::spawn(first.run());
    let token = async |store: &SqliteStore| eventsource_core::Checkpoint {
        store: store.identity(),
        position: store.head().await.unwrap(),
    };
    handle
        .wait_for(token(&store).await, Duration::from_secs(60))
        .await
        .unwrap();
    let conn = Connection::open(&path).unwrap();
    assert_eq!((columns(&conn), balance(&conn, 0)), (2, Some(10)));

    let may = Arc::new(AtomicBool::new(false));
    let forever = OnError::stop()
        .retries(u32::MAX)
        .backoff(Duration::from_millis(1), Duration::from_millis(5));
    let second = store
        .project(BalancesWithCount {
            may: Arc::clone(&may),
        })
        .on_error(forever);
    let second_handle = second.handle();
    let second = tokio::spawn(second.run());
    while second_handle.status()[0].failing.is_none() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    // It is half-way, and readers see nothing of it; writes go on.
    deposit(&store, 0, 1).await;
    handle
        .wait_for(token(&store).await, Duration::from_secs(60))
        .await
        .unwrap();
    assert_eq!((columns(&conn), balance(&conn, 0)), (2, Some(11)));
    may.store(true, Ordering::SeqCst);
    assert_eq!(first.await.unwrap().unwrap(), Ended::Superseded);
    assert_eq!((columns(&conn), balance(&conn, 0)), (3, Some(11)));
    assert!(store.forget("balances", 1).await.unwrap());
    let left = "SELECT count(*) FROM sqlite_schema WHERE name LIKE '%\\_v1' ESCAPE '\\'";
    assert_eq!(
        conn.query_row(left, [], |row| row.get::<_, i64>(0))
            .unwrap(),
        0
    );
    deposit(&store, 0, 1).await;
    second_handle
        .wait_for(token(&store).await, Duration::from_secs(60))
        .await
        .unwrap();
    assert_eq!(balance(&conn, 0), Some(12));
    second_handle.stop();
    second.await.unwrap().unwrap();
    store.close().await;
}

#[tokio::test]
async fn it_can_begin_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.db");
    let store = SqliteStore::open(&path).await.unwrap();
    deposit(&store, 1, 5).await;
    store.project(Balances).catch_up().await.unwrap();
    let conn = Connection::open(&path).unwrap();
    conn.execute("UPDATE balances_v1 SET balance = 77", [])
        .unwrap();
    store.project(Balances).reset().await.unwrap();
    store.project(Balances).catch_up().await.unwrap();
    assert_eq!(balance(&conn, 1), Some(5));
    store.close().await;
}

/// Methods that do what they must not.
struct Rude(&'static str);

#[projection(name = "rude")]
impl Rude {
    fn deposited(&self, event: &Recorded<Deposited>, tx: &SqliteTx) -> rusqlite::Result<()> {
        tx.execute_batch("CREATE TABLE IF NOT EXISTS plain (one INTEGER UNIQUE)")?;
        tx.execute("INSERT INTO plain VALUES (?1)", [event.event.amount])?;
        tx.execute_batch(self.0)
    }
}

#[tokio::test]
async fn a_method_cannot_end_the_transaction_or_touch_the_stores_tables() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.db");
    let store = SqliteStore::open(&path).await.unwrap();
    deposit(&store, 1, 1).await;
    for (number, rude) in [
        "COMMIT",
        "ROLLBACK",
        "SAVEPOINT work; RELEASE work",
        "DELETE FROM events",
        "UPDATE slots SET position = 0",
        "DROP TABLE keys",
        "PRAGMA synchronous = OFF",
        "INSERT OR ROLLBACK INTO plain VALUES (1)",
        "INSERT INTO plain VALUES (1)",
    ]
    .into_iter()
    .enumerate()
    {
        // Beside it somebody appends, and knows nothing of it.
        let beside = tokio::spawn({
            let store = store.clone();
            async move { deposit(&store, 2, 1).await }
        });
        let failed = store
            .project(Rude(rude))
            .on_error(OnError::stop().retries(0))
            .catch_up()
            .await;
        assert!(
            matches!(failed, Err(RunError::Event { .. })),
            "{rude}: {failed:?}"
        );
        beside.await.unwrap();
        assert_eq!(store.head().await.unwrap().0, number as u64 + 2, "{rude}");
    }
    let conn = Connection::open(&path).unwrap();
    let tables = conn.query_row(
        "SELECT count(*) FROM sqlite_schema WHERE name = 'plain'",
        [],
        |row| row.get::<_, i64>(0),
    );
    assert_eq!(tables.unwrap(), 0);
    store.close().await;
}

#[tokio::test]
async fn inline_it_is_there_with_the_append_and_refuses_its_own_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.db");
    let store = SqliteStore::open(&path).await.unwrap();
    deposit(&store, 1, 1).await;
    store.run_inline(Balances).await.unwrap();
    let conn = Connection::open(&path).unwrap();
    assert_eq!(balance(&conn, 1), Some(1), "it has caught up");
    let writers = (0..8_u64).map(|account| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut refused = 0;
            for round in 0..50 {
                let amount = if round % 10 == account % 10 { 13 } else { 1 };
                match try_deposit(&store, account, amount).await {
                    Ok(_) => {}
                    Err(AppendError::Projection { projection, source }) => {
                        assert_eq!(
                            (&*projection, &*source.to_string()),
                            ("balances", "thirteen")
                        );
                        refused += 1;
                    }
                    Err(error) => panic!("{error}"),
                }
            }
            refused
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        assert_eq!(writer.await.unwrap(), 5);
    }
    for account in 0..8 {
        assert_eq!(balance(&conn, account), Some(45 + i64::from(account == 1)));
    }
    assert_eq!(
        store.head().await.unwrap().0,
        8 * 45 + 1,
        "what was refused is not there"
    );
    let stream = StreamScan::of(StreamName::parse("account/3").unwrap());
    assert_eq!(store.read_stream(stream).await.unwrap().len(), 45);

    // Another process appends, and does not run it: it comes with the next append here.
    let other = SqliteStore::open(&path).await.unwrap();
    deposit(&other, 2, 7).await;
    assert_eq!(balance(&conn, 2), Some(45));
    deposit(&store, 3, 1).await;
    assert_eq!((balance(&conn, 2), balance(&conn, 3)), (Some(52), Some(46)));
    // And a runner of the same projection does no harm.
    deposit(&other, 2, 1).await;
    other.project(Balances).catch_up().await.unwrap();
    deposit(&store, 2, 1).await;
    assert_eq!(balance(&conn, 2), Some(54));
    other.close().await;
    store.close().await;
}

#[test]
fn it_is_tested_in_memory() {
    let happened = past((Deposited { amount: 2 }, Deposited { amount: 3 }));
    let tables = Scratch::after(&Balances, &happened.events_of::<Balances>()).unwrap();
    let sum: i64 = tables
        .query_row("SELECT sum(balance) FROM balances", [], |row| row.get(0))
        .unwrap();
    assert_eq!(sum, 5);
    let refused = past(Deposited { amount: 13 });
    assert!(Scratch::after(&Balances, &refused.events_of::<Balances>()).is_err());
}
