//! Inline projections: what comes of an append is written in the append's own savepoint, and refuses it if it fails.
//!
//! A projection goes on from its checkpoint to the end of the log as this transaction sees it. Mostly that is what was just
//! appended; where another process has appended that does not run the projection, it is that as well. So the position alone
//! says what is to be done, and it does not matter who else runs the projection, inline or not.

use std::rc::Rc;
use std::sync::Arc;

use eventsource_core::{
    AppendError, BoxError, Codec, Incoming, Json, Position, ProjectWithin, Projected, RunError,
    Runner,
};
use rusqlite::{Connection, OptionalExtension, params};

use crate::checkpoints::save_position;
use crate::ledger::Ledger;
use crate::projection::method;
use crate::query::number;
use crate::row::{self, COLUMNS_AND_STREAM, Texts};
use crate::store::SqliteStore;
use crate::tx::SqliteTx;

/// A projection that is run inline.
pub(crate) trait Inline: Send + Sync {
    fn name(&self) -> &'static str;

    /// Goes on to the end of the log. `Err(_)` within: an event that it does not take.
    fn go_on(
        &self,
        conn: &Rc<Connection>,
        texts: &mut Texts,
        head: Position,
    ) -> rusqlite::Result<Result<(), BoxError>>;
}

struct Of<P, C> {
    projection: Arc<P>,
    codec: C,
}

impl<P: ProjectWithin<Into = SqliteTx>, C: Codec> Inline for Of<P, C> {
    fn name(&self) -> &'static str {
        P::NAME
    }

    fn go_on(
        &self,
        conn: &Rc<Connection>,
        texts: &mut Texts,
        head: Position,
    ) -> rusqlite::Result<Result<(), BoxError>> {
        let sql = "SELECT position FROM slots WHERE name = ?1 AND version = ?2 AND slice = 0";
        let position: Option<i64> = conn
            .prepare_cached(sql)?
            .query_row(params![P::NAME, P::VERSION], |row| row.get(0))
            .optional()?;
        let Some(position) = position.filter(|at| *at < number(head.0)) else {
            return Ok(match position {
                Some(_) => Ok(()),
                None => Err("its checkpoint is gone".into()),
            });
        };
        let tx = SqliteTx::new(conn, P::VERSION);
        let mut statement = conn.prepare_cached(&format!(
            "SELECT {COLUMNS_AND_STREAM} FROM events WHERE position > ?1 ORDER BY position"
        ))?;
        let mut rows = statement.query([position])?;
        while let Some(row) = rows.next()? {
            let projected = row::event_of_any_stream(conn, texts, row, |event| {
                let mut known = P::EVENTS.iter().flat_map(|rows| rows.iter());
                if !known.any(|row| row.name == event.name) {
                    return Ok(());
                }
                let incoming = Incoming::new(event, &self.codec);
                method(|| self.projection.project(&incoming, &tx))
            })?;
            if let Err(error) = projected {
                return Ok(Err(error));
            }
            // `OR ROLLBACK` ends the whole transaction: everybody's appends are made again, each alone.
            if conn.is_autocommit() {
                return Err(rusqlite::Error::ExecuteReturnedResults);
            }
        }
        save_position(conn, P::NAME, P::VERSION, head)?;
        Ok(Ok(()))
    }
}

/// The projections that the writer runs, and what it remembers of the log for them.
pub(crate) struct Inlines {
    list: Arc<[Arc<dyn Inline>]>,
    texts: Texts,
}

impl Inlines {
    pub(crate) fn new() -> Self {
        Self {
            list: Arc::new([]),
            texts: Texts::new(),
        }
    }

    pub(crate) fn are(&mut self, list: Arc<[Arc<dyn Inline>]>) {
        self.list = list;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// To be called after a transaction that was not committed.
    pub(crate) fn forget(&mut self) {
        self.texts.forget();
    }

    /// Runs all of them, after an append was made in this savepoint.
    pub(crate) fn go_on(
        &mut self,
        conn: &Rc<Connection>,
        ledger: &Ledger<'_>,
    ) -> rusqlite::Result<Result<(), AppendError>> {
        for inline in &*self.list {
            if let Err(source) = inline.go_on(conn, &mut self.texts, ledger.head())? {
                return Ok(Err(AppendError::Projection {
                    projection: inline.name().into(),
                    source,
                }));
            }
        }
        Ok(Ok(()))
    }
}

impl SqliteStore {
    /// Runs a projection inline from now on: what comes of an append through this store, from whichever handle, is written
    /// in the same transaction, and a query after the append sees it. Catches up first, so this may take a while.
    ///
    /// An append whose events the projection does not take is refused with [`AppendError::Projection`]; others that share
    /// its commit are not touched. Other processes that use the file run it inline too, or leave what they append to be
    /// projected with the next append here.
    ///
    /// ```
    /// # use eventsource_core::prelude::*;
    /// # use eventsource_core::Recorded;
    /// # use eventsource_sqlite::{SqliteStore, SqliteTx, rusqlite};
    /// # #[event] pub struct Taken { pub show: u32 }
    /// # struct Guests;
    /// # #[projection(name = "guests")] impl Guests {
    /// #     fn taken(&self, _: &Recorded<Taken>, _: &SqliteTx) {} }
    /// # async fn example(store: SqliteStore) -> Result<(), Box<dyn std::error::Error>> {
    /// store.run_inline(Guests).await?;
    /// # Ok(()) }
    /// ```
    pub async fn run_inline<P: ProjectWithin<Into = SqliteTx>>(
        &self,
        projection: P,
    ) -> Result<(), RunError> {
        self.run_inline_with(Json, projection).await
    }

    /// The same with another codec, which reads the events.
    pub async fn run_inline_with<P: ProjectWithin<Into = SqliteTx>, C: Codec>(
        &self,
        codec: C,
        projection: P,
    ) -> Result<(), RunError> {
        let projection = Arc::new(projection);
        let catch_up = || {
            let projected = Projected::shared(Arc::clone(&projection), codec.clone());
            Runner::new(self.clone(), projected).catch_up()
        };
        catch_up().await?;
        let inline: Arc<dyn Inline> = Arc::new(Of {
            projection: Arc::clone(&projection),
            codec: codec.clone(),
        });
        self.shared().inlines.send_modify(|list| {
            *list = list.iter().cloned().chain([inline]).collect();
        });
        // From this answer on, every append is projected; what came meanwhile was not.
        let registered = self.on_writer(0, |_| Ok((crate::work::Kept::No, ())));
        registered.await?;
        catch_up().await?;
        Ok(())
    }
}
