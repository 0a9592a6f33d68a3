//! Inline projections: what comes of appends is written in their own transaction, and refuses the one that it fails for.
//!
//! A projection goes on from its checkpoint to the end of the log as this transaction sees it, under the store's lock. Mostly
//! that is what was just appended; where another process has appended that does not run the projection, it is that as well.
//! So the position alone says what is to be done, and it does not matter who else runs the projection, inline or not.

use std::sync::Arc;

use eventsource_core::{
    BoxError, Codec, Incoming, Json, ProjectThrough, Projected, RunError, Runner, StoreError,
};
use futures_util::future::BoxFuture;
use tokio_postgres::types::Type;
use tokio_postgres::{Error, Row};

use crate::checkpoints::ask;
use crate::checks::number;
use crate::error::store_error;
use crate::open::Shared;
use crate::projection::{judge, method};
use crate::row::{self, Names};
use crate::session::Bound;
use crate::store::PostgresStore;
use crate::transaction::Open;
use crate::tx::PgTx;

/// How many events are read at once.
const PAGE: usize = 1_024;

/// Moves the checkpoint on over a page of events, and gives them. A runner that holds the slot's row has its commit first.
const NEXT_PAGE: &str = "WITH slot AS MATERIALIZED ( \
        SELECT s.position FROM {schema}.slots s WHERE s.name = $1 AND s.version = $2 AND s.slice = 0 FOR UPDATE), \
    page AS MATERIALIZED ( \
        SELECT {columns} FROM {schema}.events e WHERE e.position > (SELECT slot.position FROM slot) \
        ORDER BY e.position LIMIT $3), \
    moved AS ( \
        UPDATE {schema}.slots s SET position = (SELECT max(page.position) FROM page) \
        WHERE s.name = $1 AND s.version = $2 AND s.slice = 0 AND EXISTS (SELECT FROM page)) \
    SELECT * FROM page";

/// A projection that is run inline.
pub(crate) trait Inline: Send + Sync {
    fn name(&self) -> &'static str;

    fn version(&self) -> u32;

    /// Goes on to the end of the log.
    fn go_on<'a>(
        &'a self,
        shared: &'a Shared,
        open: &'a mut Open,
    ) -> BoxFuture<'a, Result<(), Halt>>;
}

/// Why a projection has not come to the end of the log.
pub(crate) enum Halt {
    /// A statement has failed that may well succeed if it is tried again.
    Passing(Arc<Error>),
    Store(StoreError),
    /// It does not take an event.
    Refused(BoxError),
}

impl From<StoreError> for Halt {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

struct Of<P, C> {
    projection: Arc<P>,
    codec: C,
}

impl<P: ProjectThrough<Into = PgTx>, C: Codec> Inline for Of<P, C> {
    fn name(&self) -> &'static str {
        P::NAME
    }

    fn version(&self) -> u32 {
        P::VERSION
    }

    fn go_on<'a>(
        &'a self,
        shared: &'a Shared,
        open: &'a mut Open,
    ) -> BoxFuture<'a, Result<(), Halt>> {
        Box::pin(async {
            let mut names = Names::new();
            let mut page = next_page(shared, open, self).await?;
            if page.is_empty() {
                // There is at least what was just appended.
                return Err(Halt::Refused("its checkpoint is gone".into()));
            }
            loop {
                self.project(shared, open, &mut names, &page).await?;
                if page.len() < PAGE {
                    return Ok(());
                }
                page = next_page(shared, open, self).await?;
            }
        })
    }
}

impl<P: ProjectThrough<Into = PgTx>, C: Codec> Of<P, C> {
    async fn project(
        &self,
        shared: &Shared,
        open: &mut Open,
        names: &mut Names,
        page: &[Row],
    ) -> Result<(), Halt> {
        let mut tx = PgTx::new(open.session(), P::VERSION);
        for row in page {
            let stream = names.of(&shared.place, row)?;
            let event = row::event(row, &stream)
                .map_err(|error| store_error(&shared.place, "reading events", error))?;
            let mut known = P::EVENTS.iter().flat_map(|rows| rows.iter());
            if !known.any(|known| known.name == event.name) {
                continue;
            }
            open.plan_as_usual(shared).await?;
            tx.begins(event.position);
            let incoming = Incoming::new(event, &self.codec);
            let projected = method(self.projection.project(&incoming, &mut tx)).await;
            go_on_if(shared, &mut tx, projected).await?;
        }
        tx.finish().await;
        go_on_if(shared, &mut tx, Ok(())).await
    }
}

/// Whether a method has gone well.
async fn go_on_if(
    shared: &Shared,
    tx: &mut PgTx,
    projected: Result<(), BoxError>,
) -> Result<(), Halt> {
    match judge(shared, tx, projected).await {
        Ok(done) => done.map_err(|fault| Halt::Refused(fault.error)),
        Err(error) => Err(match tx.failed() {
            Some(failed) => Halt::Passing(Arc::clone(&failed.error)),
            None => Halt::Store(error),
        }),
    }
}

async fn next_page(
    shared: &Shared,
    open: &Open,
    inline: &dyn Inline,
) -> Result<Vec<Row>, StoreError> {
    let sql = NEXT_PAGE.replace("{columns}", row::COLUMNS_AND_STREAM);
    let bound: [Bound<'_>; 3] = [
        (&inline.name(), Type::TEXT),
        (&i64::from(inline.version()), Type::INT8),
        (&number(PAGE as u64), Type::INT8),
    ];
    ask(shared, open.session(), &sql, &bound).await
}

impl PostgresStore {
    /// Runs a projection inline from now on: what comes of an append through this store, from whichever handle, is written
    /// in the same transaction, and a query after the append sees it. Catches up first, so this may take a while.
    ///
    /// An append whose events the projection does not take is refused with
    /// [`AppendError::Projection`](eventsource_core::AppendError::Projection); others are not touched. Other processes that
    /// use the schema run it inline too, or leave what they append to be projected with the next append here, as
    /// [imports](Self::import) do.
    ///
    /// It has its price: an append takes several round trips in place of one, and the methods' statements run while every
    /// other append to the store, from whichever process, waits. Methods that do more than a few statements on rows of
    /// their own belong into a [runner](eventsource_core::CheckpointStore::project).
    ///
    /// ```
    /// # use eventsource_core::prelude::*;
    /// # use eventsource_core::Recorded;
    /// # use eventsource_postgres::{PgTx, PostgresStore, TxError};
    /// # #[event] pub struct Taken { pub show: u32 }
    /// # struct Guests;
    /// # #[projection(name = "guests")] impl Guests {
    /// #     async fn taken(&self, _: &Recorded<Taken>, _: &mut PgTx) -> Result<(), TxError> { Ok(()) } }
    /// # async fn example(store: PostgresStore) -> Result<(), Box<dyn std::error::Error>> {
    /// store.run_inline(Guests).await?;
    /// # Ok(()) }
    /// ```
    pub async fn run_inline<P: ProjectThrough<Into = PgTx>>(
        &self,
        projection: P,
    ) -> Result<(), RunError> {
        self.run_inline_with(Json, projection).await
    }

    /// The same with another codec, which reads the events.
    pub async fn run_inline_with<P: ProjectThrough<Into = PgTx>, C: Codec>(
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
        let shared = self.shared();
        shared.inlines.send_modify(|list| {
            let is_another =
                |other: &&Arc<dyn Inline>| (other.name(), other.version()) != (P::NAME, P::VERSION);
            *list = list
                .iter()
                .filter(is_another)
                .cloned()
                .chain([inline])
                .collect();
        });
        // From now on every append is projected; what came meanwhile was not.
        shared.appender.finish_call().await;
        catch_up().await?;
        Ok(())
    }
}
