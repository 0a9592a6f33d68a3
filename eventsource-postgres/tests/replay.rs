//! A stream is made anew in a read model, while others go on; whole or not at all.

mod scratch;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use eventsource_core::prelude::*;
use eventsource_core::{Append, OnError, RunError, Store, StreamName};
use eventsource_postgres::{PgTx, PostgresStore, TxError};
use scratch::{Schema, stream};
use tokio_postgres::Client;

#[event(name = "account.deposited")]
struct Deposited {
    amount: i64,
}

/// The balance of each account. Its statement fails at thirteen, and that which forgets at first.
#[derive(Clone, Default)]
struct Balances {
    is_mended: Arc<AtomicBool>,
}

#[projection(name = "balances")]
impl Balances {
    #[create]
    async fn tables(&self, tx: &mut PgTx) -> Result<(), TxError> {
        tx.execute_batch(
            "CREATE TABLE {balances} (account text PRIMARY KEY, balance bigint NOT NULL, deposits bigint NOT NULL)",
        )
        .await
    }

    async fn deposited(&self, event: &Recorded<Deposited>, tx: &mut PgTx) -> Result<(), TxError> {
        if event.event.amount == 13 && !self.is_mended.load(Ordering::SeqCst) {
            tx.execute("SELECT 1 / 0", &[]).await?;
        }
        let sql = "INSERT INTO {balances} AS b VALUES ($1, $2, 1) ON CONFLICT (account) DO UPDATE \
                   SET balance = b.balance + excluded.balance, deposits = b.deposits + 1";
        tx.execute(sql, &[&event.stream.as_str(), &event.event.amount])
            .await?;
        Ok(())
    }

    #[forget]
    async fn forget(&self, stream: &StreamName, tx: &mut PgTx) -> Result<(), TxError> {
        let sql = "DELETE FROM {balances} WHERE account = $1";
        tx.execute(sql, &[&stream.as_str()]).await.map(|_| ())
    }
}

/// A store whose tables, and those of its projections, are in one schema, and a reader of them.
async fn open() -> (PostgresStore, Client, (Schema, Schema)) {
    let (schema, tables) = (Schema::fresh(), Schema::fresh());
    let client = scratch::client().await;
    let name = tables.name();
    client
        .batch_execute(&format!("CREATE SCHEMA {name}; SET search_path = {name}"))
        .await
        .unwrap();
    let url = format!(
        "{}&options=-c%20search_path%3D{name}",
        scratch::url_as("replay")
    );
    let store = scratch::options(schema.name()).open(&url).await.unwrap();
    (store, client, (schema, tables))
}

async fn deposit(store: &PostgresStore, account: u64, amount: i64) {
    let mut event = scratch::event(Deposited::NAME);
    event.payload = format!(r#"{{"amount":{amount}}}"#).into();
    let append = Append::to(stream(account)).event(event);
    store.append(append.into()).await.unwrap();
}

async fn balance(client: &Client, account: u64) -> (i64, i64) {
    let sql = "SELECT balance, deposits FROM balances WHERE account = $1";
    let row = client.query_one(sql, &[&stream(account).as_str()]).await;
    let row = row.unwrap();
    (row.get(0), row.get(1))
}

#[tokio::test]
async fn it_is_whole_or_not_at_all_and_what_was_parked_is_parked_no_more() {
    let (store, client, _kept) = open().await;
    for amount in [1, 13, 2] {
        deposit(&store, 1, amount).await;
        deposit(&store, 2, amount).await;
    }
    let projection = Balances::default();
    let park = OnError::park().retries(0);
    let runner = || store.project(projection.clone()).on_error(park);
    runner().catch_up().await.unwrap();
    let failed = runner().replay(&stream(1)).await;
    assert!(
        matches!(&failed, Err(RunError::Event { position, .. }) if position.0 == 3),
        "{failed:?}"
    );
    assert_eq!(balance(&client, 1).await, (1, 1));
    let handle = runner().handle();
    assert_eq!(handle.parked().await.unwrap().len(), 4);

    projection.is_mended.store(true, Ordering::SeqCst);
    assert_eq!(runner().replay(&stream(1)).await.unwrap(), 3);
    assert_eq!(balance(&client, 1).await, (16, 3));
    assert_eq!(balance(&client, 2).await, (1, 1));
    let parked = handle.parked().await.unwrap();
    assert!(parked.iter().all(|one| one.stream == stream(2)));
    assert_eq!(parked.len(), 2);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_at_work_loses_nothing_and_takes_nothing_twice() {
    const EACH: i64 = 150;
    let (store, client, _kept) = open().await;
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
        .map(|account| {
            let store = store.clone();
            tokio::spawn(async move {
                for _ in 0..EACH {
                    deposit(&store, account, 1).await;
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
            })
        })
        .collect();
    let mut replays = 0;
    while writers.iter().any(|writer| !writer.is_finished()) {
        runner().replay(&stream(replays % 3)).await.unwrap();
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
    for account in 0..3 {
        assert_eq!(balance(&client, account).await, (EACH, EACH));
    }
    store.close().await;
}
