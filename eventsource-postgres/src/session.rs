//! One connection: its statements, its notices, and the task that carries it.

use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use futures_util::{TryStreamExt, pin_mut};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::AbortHandle;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{AsyncMessage, Client, Connection, Error, Row, RowStream, Statement};

use crate::options::Statements;

/// What is bound to a statement, with its type, so that nobody has to ask the server for it.
pub(crate) type Bound<'a> = (&'a (dyn ToSql + Sync), Type);

/// A connection that was not used for so long may have been closed by the server meanwhile.
const IDLE: Duration = Duration::from_millis(5);
/// The most statements that stay prepared on a connection.
const PREPARED: usize = 128;

pub(crate) struct Session {
    client: Client,
    statements: Statements,
    prepared: Mutex<HashMap<Box<str>, Statement>>,
    warned: Arc<AtomicBool>,
    /// When the server at the other end was started, in microseconds, as it was when the identity was checked.
    server: AtomicI64,
    /// When something was asked last.
    used: Mutex<Instant>,
    task: AbortHandle,
    /// It is given up, and the task that carries it ends in a moment.
    abandoned: AtomicBool,
}

impl Session {
    /// `task` carries the connection, and sets `warned` where the server warns.
    pub(crate) fn new(
        client: Client,
        statements: Statements,
        warned: Arc<AtomicBool>,
        task: AbortHandle,
    ) -> Self {
        Self {
            client,
            statements,
            prepared: Mutex::default(),
            warned,
            server: AtomicI64::new(0),
            used: Mutex::new(Instant::now()),
            task,
            abandoned: AtomicBool::new(false),
        }
    }

    /// Sends a statement, and gives its rows as they come.
    pub(crate) async fn rows(&self, sql: &str, bound: &[Bound<'_>]) -> Result<RowStream, Error> {
        if self.statements == Statements::Unnamed {
            return self
                .client
                .query_typed_raw(
                    sql,
                    bound.iter().map(|(value, kind)| (*value, kind.clone())),
                )
                .await;
        }
        let known = self.prepared().get(sql).cloned();
        let statement = match known {
            Some(statement) => statement,
            None => {
                let types: Vec<_> = bound.iter().map(|(_, kind)| kind.clone()).collect();
                let statement = self.client.prepare_typed(sql, &types).await?;
                let mut prepared = self.prepared();
                if prepared.len() >= PREPARED {
                    prepared.clear();
                }
                prepared.insert(sql.into(), statement.clone());
                statement
            }
        };
        self.client
            .query_raw(&statement, bound.iter().map(|(value, _)| *value))
            .await
    }

    /// Executes a statement whose values' types the server knows, and says how many rows it has changed.
    pub(crate) async fn execute_prepared(
        &self,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<u64, Error> {
        let statement = self.known(sql).await?;
        self.client.execute(&statement, params).await
    }

    /// The rows of a statement whose values' types the server knows.
    pub(crate) async fn query_prepared(
        &self,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, Error> {
        let statement = self.known(sql).await?;
        self.client.query(&statement, params).await
    }

    /// A prepared statement for values that are sent later; `None` where none is kept.
    pub(crate) async fn statement(&self, sql: &str) -> Result<Option<Statement>, Error> {
        match self.statements {
            Statements::Named => self.known(sql).await.map(Some),
            Statements::Unnamed => Ok(None),
        }
    }

    /// A prepared statement, whether it is kept or not.
    pub(crate) async fn prepare(&self, sql: &str) -> Result<Statement, Error> {
        self.known(sql).await
    }

    /// A prepared statement; it is kept, unless a pooler gives another connection the next time.
    async fn known(&self, sql: &str) -> Result<Statement, Error> {
        if let Some(statement) = self.prepared().get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql).await?;
        if self.statements == Statements::Named {
            let mut prepared = self.prepared();
            if prepared.len() >= PREPARED {
                prepared.clear();
            }
            prepared.insert(sql.into(), statement.clone());
        }
        Ok(statement)
    }

    /// Sends a statement that gives at most one row.
    pub(crate) async fn row(&self, sql: &str, bound: &[Bound<'_>]) -> Result<Option<Row>, Error> {
        let rows = self.rows(sql, bound).await?;
        pin_mut!(rows);
        // Asked once more after its end, the stream would call the connection closed.
        let Some(row) = rows.try_next().await? else {
            return Ok(None);
        };
        // Only the end says that the transaction was committed.
        while rows.try_next().await?.is_some() {}
        Ok(Some(row))
    }

    /// Sends statements without anything bound to them.
    pub(crate) async fn execute(&self, sql: &str) -> Result<(), Error> {
        self.client.batch_execute(sql).await
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    fn prepared(&self) -> std::sync::MutexGuard<'_, HashMap<Box<str>, Statement>> {
        // No critical section here can panic half-way.
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.abandoned.load(Ordering::Relaxed) || self.client.is_closed()
    }

    /// Whether the connection is closed, as far as anybody knows. One that was not used for a while is given the time to
    /// notice that the server has gone: what is sent to a server that has gone has an unknown outcome.
    pub(crate) async fn has_gone(&self) -> bool {
        let now = Instant::now();
        let before = std::mem::replace(
            &mut *self.used.lock().unwrap_or_else(PoisonError::into_inner),
            now,
        );
        if now.duration_since(before) > IDLE {
            // The first turn is the network's, the second the connection's.
            tokio::task::yield_now().await;
            tokio::task::yield_now().await;
        }
        self.is_closed()
    }

    /// Whether the server has warned since this was asked last: a commit might not have been replicated.
    pub(crate) fn take_warning(&self) -> bool {
        self.warned.load(Ordering::Relaxed) && self.warned.swap(false, Ordering::Relaxed)
    }

    pub(crate) fn server(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_micros(self.server_micros().unsigned_abs())
    }

    pub(crate) fn server_micros(&self) -> i64 {
        self.server.load(Ordering::Relaxed)
    }

    pub(crate) fn set_server(&self, started: SystemTime) {
        let micros = started
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_micros();
        self.server
            .store(i64::try_from(micros).unwrap_or(0), Ordering::Relaxed);
    }

    /// Gives the connection up at once, whatever is being done on it.
    pub(crate) fn abandon(&self) {
        self.abandoned.store(true, Ordering::Relaxed);
        self.task.abort();
    }
}

/// Carries a connection until it ends, and remembers warnings.
pub(crate) async fn carry<S, T>(mut connection: Connection<S, T>, warned: Arc<AtomicBool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    loop {
        match poll_fn(|context| connection.poll_message(context)).await {
            // Set before the answer that follows it is given out.
            Some(Ok(AsyncMessage::Notice(notice))) if *notice.code() == SqlState::WARNING => {
                tracing::warn!(message = notice.message(), "the server warns");
                warned.store(true, Ordering::Relaxed);
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => {
                tracing::debug!(%error, "a connection has ended");
                return;
            }
            None => return,
        }
    }
}
