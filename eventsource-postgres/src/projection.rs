//! Projections into the database: their methods run in the transaction that saves the checkpoint.
//!
//! The fence comes first: who is fenced off does not do the work, and two that both think they own a slice do not meet in
//! the tables of the user. A process that is stopped holds the slice's row until the server ends its transaction, after
//! `idle_in_transaction_session_timeout`.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use eventsource_core::{
    Batch, BoxError, CheckpointError, Codec, Failure, Incoming, Position, ProjectThrough,
    StoreError, Target,
};
use futures_util::FutureExt;
use tokio_postgres::types::Type;

use crate::checkpoints::{ask, save};
use crate::open::Shared;
use crate::session::Bound;
use crate::store::PostgresStore;
use crate::transaction::{Open, passing};
use crate::tx::{PgTx, Severity, Told};

impl<P: ProjectThrough<Into = Self>> Target<PostgresStore, P> for PgTx {
    const RESTORED_WITH_THE_STORE: bool = true;

    async fn prepare(store: &PostgresStore, projection: &Arc<P>) -> Result<(), BoxError> {
        store.within(create(store.shared(), &**projection)).await
    }

    async fn clear(store: &PostgresStore, _: &Arc<P>) -> Result<(), BoxError> {
        let cleared = store.within(async {
            let shared = store.shared();
            let reading = shared.projecting.get().await?;
            let bound: [Bound<'_>; 2] =
                [(&P::NAME, Type::TEXT), (&i64::from(P::VERSION), Type::INT8)];
            let sql = "SELECT {schema}.drop_made_v1($1, $2)";
            ask(shared, reading.session(), sql, &bound).await
        });
        Ok(cleared.await.map(|_| ())?)
    }

    async fn commit<C: Codec>(
        store: &PostgresStore,
        projection: &Arc<P>,
        codec: &C,
        batch: Arc<Batch>,
    ) -> Result<(), Failure> {
        let shared = store.shared();
        store
            .within(async {
                match project(shared, &**projection, codec, &batch, false).await {
                    Err(Stopped::Unclear) => {
                        let alone = project(shared, &**projection, codec, &batch, true).await;
                        alone.map_err(Stopped::failure)
                    }
                    done => done.map_err(Stopped::failure),
                }
            })
            .await
    }
}

/// Why a batch was not projected.
enum Stopped {
    Failure(Failure),
    /// A statement has failed that was gathered from several events.
    Unclear,
}

impl Stopped {
    fn failure(self) -> Failure {
        match self {
            Self::Failure(failure) => failure,
            Self::Unclear => StoreError::Closed.into(),
        }
    }
}

impl<E: Into<Failure>> From<E> for Stopped {
    fn from(error: E) -> Self {
        Self::Failure(error.into())
    }
}

/// Projects a batch in a transaction of its own. `alone`: what would be gathered is sent event by event.
async fn project<P: ProjectThrough<Into = PgTx>, C: Codec>(
    shared: &Shared,
    projection: &P,
    codec: &C,
    batch: &Batch,
    alone: bool,
) -> Result<(), Stopped> {
    let reading = shared.projecting.get().await?;
    let open = Open::begin_planned(shared, reading.session()).await?;
    let done = project_in(shared, projection, codec, batch, &open, alone).await;
    open.end(shared, done.is_ok()).await?;
    done
}

async fn project_in<P: ProjectThrough<Into = PgTx>, C: Codec>(
    shared: &Shared,
    projection: &P,
    codec: &C,
    batch: &Batch,
    open: &Open,
    alone: bool,
) -> Result<(), Stopped> {
    let saved = save(
        shared,
        open.session(),
        &batch.slot,
        batch.fence,
        &batch.advance,
    );
    if !saved.await? {
        return Err(CheckpointError::Fenced.into());
    }
    let mut tx = PgTx::new(open.session(), P::VERSION);
    if alone {
        tx.alone();
    }
    match project_all(shared, projection, codec, batch, &mut tx).await {
        Err(Failure::Event { .. }) if tx.may_be_of_another() => Err(Stopped::Unclear),
        done => done.map_err(Stopped::Failure),
    }
}

async fn project_all<P: ProjectThrough<Into = PgTx>, C: Codec>(
    shared: &Shared,
    projection: &P,
    codec: &C,
    batch: &Batch,
    tx: &mut PgTx,
) -> Result<(), Failure> {
    if let Some(stream) = &batch.forget {
        let forgotten = method(projection.forget(stream, tx)).await;
        judge(shared, tx, forgotten).await??;
    }
    for event in &batch.events {
        tx.begins(event.position);
        let incoming = Incoming::new(event.as_ref(), codec);
        let projected = method(projection.project(&incoming, tx)).await;
        judge(shared, tx, projected).await??;
    }
    tx.finish().await;
    judge(shared, tx, Ok(())).await??;
    Ok(())
}

/// What is wrong with an event.
pub(crate) struct Fault {
    position: Position,
    pub(crate) error: BoxError,
}

impl From<Fault> for Failure {
    fn from(Fault { position, error }: Fault) -> Self {
        Self::Event {
            position,
            error,
            saved: None,
        }
    }
}

/// Awaits a method of the user's: a panic is an error of its event.
pub(crate) async fn method(
    run: impl Future<Output = Result<(), BoxError>>,
) -> Result<(), BoxError> {
    match AssertUnwindSafe(run).catch_unwind().await {
        Ok(done) => done,
        Err(panic) => {
            let text = panic.downcast_ref::<&str>().map(ToString::to_string);
            let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
            let text = text.unwrap_or_else(|| "something that is no text".into());
            Err(format!("the method has panicked: {text}").into())
        }
    }
}

/// Whether a method has gone well, and if not, whether it is the store's fault: then the outer result is an error. It may be
/// the fault of an earlier event, for which a statement was sent that has failed.
pub(crate) async fn judge(
    shared: &Shared,
    tx: &mut PgTx,
    done: Result<(), BoxError>,
) -> Result<Result<(), Fault>, StoreError> {
    if done.is_err() {
        tx.finish().await;
    }
    let error = match (tx.severity(), done) {
        (Some(Severity::Passing), done) => {
            let text = done.err().map(|error| error.to_string());
            let text = text.unwrap_or_else(|| "a statement has failed".into());
            return Err(passing(shared, text));
        }
        (None, Ok(())) => return Ok(Ok(())),
        (_, done) => done.err(),
    };
    let sent = tx.failed().filter(|failed| failed.was_sent);
    Ok(Err(match (sent, error) {
        (Some(failed), _) => Fault {
            position: failed.at,
            error: Box::new(Told(Arc::clone(&failed.error))),
        },
        (None, error) => Fault {
            position: tx.event(),
            error: error.unwrap_or_else(|| GONE_ON.into()),
        },
    }))
}

const GONE_ON: &str = "a statement has failed, and the method has gone on: the server does nothing more in the transaction";

/// Calls the projection's `#[create]` method, once for its version.
async fn create<P: ProjectThrough<Into = PgTx>>(
    shared: &Shared,
    projection: &P,
) -> Result<(), BoxError> {
    let reading = shared.projecting.get().await?;
    let mut open = Open::begin_planned(shared, reading.session()).await?;
    let created = create_in(shared, projection, &mut open).await;
    open.end(shared, created.is_ok()).await?;
    created
}

async fn create_in<P: ProjectThrough<Into = PgTx>>(
    shared: &Shared,
    projection: &P,
    open: &mut Open,
) -> Result<(), BoxError> {
    let (name, version) = (P::NAME, i64::from(P::VERSION));
    let bound: [Bound<'_>; 2] = [(&name, Type::TEXT), (&version, Type::INT8)];
    // Of several owners of slices, one creates.
    let sql = "SELECT c.made IS NULL, c.is_active FROM {schema}.consumers c WHERE c.name = $1 AND c.version = $2 FOR UPDATE";
    let rows = ask(shared, open.session(), sql, &bound).await?;
    let Some(row) = rows.first().filter(|row| row.get(0)) else {
        return Ok(());
    };
    let mut tx = PgTx::new(open.session(), P::VERSION);
    let created = method(projection.create(&mut tx)).await;
    tx.finish().await;
    let created = judge(shared, &mut tx, created).await?;
    created.map_err(|fault| fault.error)?;
    let made = tx.used();
    let bound: [Bound<'_>; 3] = [
        (&name, Type::TEXT),
        (&version, Type::INT8),
        (&made, Type::TEXT_ARRAY),
    ];
    let sql = "UPDATE {schema}.consumers c SET made = $3 WHERE c.name = $1 AND c.version = $2";
    ask(shared, open.session(), sql, &bound).await?;
    if row.get(1) {
        let bound = &bound[..2];
        let sql = "SELECT {schema}.show_v1($1, $2)";
        ask(shared, open.session(), sql, bound).await?;
    }
    Ok(())
}
