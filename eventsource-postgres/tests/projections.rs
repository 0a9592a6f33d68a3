//! Projections into the database: what their methods write is committed with the checkpoint, or neither is.

mod scratch;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use eventsource_core::prelude::*;
use eventsource_core::{
    Append, BoxError, Checkpoint, Ended, Json, NewEvent, OnError, RunError, Store, StreamName,
    Timestamp, Which,
};
use eventsource_postgres::{PgTx, PostgresStore, TxError};
use scratch::Schema;
use tokio_postgres::Client;

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
             CREATE INDEX {by_balance} ON {balances} (balance)",
        )
        .await
    }

    async fn deposited(&self, event: &Recorded<Deposited>, tx: &mut PgTx) -> Result<(), BoxError> {
        if event.event.amount == 13 {
            return Err("thirteen".into());
        }
        assert_ne!(event.event.amount, 14, "fourteen");
        let sql = "INSERT INTO {balances} AS b VALUES ($1, $2) \
                   ON CONFLICT (account) DO UPDATE SET balance = b.balance + excluded.balance";
        tx.execute(sql, &[&event.stream.id(), &event.event.amount])
            .await?;
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
    async fn tables(&self, tx: &mut PgTx) -> Result<(), TxError> {
        tx.execute_batch(
            "CREATE TABLE {balances} (account text PRIMARY KEY, balance bigint NOT NULL, deposits bigint NOT NULL)",
        )
        .await
    }

    async fn deposited(&self, event: &Recorded<Deposited>, tx: &mut PgTx) -> Result<(), BoxError> {
        if event.position.0 > 20 && !self.may.load(Ordering::SeqCst) {
            return Err("not yet".into());
        }
        let sql = "INSERT INTO {balances} AS b VALUES ($1, $2, 1) ON CONFLICT (account) DO UPDATE \
                   SET balance = b.balance + excluded.balance, deposits = b.deposits + 1";
        tx.execute(sql, &[&event.stream.id(), &event.event.amount])
            .await?;
        Ok(())
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
    let separator = if scratch::url().contains('?') {
        '&'
    } else {
        '?'
    };
    let url = format!(
        "{}{separator}options=-c%20search_path%3D{name}",
        scratch::url()
    );
    let store = scratch::options(schema.name())
        .open(&url)
        .await
        .expect("a store");
    (store, client, (schema, tables))
}

async fn deposit(store: &PostgresStore, account: u64, amount: i64) {
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
        .unwrap();
}

async fn balance(client: &Client, account: u64) -> Option<i64> {
    let sql = "SELECT balance FROM balances WHERE account = $1";
    let row = client
        .query_opt(sql, &[&account.to_string()])
        .await
        .unwrap();
    row.map(|row| row.get(0))
}

async fn columns(client: &Client) -> i64 {
    let sql =
        "SELECT count(*) FROM pg_attribute WHERE attrelid = 'balances'::regclass AND attnum > 0";
    client.query_one(sql, &[]).await.unwrap().get(0)
}

async fn token(store: &PostgresStore) -> Checkpoint {
    Checkpoint {
        store: store.identity(),
        position: store.head().await.unwrap(),
    }
}

const PARK: OnError = OnError::park()
    .retries(1)
    .backoff(Duration::from_millis(1), Duration::from_millis(1));
const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn sums_are_exact_also_where_some_events_fail() {
    let (store, client, _kept) = open().await;
    for round in 1..=50 {
        for account in 0..5 {
            let amount = match (round, account) {
                (40, 1) => 13,
                (40, 2) => 14,
                _ => 1,
            };
            deposit(&store, account, amount).await;
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
    assert_eq!(
        (balance(&client, 0).await, balance(&client, 1).await),
        (Some(40), Some(39))
    );
    store
        .project(Balances)
        .on_error(PARK)
        .catch_up()
        .await
        .unwrap();
    for account in [0, 3, 4] {
        assert_eq!(balance(&client, account).await, Some(50));
    }
    assert_eq!(
        (balance(&client, 1).await, balance(&client, 2).await),
        (Some(39), Some(39))
    );
    let handle = store.project(Balances).handle();
    let parked = handle.parked().await.unwrap();
    assert_eq!((parked.len(), &*parked[0].error), (22, "thirteen"));
    assert!(parked[1].error.contains("fourteen"), "{}", parked[1].error);
    handle.retry(Which::All).await.unwrap();
    for at in [parked[0].position, parked[1].position] {
        handle.discard(Which::At(at)).await.unwrap();
    }
    store
        .project(Balances)
        .on_error(PARK)
        .catch_up()
        .await
        .unwrap();
    assert_eq!(
        (balance(&client, 1).await, balance(&client, 2).await),
        (Some(49), Some(49))
    );
    assert!(handle.parked().await.unwrap().is_empty());
    store.close().await;
}

#[tokio::test]
async fn slices_are_projected_at_the_same_time() {
    let (store, client, _kept) = open().await;
    let runner = store.project(Balances).slices(4).batch(20);
    let handle = runner.handle();
    let running = tokio::spawn(runner.run());
    let writers = (0..8).map(|account| {
        let store = store.clone();
        tokio::spawn(async move {
            for _ in 0..50 {
                deposit(&store, account, 1).await;
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    handle.wait_for(token(&store).await, LONG).await.unwrap();
    for account in 0..8 {
        assert_eq!(balance(&client, account).await, Some(50));
    }
    handle.stop();
    running.await.unwrap().unwrap();
    store.close().await;
}

#[tokio::test]
async fn readers_see_the_old_version_until_the_switch() {
    let (store, client, _kept) = open().await;
    for _ in 0..10 {
        for account in 0..3 {
            deposit(&store, account, 1).await;
        }
    }
    let first = store.project(Balances).lease(Duration::from_millis(90));
    let handle = first.handle();
    let first = tokio::spawn(first.run());
    handle.wait_for(token(&store).await, LONG).await.unwrap();
    assert_eq!(
        (columns(&client).await, balance(&client, 0).await),
        (2, Some(10))
    );
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
    deposit(&store, 0, 1).await;
    handle.wait_for(token(&store).await, LONG).await.unwrap();
    assert_eq!(
        (columns(&client).await, balance(&client, 0).await),
        (2, Some(11))
    );
    may.store(true, Ordering::SeqCst);
    assert_eq!(first.await.unwrap().unwrap(), Ended::Superseded);
    assert_eq!(
        (columns(&client).await, balance(&client, 0).await),
        (3, Some(11))
    );
    assert!(store.forget("balances", 1).await.unwrap());
    let left =
        "SELECT count(*) FROM pg_class WHERE relname LIKE '%\\_v1' AND pg_table_is_visible(oid)";
    assert_eq!(
        client.query_one(left, &[]).await.unwrap().get::<_, i64>(0),
        0
    );
    second_handle.stop();
    second.await.unwrap().unwrap();
    // Anew, while readers look: they see the table empty, and then full again.
    store
        .project(BalancesWithCount {
            may: Arc::clone(&may),
        })
        .reset()
        .await
        .unwrap();
    store
        .project(BalancesWithCount { may })
        .catch_up()
        .await
        .unwrap();
    assert_eq!(
        (columns(&client).await, balance(&client, 0).await),
        (3, Some(11))
    );
    store.close().await;
}

/// Methods that do what they must not.
struct Rude {
    sql: &'static str,
    hides_it: bool,
}

#[projection(name = "rude")]
impl Rude {
    #[create]
    async fn tables(&self, tx: &mut PgTx) -> Result<(), TxError> {
        tx.execute_batch("CREATE TABLE plain (one bigint UNIQUE)")
            .await
    }

    async fn deposited(&self, event: &Recorded<Deposited>, tx: &mut PgTx) -> Result<(), TxError> {
        tx.execute("INSERT INTO plain VALUES ($1)", &[&event.event.amount])
            .await?;
        match tx.execute_batch(self.sql).await {
            Err(_) if self.hides_it => Ok(()),
            done => done,
        }
    }
}

#[tokio::test]
async fn a_statement_that_fails_fails_the_event_also_where_nobody_looks() {
    let (store, client, _kept) = open().await;
    deposit(&store, 1, 1).await;
    let fails = "INSERT INTO plain VALUES (1)";
    for (sql, hides_it) in [
        ("COMMIT", false),
        (" rollback ", false),
        ("SELECT 1; COMMIT", false),
        (fails, false),
        (fails, true),
    ] {
        let failed = store
            .project(Rude { sql, hides_it })
            .on_error(OnError::stop().retries(0))
            .catch_up()
            .await;
        assert!(
            matches!(failed, Err(RunError::Event { .. })),
            "{sql}: {failed:?}"
        );
    }
    let count = client
        .query_one("SELECT count(*) FROM plain", &[])
        .await
        .unwrap();
    assert_eq!(count.get::<_, i64>(0), 0);
    store
        .project(Rude {
            sql: "SELECT 1",
            hides_it: false,
        })
        .catch_up()
        .await
        .unwrap();
    let count = client
        .query_one("SELECT count(*) FROM plain", &[])
        .await
        .unwrap();
    assert_eq!(count.get::<_, i64>(0), 1);
    store.close().await;
}

#[tokio::test]
async fn connections_that_break_are_made_anew_and_nothing_counts_twice() {
    let (schema, tables) = (Schema::fresh(), Schema::fresh());
    let client = scratch::client().await;
    let name = tables.name();
    client
        .batch_execute(&format!("CREATE SCHEMA {name}; SET search_path = {name}"))
        .await
        .unwrap();
    let application = format!("cut_{name}");
    let url = format!(
        "{}&options=-c%20search_path%3D{name}",
        scratch::url_as(&application)
    );
    let store = scratch::options(schema.name()).open(&url).await.unwrap();
    for round in 0..400 {
        deposit(&store, round % 4, 1).await;
    }
    let quick = OnError::stop().backoff(Duration::from_millis(1), Duration::from_millis(5));
    let runner = store.project(Balances).batch(5).on_error(quick);
    let handle = runner.handle();
    let running = tokio::spawn(runner.run());
    let mut cuts = 0;
    while handle
        .status()
        .first()
        .is_none_or(|status| status.position.0 < 400)
    {
        cuts += scratch::terminate(&application).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(!running.is_finished(), "{:?}", running.await);
    }
    assert!(cuts > 3, "only {cuts} connections were cut");
    handle.stop();
    running.await.unwrap().unwrap();
    for account in 0..4 {
        assert_eq!(balance(&client, account).await, Some(100));
    }
    store.close().await;
}

/// The balances by statements that nobody waits for; its table takes no thirteen and no zero.
struct Sent;

#[projection(name = "sent")]
impl Sent {
    #[create]
    async fn tables(&self, tx: &mut PgTx) -> Result<(), TxError> {
        tx.send(
            "CREATE TABLE {sent} (account text PRIMARY KEY, balance bigint NOT NULL, note text, \
             last bigint NOT NULL CHECK (last NOT IN (0, 13)))",
            &[],
        )
        .await
    }

    async fn deposited(&self, event: &Recorded<Deposited>, tx: &mut PgTx) -> Result<(), BoxError> {
        let (account, amount) = (event.stream.id(), event.event.amount);
        let note: Option<&str> = None;
        let sql = "INSERT INTO {sent} AS s VALUES ($1, $2, $3, $2) ON CONFLICT (account) DO UPDATE \
                   SET balance = s.balance + excluded.balance, last = excluded.last";
        match amount {
            // It is about one of the statements, whose number of values is wrong; or about a value.
            14 => tx.send(sql, &[&account]).await?,
            15 => tx.send(sql, &[&amount, &amount, &note]).await?,
            // What is asked after what was sent sees it.
            16 => {
                tx.send(sql, &[&account, &amount, &note]).await?;
                let last = "SELECT last, note FROM {sent} WHERE account = $1";
                let row = tx.query_one(last, &[&account]).await?;
                assert_eq!(row.get::<_, i64>(0), 16);
                assert_eq!(row.get::<_, Option<&str>>(1), None);
            }
            17 => {
                tx.send(sql, &[&account, &13_i64, &note]).await?;
                // It fails for what was sent.
                tx.query("SELECT 1", &[]).await?;
            }
            _ => tx.send(sql, &[&account, &amount, &note]).await?,
        }
        Ok(())
    }
}

#[tokio::test]
async fn statements_that_nobody_waits_for_fail_their_own_event() {
    let (store, client, _kept) = open().await;
    let amounts: Vec<i64> = (0..600)
        .map(|number| match number {
            100 => 13,
            200 => 14,
            201 => 15,
            300 => 16,
            400 => 0,
            401 => 17,
            _ => 1,
        })
        .collect();
    for (number, amount) in amounts.iter().enumerate() {
        // A poisoned event's stream is parked with it, so each of them has its own.
        let account = match amount {
            0 | 13..=15 | 17 => 1_000 + number as u64,
            _ => number as u64 % 7,
        };
        deposit(&store, account, *amount).await;
    }
    for batch in [512, 7] {
        store
            .project(Sent)
            .batch(batch)
            .on_error(PARK)
            .catch_up()
            .await
            .unwrap();
        let handle = store.project(Sent).handle();
        let parked = handle.parked().await.unwrap();
        let positions: Vec<_> = parked.iter().map(|one| one.position.0).collect();
        assert_eq!(positions, [101, 201, 202, 401, 402]);
        let told = [
            "violates check constraint",
            "expected 3 parameters but got 1",
            "cannot convert",
            "violates check constraint",
            "violates check constraint",
        ];
        for (one, told) in parked.iter().zip(told) {
            assert!(one.error.contains(told), "{}", one.error);
        }
        let sum = client
            .query_one("SELECT sum(balance)::bigint, count(*) FROM sent", &[])
            .await
            .unwrap();
        assert_eq!((sum.get::<_, i64>(0), sum.get::<_, i64>(1)), (594 + 16, 7));
        store.project(Sent).reset().await.unwrap();
    }
    store.close().await;
}

/// The balances by one statement for the events of a batch. The table takes no thirteen.
struct Gathered;

#[projection(name = "gathered")]
impl Gathered {
    #[create]
    async fn tables(&self, tx: &mut PgTx) -> Result<(), TxError> {
        tx.execute_batch(
            "CREATE TABLE {gathered} (account text PRIMARY KEY, balance bigint NOT NULL, notes text[] NOT NULL); \
             CREATE TABLE {amounts} (amount bigint CHECK (amount <> 13))",
        )
        .await
    }

    async fn deposited(&self, event: &Recorded<Deposited>, tx: &mut PgTx) -> Result<(), BoxError> {
        let (account, amount) = (event.stream.id(), event.event.amount);
        let note = (amount % 2 == 0).then_some("even");
        let balances = "INSERT INTO {gathered} AS g SELECT account, sum(amount), array_agg(note) \
            FROM unnest($1::text[], $2::bigint[], $3::text[]) AS u (account, amount, note) GROUP BY account \
            ON CONFLICT (account) DO UPDATE SET balance = g.balance + excluded.balance, notes = g.notes || excluded.notes";
        match amount {
            13 => {
                tx.gather(
                    "INSERT INTO {amounts} SELECT unnest($1::bigint[])",
                    &[&amount],
                )
                .await?;
            }
            14 => tx.gather("SELECT $1::bigint", &[&amount]).await?,
            15 => tx.gather(balances, &[&account]).await?,
            16 => {
                tx.gather(balances, &[&account, &16_i64, &note]).await?;
                // What is asked sees what was gathered.
                let sql = "SELECT balance FROM {gathered} WHERE account = $1";
                let row = tx.query_one(sql, &[&account]).await?;
                assert_eq!(row.get::<_, i64>(0) % 2, 0);
            }
            _ => tx.gather(balances, &[&account, &amount, &note]).await?,
        }
        Ok(())
    }
}

#[tokio::test]
async fn what_is_gathered_from_many_events_fails_for_the_one_that_is_at_fault() {
    let (store, client, _kept) = open().await;
    for number in 0..600_u64 {
        let (account, amount) = match number {
            100 => (1_100, 13),
            200 => (1_200, 14),
            201 => (1_201, 15),
            300 => (3, 16),
            number => (number % 7, 2 + i64::from(number % 7 == 5)),
        };
        deposit(&store, account, amount).await;
    }
    for batch in [512, 7, 1] {
        let runner = store.project(Gathered).batch(batch).on_error(PARK);
        runner.catch_up().await.unwrap();
        let parked = store.project(Gathered).handle().parked().await.unwrap();
        let positions: Vec<_> = parked.iter().map(|one| one.position.0).collect();
        assert_eq!(positions, [101, 201, 202], "batches of {batch}");
        for (one, told) in parked.iter().zip([
            "violates check constraint",
            "$1 is `int8`, and what is gathered is bound as arrays: write `$1::int8[]`",
            "the statement takes 3, and 1 are given",
        ]) {
            assert!(one.error.contains(told), "{}", one.error);
        }
        let sql = "SELECT sum(balance)::bigint, sum(cardinality(notes))::bigint, \
                   sum(cardinality(array_remove(notes, NULL)))::bigint FROM gathered";
        let row = client.query_one(sql, &[]).await.unwrap();
        // One of them is parked.
        let odd: i64 = (0..600_u64)
            .map(|number| i64::from(number % 7 == 5))
            .sum::<i64>()
            - 1;
        let found: (i64, i64, i64) = (row.get(0), row.get(1), row.get(2));
        assert_eq!(
            found,
            (596 * 2 + odd + 16, 597, 597 - odd),
            "batches of {batch}"
        );
        store.project(Gathered).reset().await.unwrap();
    }
    store.close().await;
}
