//! The file of an SQLite store, with a projection in it.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use eventsource_core::prelude::*;
use eventsource_core::{BoxError, Ended, OnError, Which};
use eventsource_sqlite::rusqlite::Connection;
use eventsource_sqlite::{SqliteStore, SqliteTx};

use crate::domain::*;

/// Whether thirteen brings good luck.
static LUCKY: AtomicBool = AtomicBool::new(false);

struct Turnover;

#[projection(name = "turnover", version = 3)]
impl Turnover {
    #[create]
    fn tables(&self, tx: &SqliteTx) -> Result<(), BoxError> {
        Ok(tx.execute_batch("CREATE TABLE {turnover} (amount INTEGER NOT NULL) STRICT")?)
    }

    fn deposited(&self, event: &Recorded<Deposited>, tx: &SqliteTx) -> Result<(), BoxError> {
        let amount = event.event.amount;
        if amount == 13 && !LUCKY.load(Ordering::SeqCst) {
            return Err("thirteen".into());
        }
        let amount = i64::try_from(amount)?;
        tx.execute("INSERT INTO {turnover} VALUES (?1)", [amount])?;
        Ok(())
    }
}

pub async fn write(path: &Path) -> Result<SqliteStore, BoxError> {
    let store = SqliteStore::open(path).await?;
    crate::domain::write(&store).await?;
    let runner = store.project(Turnover).on_error(OnError::park().retries(0));
    assert_eq!(runner.catch_up().await?, Ended::CaughtUp);
    Ok(store)
}

fn sum(path: &Path) -> Result<i64, BoxError> {
    let conn = Connection::open(path)?;
    Ok(conn.query_row("SELECT sum(amount) FROM turnover", [], |row| row.get(0))?)
}

pub async fn check(path: &Path) -> Result<SqliteStore, BoxError> {
    let store = SqliteStore::open(path).await?;
    crate::domain::check(&store).await?;
    // The event that failed, and the one after it in its stream; the deposit of the check has come behind them.
    let runner = store.project(Turnover).on_error(OnError::park().retries(0));
    let turnover = runner.handle();
    assert_eq!(turnover.parked().await?.len(), 2);
    assert_eq!(sum(path)?, 5);
    LUCKY.store(true, Ordering::SeqCst);
    assert_eq!(turnover.retry(Which::All).await?, 2);
    assert_eq!(runner.catch_up().await?, Ended::CaughtUp);
    assert_eq!(sum(path)?, 5 + 13 + 7 + 1);
    check_process(&store).await?;
    Ok(store)
}
