//! The transaction of a projection, as its methods see it.

use std::sync::Arc;

use eventsource_core::{OwnNames, Position};
use futures_util::TryStreamExt;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Error, Row, Statement};

use crate::error::{is_broken, may_pass};
use crate::gathered::Gathered;
use crate::sent::{Encoded, Sent};
use crate::session::Session;

/// The transaction in which a projection's methods write, with its checkpoint: all of it is committed, or nothing.
///
/// `{balances}` in a statement is the projection's own table of that name: each version of the projection has one, so that a
/// new version is built beside the old one. The [active](eventsource_core::CheckpointStore::active) version's tables that
/// its `#[create]` method has made can be read under their plain names: `SELECT … FROM balances`.
///
/// Prepared statements are kept. A statement that fails fails the event, also where its error is not looked at: the server
/// does nothing more in the transaction then. Behind a pooler that takes no named statements
/// ([`Statements::Unnamed`](crate::Statements::Unnamed)) the types of the values must be said: the methods that end with
/// `_typed`.
pub struct PgTx {
    session: Arc<Session>,
    names: OwnNames,
    /// What is gathered for one statement.
    gathered: Option<Gathered>,
    /// Each row is sent by itself, so that the one is found that fails.
    is_alone: bool,
    /// Rows of several events were sent in one statement.
    has_gathered: bool,
    /// What was sent, and not answered yet.
    sent: Sent,
    /// The event whose method runs.
    event: Position,
    /// The first statement that has failed: what comes after it fails because of it.
    failed: Option<Failed>,
}

/// A statement that has failed.
pub(crate) struct Failed {
    /// The event that it was for.
    pub(crate) at: Position,
    pub(crate) error: Arc<Error>,
    /// Nobody has waited for it.
    pub(crate) was_sent: bool,
}

/// How bad it is that a statement has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Severity {
    /// The same may well succeed if it is tried again: the connection broke, or somebody was in the way.
    Passing,
    /// It is about the statement.
    Lasting,
}

/// Why a statement was not executed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TxError {
    /// The server, or the connection to it.
    #[error("{0}")]
    Driver(#[source] Told),
    /// It would end the transaction.
    #[error("a projection's method cannot end its transaction, or begin another: `{word}`")]
    NotHere {
        /// The word that the statement begins with.
        word: String,
    },
    /// A value cannot be encoded as what the statement takes.
    #[error("a value of the statement: {0}")]
    Value(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It gives no row, or more than one.
    #[error("the statement gives {rows} rows, and one was expected")]
    Rows {
        /// How many rows it gives.
        rows: usize,
    },
}

pub use crate::error::Told;

impl TxError {
    /// The driver's error, if it is one.
    #[must_use]
    pub fn driver(&self) -> Option<&Error> {
        match self {
            Self::Driver(told) => Some(&told.0),
            _ => None,
        }
    }
}

impl std::fmt::Debug for PgTx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PgTx")
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}

impl PgTx {
    pub(crate) fn new(session: &Arc<Session>, version: u32) -> Self {
        Self {
            session: Arc::clone(session),
            names: OwnNames::of_version(version),
            gathered: None,
            is_alone: false,
            has_gathered: false,
            sent: Sent::default(),
            event: Position::START,
            failed: None,
        }
    }

    /// Executes a statement, and returns how many rows it has changed.
    pub async fn execute(
        &mut self,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<u64, TxError> {
        Self::check(sql)?;
        let sql = self.names.put_into(sql);
        self.flush().await?;
        let done = self.session.execute_prepared(&sql, params).await;
        self.told(done).await
    }

    /// Sends a statement and goes on without its answer, so that many are on their way at a time: several times as fast as
    /// [`execute`](Self::execute), where what it has changed is not asked. If it fails, the event fails, and nothing that was
    /// written in the transaction is kept.
    ///
    /// Behind a pooler that takes no named statements it is the same as `execute`.
    pub async fn send(&mut self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<(), TxError> {
        Self::check(sql)?;
        let sql = self.names.put_into(sql);
        self.flush().await?;
        let statement = self.session.statement(&sql).await;
        let Some(statement) = self.told(statement).await? else {
            let done = self.session.execute_prepared(&sql, params).await;
            return self.told(done).await.map(|_| ());
        };
        let Some(values) = Encoded::all(&statement, params).map_err(TxError::Value)? else {
            // The driver says how many it wants.
            let done = self.session.execute_prepared(&sql, params).await;
            return self.told(done).await.map(|_| ());
        };
        self.put_on_the_way(statement, values, self.event).await
    }

    /// Gathers values for a statement that takes an array for each parameter, and executes it once for the events of a
    /// batch: as fast as it gets, where one statement can do what many would. It is sent before any other statement, and at
    /// the end; so what comes after it sees what it has written.
    ///
    /// ```
    /// # use eventsource_postgres::{PgTx, TxError};
    /// # async fn deposited(tx: &mut PgTx, account: &str, amount: i64) -> Result<(), TxError> {
    /// tx.gather(
    ///     "INSERT INTO {balances} AS b \
    ///      SELECT account, sum(amount) FROM unnest($1::text[], $2::bigint[]) AS u (account, amount) GROUP BY account \
    ///      ON CONFLICT (account) DO UPDATE SET balance = b.balance + excluded.balance",
    ///     &[&account, &amount],
    /// )
    /// .await
    /// # }
    /// ```
    ///
    /// If the statement fails, the batch is done once more with a statement for each event, so that the one is found that
    /// fails.
    pub async fn gather(
        &mut self,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<(), TxError> {
        Self::check(sql)?;
        let sql = self.names.put_into(sql);
        if self.gathered.as_ref().is_some_and(|it| it.sql != sql) {
            self.flush().await?;
        }
        let mut gathered = match self.gathered.take() {
            Some(gathered) => gathered,
            None => {
                let statement = self.session.prepare(&sql).await;
                let statement = self.told(statement).await?;
                Gathered::new(sql.into_owned(), statement, self.event).map_err(TxError::Value)?
            }
        };
        if gathered.width() != params.len() {
            let (wanted, given) = (gathered.width(), params.len());
            let error = format!("the statement takes {wanted}, and {given} are given");
            return Err(TxError::Value(error.into()));
        }
        let pushed = gathered.push(params).map_err(TxError::Value);
        let is_full = self.is_alone || gathered.is_full();
        self.gathered = Some(gathered);
        pushed?;
        match is_full {
            true => self.flush().await,
            false => Ok(()),
        }
    }

    /// Sends what is gathered.
    async fn flush(&mut self) -> Result<(), TxError> {
        let Some(gathered) = self.gathered.take() else {
            return Ok(());
        };
        let first = gathered.first;
        self.has_gathered |= !self.is_alone;
        let (statement, arrays) = gathered.arrays();
        self.put_on_the_way(statement, arrays, first).await
    }

    async fn put_on_the_way(
        &mut self,
        statement: Statement,
        values: Vec<Encoded>,
        event: Position,
    ) -> Result<(), TxError> {
        let earlier = self.sent.send(&self.session, statement, values, event);
        if let Err(earlier) = earlier.await {
            self.fail(earlier, true);
        }
        match &self.failed {
            Some(failed) => Err(TxError::Driver(Told(Arc::clone(&failed.error)))),
            None => Ok(()),
        }
    }

    /// All rows of a query.
    pub async fn query(
        &mut self,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, TxError> {
        Self::check(sql)?;
        let sql = self.names.put_into(sql);
        self.flush().await?;
        let rows = self.session.query_prepared(&sql, params).await;
        self.told(rows).await
    }

    /// The row of a query, or `None` if there is none.
    pub async fn query_opt(
        &mut self,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Option<Row>, TxError> {
        let mut rows = self.query(sql, params).await?;
        match rows.len() {
            0 | 1 => Ok(rows.pop()),
            rows => Err(TxError::Rows { rows }),
        }
    }

    /// The row of a query that has one.
    pub async fn query_one(
        &mut self,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Row, TxError> {
        let row = self.query_opt(sql, params).await?;
        row.ok_or(TxError::Rows { rows: 0 })
    }

    /// All rows of a query whose values come with their types, so that nothing is prepared.
    pub async fn query_typed(
        &mut self,
        sql: &str,
        params: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<Vec<Row>, TxError> {
        Self::check(sql)?;
        let sql = self.names.put_into(sql);
        self.flush().await?;
        let rows = async {
            let rows = self.session.rows(&sql, params).await?;
            rows.try_collect().await
        };
        let rows = rows.await;
        self.told(rows).await
    }

    /// Executes statements without values, with semicolons between them.
    pub async fn execute_batch(&mut self, sql: &str) -> Result<(), TxError> {
        for statement in sql.split(';') {
            Self::check(statement)?;
        }
        let sql = self.names.put_into(sql);
        self.flush().await?;
        let done = self.session.execute(&sql).await;
        self.told(done).await
    }

    /// What a table of the projection is really called.
    #[must_use]
    pub fn table(&self, name: &str) -> String {
        self.names.full(name)
    }

    /// The own names that were put into statements.
    pub(crate) fn used(&self) -> Vec<String> {
        self.names.used().map(str::to_owned).collect()
    }

    /// What follows is for the event at this position.
    pub(crate) fn begins(&mut self, event: Position) {
        self.event = event;
    }

    /// The event whose method runs, or ran last.
    pub(crate) fn event(&self) -> Position {
        self.event
    }

    /// Has each row sent by itself from now on.
    pub(crate) fn alone(&mut self) {
        self.is_alone = true;
    }

    /// Waits for what was sent.
    pub(crate) async fn finish(&mut self) {
        // What is wrong with it is kept.
        let _ = self.flush().await;
        if let Err(earlier) = self.sent.finish().await {
            self.fail(earlier, true);
        }
    }

    /// The first statement that has failed, if one has.
    pub(crate) fn failed(&self) -> Option<&Failed> {
        self.failed.as_ref()
    }

    /// Whether it may be another event than it seems, since rows of several were gathered.
    pub(crate) fn may_be_of_another(&self) -> bool {
        self.has_gathered && self.failed.as_ref().is_some_and(|failed| failed.was_sent)
    }

    /// How bad that is.
    pub(crate) fn severity(&self) -> Option<Severity> {
        if self.session.is_closed() {
            return Some(Severity::Passing);
        }
        let error = &self.failed.as_ref()?.error;
        Some(match is_broken(error) || may_pass(error) {
            true => Severity::Passing,
            false => Severity::Lasting,
        })
    }

    async fn told<T>(&mut self, done: Result<T, Error>) -> Result<T, TxError> {
        match done {
            Ok(done) => Ok(done),
            Err(error) => {
                // It may have failed because of one that was sent before.
                self.finish().await;
                Err(TxError::Driver(self.fail((self.event, error), false)))
            }
        }
    }

    fn fail(&mut self, (at, error): (Position, Error), was_sent: bool) -> Told {
        let error = Arc::new(error);
        self.failed.get_or_insert_with(|| Failed {
            at,
            error: Arc::clone(&error),
            was_sent,
        });
        Told(error)
    }

    /// Refuses statements that would end the transaction.
    fn check(sql: &str) -> Result<(), TxError> {
        const ENDS: [&str; 8] = [
            "abort",
            "begin",
            "commit",
            "end",
            "prepare",
            "release",
            "rollback",
            "savepoint",
        ];
        let first = sql.split_whitespace().next().unwrap_or_default();
        let is_end = |word: &&&str| first.eq_ignore_ascii_case(word);
        match ENDS.iter().find(is_end) {
            Some(word) => Err(TxError::NotHere {
                word: (*word).to_owned(),
            }),
            None => Ok(()),
        }
    }
}
