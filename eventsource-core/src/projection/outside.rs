//! Projections into anything that is not the store's own database: at least once, then the checkpoint.

use std::sync::Arc;

use crate::codec::Codec;
use crate::consumer::{Batch, BoxError, Failure};
use crate::projection::{Incoming, ProjectOutside, Projection, Target};
use crate::runner::checkpoint_store::CheckpointStore;

/// Anything that is not the store's own database: a search engine, a cache, a file. An event may come there more than
/// once, so what is written should carry [`Recorded::position`](crate::Recorded), and leave out what it has already.
#[derive(Debug)]
pub enum Outside {}

impl<S: CheckpointStore, P: ProjectOutside + Projection<Into = Self>> Target<S, P> for Outside {
    const RESTORED_WITH_THE_STORE: bool = false;

    async fn prepare(_: &S, _: &Arc<P>) -> Result<(), BoxError> {
        Ok(())
    }

    async fn clear(_: &S, _: &Arc<P>) -> Result<(), BoxError> {
        Ok(())
    }

    async fn commit<C: Codec>(
        store: &S,
        projection: &Arc<P>,
        codec: &C,
        batch: Arc<Batch>,
    ) -> Result<(), Failure> {
        for event in &batch.events {
            let incoming = Incoming::new(event.as_ref(), codec);
            let projected = projection.project(&incoming).await;
            let Err(error) = projected else { continue };
            // What went well shall not be done again for the one that did not.
            let done = batch.before(event.position);
            let saved = done.to;
            store.advance(&batch.slot, batch.fence, done).await?;
            return Err(Failure::Event {
                position: event.position,
                error,
                saved: Some(saved),
            });
        }
        store
            .advance(&batch.slot, batch.fence, batch.advance.clone())
            .await?;
        Ok(())
    }
}
