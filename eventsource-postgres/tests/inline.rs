//! Projections that are run inline: what comes of an append is there with it, and the append that they do not take is not.

mod scratch;

use std::sync::Arc;
use std::time::Duration;

use eventsource_core::prelude::*;
use eventsource_core::{Append, AppendError, BoxError, Store, StoreError, StreamScan};
use eventsource_postgres::{PgTx, PostgresStore, Statements, TxError};
use scratch::{Schema, key, stream};
use tokio_postgres::Client;
use tokio_postgres::types::Type;

#[event(name = "account.deposited")]
struct Deposited {
    amount: i64,
}

/// The balance of each account.
struct Balances;

#[projection(name = "balances")]
impl Balances {
    #[create]
    async fn tables(&self, tx: &mut PgTx) -> Result<(), TxError> {
        tx.execute_batch(
            "CREATE TABLE {balances} (account text PRIMARY KEY, balance bigint NOT NULL); \
             ALTER TABLE {balances} ADD UNIQUE (balance) DEFERRABLE INITIALLY DEFERRED",
        )
        .await
    }

    async fn deposited(&self, event: &Recorded<Deposited>, tx: &mut PgTx) -> Result<(), BoxError> {
        match event.event.amount {
            13 => return Err("thirteen".into()),
            14 => panic!("fourteen"),
            15 => {
                let _ = tx.execute("SELECT 1 / 0", &[]).await;
                return Ok(());
            }
            _ => {}
        }
        let sql = "INSERT INTO {balances} AS b VALUES ($1, $2) \
                   ON CONFLICT (account) DO UPDATE SET balance = b.balance + excluded.balance";
        // The types are said, so that it runs behind a pooler too.
        let values: [(&(dyn tokio_postgres::types::ToSql + Sync), Type); 2] = [
            (&event.stream.as_str(), Type::TEXT),
            (&event.event.amount, Type::INT8),
        ];
        tx.query_typed(sql, &values).await?;
        Ok(())
    }
}

/// A store whose tables, and those of its projections, are in one schema, and a reader of them.
struct Home {
    url: String,
    client: Client,
    schema: Schema,
    _tables: Schema,
}

impl Home {
    async fn new(application: &str) -> Self {
        let (schema, tables) = (Schema::fresh(), Schema::fresh());
        let client = scratch::client().await;
        let name = tables.name();
        client
            .batch_execute(&format!("CREATE SCHEMA {name}; SET search_path = {name}"))
            .await
            .unwrap();
        let url = format!(
            "{}&options=-c%20search_path%3D{name}",
            scratch::url_as(application)
        );
        Self {
            url,
            client,
            schema,
            _tables: tables,
        }
    }

    async fn open(&self) -> PostgresStore {
        let options = scratch::options(self.schema.name());
        options.open(&self.url).await.unwrap()
    }

    async fn balance(&self, account: u64) -> Option<i64> {
        let sql = "SELECT balance FROM balances WHERE account = $1";
        let account = stream(account);
        let row = self.client.query_opt(sql, &[&account.as_str()]).await;
        row.unwrap().map(|row| row.get(0))
    }

    /// What the balances add up to, and what the stored events do.
    async fn sums(&self) -> (i64, i64) {
        let sql = format!(
            "SELECT (SELECT coalesce(sum(balance), 0) FROM balances)::bigint, (SELECT coalesce(sum(\
             (convert_from(payload, 'UTF8')::json ->> 'amount')::bigint), 0) FROM {}.events)::bigint",
            self.schema.name()
        );
        let row = self.client.query_one(&sql, &[]).await.unwrap();
        (row.get(0), row.get(1))
    }
}

fn deposit_of(account: u64, amount: i64) -> Append {
    let mut event = scratch::event(Deposited::NAME);
    event.payload = format!(r#"{{"amount":{amount}}}"#).into();
    Append::to(stream(account)).event(event)
}

async fn deposit(store: &PostgresStore, account: u64, amount: i64) -> Result<(), AppendError> {
    store.append(Arc::new(deposit_of(account, amount))).await?;
    Ok(())
}

/// Deposits by this task, every tenth of which is not taken, and how many were refused.
async fn deposits(store: PostgresStore, account: u64) -> usize {
    let mut refused = 0;
    for round in 0..50 {
        let is_bad = round % 10 == account % 10;
        // Balances differ from each other at any moment.
        let amount = if is_bad { 13 } else { 1_000 };
        match deposit(&store, account, amount).await {
            Ok(()) => assert!(!is_bad),
            Err(AppendError::Projection { projection, source }) => {
                let told = (&*projection, &*source.to_string());
                assert_eq!(told, ("balances", "thirteen"));
                refused += 1;
            }
            Err(error) => panic!("{error}"),
        }
    }
    refused
}

#[tokio::test]
async fn it_is_there_with_the_append_and_refuses_its_own_alone() {
    let home = Home::new("inline").await;
    let store = home.open().await;
    for account in 0..8 {
        deposit(&store, account, 1 + account.cast_signed())
            .await
            .unwrap();
    }
    store.run_inline(Balances).await.unwrap();
    assert_eq!(home.balance(1).await, Some(2), "it has caught up");
    let writers: Vec<_> = (0..8)
        .map(|account| tokio::spawn(deposits(store.clone(), account)))
        .collect();
    for writer in writers {
        assert_eq!(writer.await.unwrap(), 5);
    }
    for account in 0..8_u64 {
        let expected = 45_001 + account.cast_signed();
        assert_eq!(home.balance(account).await, Some(expected));
    }
    let head = store.head().await.unwrap().0;
    assert_eq!(head, 8 * 46, "what was refused is not there");
    let read = store.read_stream(StreamScan::of(stream(3))).await.unwrap();
    assert_eq!(read.len(), 46);

    // Another handle of the schema appends, and does not run it: it comes with the next append here.
    let other = home.open().await;
    deposit(&other, 2, 7).await.unwrap();
    assert_eq!(home.balance(2).await, Some(45_003));
    deposit(&store, 3, 500).await.unwrap();
    assert_eq!(home.balance(2).await, Some(45_010));
    assert_eq!(home.balance(3).await, Some(45_504));
    // A runner of the same projection does no harm, nor does it to say it twice.
    deposit(&other, 2, 100).await.unwrap();
    other.project(Balances).catch_up().await.unwrap();
    store.run_inline(Balances).await.unwrap();
    deposit(&store, 2, 100).await.unwrap();
    assert_eq!(home.balance(2).await, Some(45_210));
    other.close().await;
    store.close().await;
}

#[tokio::test]
async fn more_than_a_page_that_others_have_appended_comes_with_the_next_append() {
    let home = Home::new("inline").await;
    let store = home.open().await;
    store.run_inline(Balances).await.unwrap();
    let records =
        (0..2_500).flat_map(|number| deposit_of(number % 7, 1 << (number % 7)).records().to_vec());
    store.import(records).await.unwrap();
    assert_eq!(home.balance(0).await, None);
    deposit(&store, 9, 5_000).await.unwrap();
    let (balances, events) = home.sums().await;
    assert_eq!(balances, events);
    assert_eq!(home.balance(9).await, Some(5_000));
    store.close().await;
}

#[tokio::test]
async fn an_append_that_it_does_not_take_says_why_and_leaves_nothing() {
    let home = Home::new("inline").await;
    let store = home.open().await;
    store.run_inline(Balances).await.unwrap();
    deposit(&store, 1, 1).await.unwrap();
    for (amount, why) in [
        (13, "thirteen"),
        (14, "the method has panicked: fourteen"),
        (15, "a statement has failed, and the method has gone on"),
    ] {
        let asked = Arc::new(deposit_of(2, amount).key(key(amount.unsigned_abs().into())));
        match store.append(asked).await {
            Err(AppendError::Projection { source, .. }) => {
                assert!(source.to_string().starts_with(why), "{source}");
            }
            other => panic!("{amount}: {other:?}"),
        }
        // The key is as free as before.
        let again = deposit_of(3, 100).key(key(amount.unsigned_abs().into()));
        let made = store.append(Arc::new(again)).await.unwrap();
        assert!(!made.repeated);
    }
    // What the server finds at the commit.
    let twin = deposit(&store, 4, 300).await;
    match twin {
        Err(AppendError::Store(StoreError::Backend { source, .. })) => {
            assert!(source.to_string().contains("duplicate key"), "{source}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(home.balance(2).await, None);
    assert_eq!(home.balance(3).await, Some(300));
    assert_eq!(store.head().await.unwrap().0, 4);
    // A refusal by a check of the append is what it is without a projection.
    let late = deposit_of(3, 1).if_new();
    let refused = store.append(Arc::new(late)).await;
    assert!(
        matches!(refused, Err(AppendError::Conflict(_))),
        "{refused:?}"
    );
    let gone = format!("DELETE FROM {}.slots", home.schema.name());
    home.client.batch_execute(&gone).await.unwrap();
    match deposit(&store, 5, 1).await {
        Err(AppendError::Projection { source, .. }) => {
            assert_eq!(source.to_string(), "its checkpoint is gone");
        }
        other => panic!("{other:?}"),
    }
    store.close().await;
}

/// Appends are dropped half-way, and connections are cut: the balances are always those of the events that are stored.
#[tokio::test]
async fn it_is_whole_or_absent_also_where_connections_break_and_futures_are_dropped() {
    let application = format!("inline_{}", std::process::id());
    let home = Home::new(&application).await;
    let store = home.open().await;
    store.run_inline(Balances).await.unwrap();
    let writers: Vec<_> = (0..4_u64)
        .map(|account| {
            let store = store.clone();
            tokio::spawn(async move {
                let (mut made, mut dropped, mut failed) = (0, 0, 0);
                for round in 0..150_u64 {
                    let amount = 1_000_000 + 1_000 * account.cast_signed();
                    let patience = Duration::from_micros(100 << (round % 10));
                    let work = deposit(&store, account, amount);
                    match tokio::time::timeout(patience, work).await {
                        Ok(Ok(())) => made += 1,
                        Ok(Err(_)) => failed += 1,
                        Err(_) => dropped += 1,
                    }
                }
                (made, dropped, failed)
            })
        })
        .collect();
    let mut cuts = 0;
    while writers.iter().any(|writer| !writer.is_finished()) {
        tokio::time::sleep(Duration::from_millis(25)).await;
        cuts += scratch::terminate(&application).await;
    }
    let (mut made, mut dropped) = (0, 0);
    for writer in writers {
        let (m, d, _) = writer.await.unwrap();
        made += m;
        dropped += d;
    }
    assert!(
        made > 0 && dropped > 0 && cuts > 0,
        "{made} made, {dropped} dropped, {cuts} cuts"
    );
    // One more, which comes after whatever was on its way; the last cut may still meet it.
    while deposit(&store, 9, 1).await.is_err() {}
    let (balances, events) = home.sums().await;
    assert_eq!(balances, events);
    assert!(events > made * 1_000_000);
    store.close().await;
}

/// Every promise of the store, with a projection that writes for each event of the suite.
mod promises {
    use super::*;

    #[event(name = "sample.made")]
    struct Made(serde_json::Value);

    struct Counts;

    #[projection(name = "counts")]
    impl Counts {
        #[create]
        async fn tables(&self, tx: &mut PgTx) -> Result<(), TxError> {
            let sql = "CREATE TABLE {counts} (position bigint PRIMARY KEY)";
            tx.execute_batch(sql).await
        }

        async fn made(&self, event: &Recorded<Made>, tx: &mut PgTx) -> Result<(), TxError> {
            let position = event.position.0.cast_signed();
            let sql = "INSERT INTO {counts} VALUES ($1)";
            tx.query_typed(sql, &[(&position, Type::INT8)]).await?;
            Ok(())
        }
    }

    thread_local! {
        /// Each test of the suite runs on a thread of its own, which ends with the test.
        static HOMES: std::cell::RefCell<Vec<Home>> = const { std::cell::RefCell::new(Vec::new()) };
    }

    async fn open_with(statements: Statements) -> PostgresStore {
        let home = Home::new("inline").await;
        let options = scratch::options(home.schema.name()).statements(statements);
        let store = options.open(&home.url).await.unwrap();
        store.run_inline(Counts).await.unwrap();
        HOMES.with_borrow_mut(|homes| homes.push(home));
        store
    }

    mod named {
        async fn fresh() -> super::PostgresStore {
            super::open_with(super::Statements::Named).await
        }

        eventsource_conformance::boundary_store_tests!(fresh);
    }

    mod unnamed {
        async fn fresh() -> super::PostgresStore {
            super::open_with(super::Statements::Unnamed).await
        }

        eventsource_conformance::boundary_store_tests!(fresh);
    }
}
