//! Projections into the file: their methods run on the writer's thread, in the transaction that saves the checkpoint.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;

use eventsource_core::{
    Batch, BoxError, CheckpointError, Codec, Failure, Incoming, Position, ProjectWithin, Store,
    StoreError, StoredEvent, Target,
};
use rusqlite::Connection;

use crate::checkpoints::{drop_made, made, save, set_made, show_again};
use crate::guard::guarded;
use crate::store::SqliteStore;
use crate::tx::SqliteTx;
use crate::work::Kept;

impl<P: ProjectWithin<Into = Self>> Target<SqliteStore, P> for SqliteTx {
    const RESTORED_WITH_THE_STORE: bool = true;

    async fn prepare(store: &SqliteStore, projection: &Arc<P>) -> Result<(), BoxError> {
        let projection = Arc::clone(projection);
        let created = store.on_writer(0, move |conn| create(conn, &*projection));
        created.await?
    }

    async fn clear(store: &SqliteStore, _: &Arc<P>) -> Result<(), BoxError> {
        let cleared = store.on_writer(0, |conn| {
            Ok((Kept::Yes, drop_made(conn, P::NAME, P::VERSION)?))
        });
        Ok(cleared.await?)
    }

    async fn commit<C: Codec>(
        store: &SqliteStore,
        projection: &Arc<P>,
        codec: &C,
        batch: Arc<Batch>,
    ) -> Result<(), Failure> {
        let life = store.identity().incarnation;
        let (projection, codec) = (Arc::clone(projection), codec.clone());
        let bytes = batch.events.iter().map(StoredEvent::size).sum();
        let done = store.on_writer(bytes, move |conn| {
            // Who is fenced off need not do the work first. It is done in the same transaction, so nothing comes between.
            if !save(conn, &batch.slot, batch.fence, &batch.advance, life)? {
                return Ok((Kept::No, Err(Failure::Checkpoint(CheckpointError::Fenced))));
            }
            let tx = SqliteTx::new(conn, P::VERSION);
            if let Some(stream) = &batch.forget
                && let Err(error) = method(|| projection.forget(stream, &tx))
            {
                return Ok((Kept::No, Err(failed(Position::START, error))));
            }
            for event in &batch.events {
                let incoming = Incoming::new(event.as_ref(), &codec);
                let projected = method(|| projection.project(&incoming, &tx));
                let projected = projected.and_then(|()| still_open(conn));
                if let Err(error) = projected {
                    let position = event.position;
                    return Ok((Kept::No, Err(failed(position, error))));
                }
            }
            Ok((Kept::Yes, Ok(())))
        });
        done.await.map_err(StoreError::into).and_then(|done| done)
    }
}

fn failed(position: Position, error: BoxError) -> Failure {
    Failure::Event {
        position,
        error,
        saved: None,
    }
}

/// Runs a method of the user's: a panic is an error of this event, and no end of the writer.
pub(crate) fn method(run: impl FnOnce() -> Result<(), BoxError>) -> Result<(), BoxError> {
    match guarded(|| catch_unwind(AssertUnwindSafe(run))) {
        Ok(done) => done,
        Err(panic) => {
            let text = panic.downcast_ref::<&str>().map(ToString::to_string);
            let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
            let text = text.unwrap_or_else(|| "something that is no text".into());
            Err(format!("the method has panicked: {text}").into())
        }
    }
}

/// `OR ROLLBACK` in a statement ends the whole transaction, with what others have written in it.
fn still_open(conn: &Connection) -> Result<(), BoxError> {
    match conn.is_autocommit() {
        true => Err("a statement of the method has rolled the transaction back".into()),
        false => Ok(()),
    }
}

/// Calls the projection's `#[create]` method, once for its version.
fn create<P: ProjectWithin<Into = SqliteTx>>(
    conn: &Rc<Connection>,
    projection: &P,
) -> rusqlite::Result<(Kept, Result<(), BoxError>)> {
    if made(conn, P::NAME, P::VERSION)?.is_some() {
        return Ok((Kept::Yes, Ok(())));
    }
    let tx = SqliteTx::new(conn, P::VERSION);
    if let Err(error) = method(|| projection.create(&tx)) {
        return Ok((Kept::No, Err(error)));
    }
    set_made(conn, P::NAME, P::VERSION, Some(&tx.used()))?;
    show_again(conn, P::NAME, P::VERSION)?;
    Ok((Kept::Yes, Ok(())))
}
