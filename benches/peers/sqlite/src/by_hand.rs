//! Plain rusqlite, as fast as it can be made in a page: one thread owns the connection and the states of all accounts,
//! decides for all commands that wait, and stores their events in one transaction. It knows no other process, no keys and
//! no tags, and whatever goes wrong with one command of a group goes wrong with all.

use std::path::Path;
use std::sync::mpsc;

use async_trait::async_trait;
use rusqlite::{Connection, params};
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::account::{Account, AccountCommand};
use crate::json::decode;
use crate::states::{Row, States, stream};
use crate::system::{Failure, Result, System};

const TABLE: &str = "
CREATE TABLE events (
    position    INTEGER PRIMARY KEY,
    stream      TEXT NOT NULL,
    version     INTEGER NOT NULL,
    name        TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    payload     BLOB NOT NULL,
    UNIQUE (stream, version)
) STRICT";

/// How many commands one transaction answers at most.
const GROUP: usize = 256;

enum Waiting {
    Execute(Uuid, AccountCommand, oneshot::Sender<Result<()>>),
    Balance(Uuid, oneshot::Sender<Result<i64>>),
}

pub struct Grouped(mpsc::Sender<Waiting>);

impl Grouped {
    pub fn open(path: &Path) -> Result<Self> {
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "wal_autocheckpoint", 4_096)?;
        connection.execute_batch(TABLE)?;
        let (sender, waiting) = mpsc::channel();
        std::thread::spawn(move || commit(&connection, &waiting));
        Ok(Self(sender))
    }

    async fn execute(&self, account: Uuid, command: AccountCommand) -> Result<()> {
        self.ask(|answer| Waiting::Execute(account, command, answer))
            .await
    }

    async fn ask<T>(
        &self,
        waiting: impl FnOnce(oneshot::Sender<Result<T>>) -> Waiting,
    ) -> Result<T> {
        let gone = || Failure::from("the writer is gone");
        let (answer, answered) = oneshot::channel();
        self.0.send(waiting(answer)).map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

/// Decides and stores for whoever waits, until nobody can come any more.
fn commit(connection: &Connection, waiting: &mpsc::Receiver<Waiting>) {
    let (mut states, mut rows) = (States::default(), Vec::new());
    while let Ok(first) = waiting.recv() {
        rows.clear();
        let mut decided = Vec::new();
        for waiting in std::iter::once(first).chain(waiting.try_iter()).take(GROUP) {
            match waiting {
                Waiting::Execute(account, command, answer) => {
                    let known = match states.knows(account) {
                        true => Ok(()),
                        false => read(connection, account, &mut states),
                    };
                    let outcome = known.and_then(|()| states.decide(account, &command, &mut rows));
                    decided.push((answer, outcome));
                }
                Waiting::Balance(account, answer) => {
                    let _ = answer.send(balance(connection, account));
                }
            }
        }
        let stored = store(connection, &rows).map_err(|error| error.to_string());
        if stored.is_err() {
            states.forget();
        }
        for (answer, outcome) in decided {
            let _ = answer.send(outcome.and(stored.clone().map_err(Failure::from)));
        }
    }
}

fn read(connection: &Connection, account: Uuid, states: &mut States) -> Result<()> {
    states.begin(account);
    let mut statement = connection.prepare_cached(
        "SELECT version, name, payload FROM events WHERE stream = ?1 ORDER BY version",
    )?;
    let mut rows = statement.query([stream(account)])?;
    while let Some(row) = rows.next()? {
        let event = decode(row.get_ref(1)?.as_str()?, row.get_ref(2)?.as_blob()?)?;
        states.read(account, row.get(0)?, &event);
    }
    Ok(())
}

fn store(connection: &Connection, rows: &[Row]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    let stored = insert(connection, rows);
    let end = if stored.is_ok() { "COMMIT" } else { "ROLLBACK" };
    connection.prepare_cached(end)?.execute([])?;
    stored
}

fn insert(connection: &Connection, rows: &[Row]) -> Result<()> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO events (stream, version, name, recorded_at, payload) VALUES (?1, ?2, ?3, 0, ?4)",
    )?;
    for row in rows {
        insert.execute(params![row.stream, row.version, row.name, row.payload])?;
    }
    Ok(())
}

/// From what is stored.
fn balance(connection: &Connection, account: Uuid) -> Result<i64> {
    let mut statement = connection
        .prepare_cached("SELECT name, payload FROM events WHERE stream = ?1 ORDER BY version")?;
    let mut rows = statement.query([stream(account)])?;
    let mut state = Account::default();
    while let Some(row) = rows.next()? {
        state.fold(&decode(
            row.get_ref(0)?.as_str()?,
            row.get_ref(1)?.as_blob()?,
        )?);
    }
    Ok(state.balance)
}

#[async_trait]
impl System for Grouped {
    async fn open(&self, account: Uuid, owner: &str) -> Result<()> {
        let owner = owner.to_owned();
        self.execute(account, AccountCommand::Open { owner }).await
    }

    async fn post(&self, account: Uuid, amounts: &[i64]) -> Result<()> {
        let amounts = amounts.to_vec();
        self.execute(account, AccountCommand::Post { amounts })
            .await
    }

    async fn balance(&self, account: Uuid) -> Result<i64> {
        self.ask(|answer| Waiting::Balance(account, answer)).await
    }
}
