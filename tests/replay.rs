//! A stream is made anew in a read model: alone, whole or not at all, and while others go on.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use eventsource_core::prelude::*;
use eventsource_core::{
    Append, BoxError, Json, NewEvent, OnError, RunError, Store, StreamName, Timestamp,
};
use eventsource_sqlite::rusqlite::{self, Connection, params};
use eventsource_sqlite::{SqliteStore, SqliteTx};

#[event(name = "account.deposited")]
pub struct Deposited {
    pub amount: i64,
}

/// The balance of each account; it takes thirteen once it is mended.
#[derive(Clone, Default)]
struct Balances {
    is_mended: Arc<AtomicBool>,
}

#[projection(name = "balances")]
impl Balances {
    #[create]
    fn tables(&self, tx: &SqliteTx) -> rusqlite::Result<()> {
        tx.execute_batch(
            "CREATE TABLE {balances} (account TEXT PRIMARY KEY, balance INTEGER NOT NULL, deposits INTEGER NOT NULL) STRICT",
        )
    }

    fn deposited(&self, event: &Recorded<Deposited>, tx: &SqliteTx) -> Result<(), BoxError> {
        if event.event.amount == 13 && !self.is_mended.load(Ordering::SeqCst) {
            return Err("thirteen".into());
        }
        let sql = "INSERT INTO {balances} VALUES (?1, ?2, 1) ON CONFLICT DO UPDATE \
                   SET balance = balance + excluded.balance, deposits = deposits + 1";
        tx.execute(sql, params![event.stream.as_str(), event.event.amount])?;
        Ok(())
    }

    #[forget]
    fn forget(&self, stream: &StreamName, tx: &SqliteTx) -> rusqlite::Result<()> {
        let sql = "DELETE FROM {balances} WHERE account = ?1";
        tx.execute(sql, [stream.as_str()]).map(|_| ())
    }
}

fn account(number: u64) -> StreamName {
    StreamName::new("account", &number).unwrap()
}

async fn deposit(store: &SqliteStore, number: u64, amount: i64) {
    let event = NewEvent {
        name: Deposited::NAME.into(),
        schema: 1,
        format: Json::FORMAT.into(),
        payload: format!(r#"{{"amount":{amount}}}"#).into(),
        metadata: [].into(),
        recorded_at: Timestamp::default(),
        tags: Vec::new(),
    };
    let append = Append::to(account(number)).event(event);
    store.append(append.into()).await.unwrap();
}

/// The balance of each account and how many deposits it is made of, as a reader sees them.
fn balances(path: &Path) -> BTreeMap<String, (i64, i64)> {
    let conn = Connection::open(path).unwrap();
    let mut rows = conn
        .prepare("SELECT account, balance, deposits FROM balances")
        .unwrap();
    rows.query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap()
}

fn damage(path: &Path, number: u64) {
    let conn = Connection::open(path).unwrap();
    let sql = "UPDATE balances_v1 SET balance = -1 WHERE account = ?1";
    assert_eq!(conn.execute(sql, [account(number).as_str()]).unwrap(), 1);
}

#[tokio::test]
async fn what_came_of_the_stream_is_made_again_and_nothing_else_is_touched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.db");
    let store = SqliteStore::open(&path).await.unwrap();
    for round in 1..=30 {
        for number in 0..4 {
            deposit(&store, number, 2 * round).await;
        }
    }
    let balanced = Balances::default();
    let runner = || store.project(balanced.clone()).slices(3);
    let never_run = runner().replay(&account(1)).await.unwrap();
    assert_eq!(never_run, 0);
    runner().catch_up().await.unwrap();
    damage(&path, 1);
    damage(&path, 2);
    // What is not consumed yet is not replayed either.
    deposit(&store, 1, 1_000).await;
    assert_eq!(runner().replay(&account(1)).await.unwrap(), 30);
    let now = balances(&path);
    assert_eq!((now["account/1"], now["account/2"].0), ((930, 30), -1));
    assert_eq!(runner().replay(&account(9)).await.unwrap(), 0);
    runner().catch_up().await.unwrap();
    assert_eq!(balances(&path)["account/1"], (1_930, 31));
    store.close().await;
}

#[tokio::test]
async fn it_is_whole_or_not_at_all_and_what_was_parked_is_parked_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.db");
    let store = SqliteStore::open(&path).await.unwrap();
    for amount in [1, 13, 2] {
        deposit(&store, 1, amount).await;
        deposit(&store, 2, amount).await;
    }
    let projection = Balances::default();
    let park = OnError::park().retries(0);
    let runner = || store.project(projection.clone()).on_error(park);
    runner().catch_up().await.unwrap();
    let before = balances(&path);
    assert_eq!((before["account/1"], before["account/2"]), ((1, 1), (1, 1)));
    let handle = runner().handle();
    assert_eq!(handle.parked().await.unwrap().len(), 4);

    match runner().replay(&account(1)).await {
        Err(RunError::Event {
            stream,
            event,
            position,
            source,
            ..
        }) => {
            assert_eq!((stream, event.as_str()), (account(1), Deposited::NAME));
            assert_eq!((position.0, source.to_string().as_str()), (3, "thirteen"));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(balances(&path), before);
    assert_eq!(handle.parked().await.unwrap().len(), 4);

    projection.is_mended.store(true, Ordering::SeqCst);
    assert_eq!(runner().replay(&account(1)).await.unwrap(), 3);
    let now = balances(&path);
    assert_eq!((now["account/1"], now["account/2"]), ((16, 3), (1, 1)));
    let parked = handle.parked().await.unwrap();
    assert!(parked.iter().all(|one| one.stream == account(2)));
    assert_eq!(parked.len(), 2);
    // The stream is not held up any more.
    deposit(&store, 1, 4).await;
    runner().catch_up().await.unwrap();
    assert_eq!(balances(&path)["account/1"], (20, 4));
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_at_work_loses_nothing_and_takes_nothing_twice() {
    const EACH: u64 = 150;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.db");
    let store = SqliteStore::open(&path).await.unwrap();
    let runner = || {
        store
            .project(Balances::default())
            .batch(7)
            .slices(2)
            .lease(Duration::from_millis(300))
    };
    let running = runner();
    let handle = running.handle();
    let running = tokio::spawn(running.run());
    let writers: Vec<_> = (0..3)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move {
                for _ in 0..EACH {
                    deposit(&store, number, 1).await;
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
            })
        })
        .collect();
    let mut replays = 0;
    while writers.iter().any(|writer| !writer.is_finished()) {
        runner().replay(&account(replays % 3)).await.unwrap();
        replays += 1;
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert!(replays > 3, "only {replays} replays");
    handle
        .wait_for(None, Duration::from_secs(60))
        .await
        .unwrap();
    handle.stop();
    running.await.unwrap().unwrap();
    let sums = balances(&path);
    let expected = EACH.cast_signed();
    for number in 0..3 {
        assert_eq!(sums[account(number).as_str()], (expected, expected));
    }
    store.close().await;
}
