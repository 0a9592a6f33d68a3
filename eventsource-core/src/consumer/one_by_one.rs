//! Consuming the events of a batch one by one, where each has an effect that is not in the checkpoint's transaction.

use crate::consumer::{Batch, BoxError, Failure};
use crate::runner::checkpoint_store::{Advance, CheckpointError, CheckpointStore, Fence};
use crate::store::error::StoreError;
use crate::store::stored_event::StoredEvent;
use crate::store::stream::Position;

/// How far a batch is consumed, and saved.
pub(crate) struct OneByOne<'b, S> {
    store: &'b S,
    batch: &'b Batch,
    fence: Fence,
}

impl<'b, S: CheckpointStore> OneByOne<'b, S> {
    pub(crate) fn new(store: &'b S, batch: &'b Batch) -> Self {
        Self {
            store,
            batch,
            fence: batch.fence,
        }
    }

    /// Saves that everything up to an event is consumed: whenever it is killed from now on, that is not done once more.
    pub(crate) async fn save(&mut self, event: &StoredEvent) -> Result<(), Failure> {
        let last = self.batch.events.last().map(|event| event.position);
        // The last one is saved with the batch.
        if last > Some(event.position) && event.position > self.fence.position {
            self.advance(Advance::to(event.position)).await?;
            self.fence.position = event.position;
        }
        Ok(())
    }

    /// What to return where an event could not be consumed: those before it are saved.
    pub(crate) async fn failed(mut self, at: Position, error: BoxError) -> Failure {
        let done = self.batch.before(at);
        let saved = done.to.max(self.fence.position);
        match self.advance(Advance { to: saved, ..done }).await {
            Err(failure) => failure,
            Ok(()) => Failure::Event {
                position: at,
                error,
                saved: Some(saved),
            },
        }
    }

    /// What to return where the store has failed, and nothing is wrong with the event.
    pub(crate) async fn store_failed(&self, error: StoreError) -> Failure {
        self.begun(error.into()).await
    }

    /// Saves the batch.
    pub(crate) async fn finish(mut self) -> Result<(), Failure> {
        self.advance(self.batch.advance.clone()).await
    }

    async fn advance(&mut self, advance: Advance) -> Result<(), Failure> {
        let saved = self.store.advance(&self.batch.slot, self.fence, advance);
        match saved.await {
            Ok(()) => Ok(()),
            Err(error) => Err(self.begun(error).await),
        }
    }

    /// A part of the batch may be saved already, and is not to be done once more: then the slice is given back, to be
    /// claimed anew and read on from there.
    async fn begun(&self, error: CheckpointError) -> Failure {
        if self.fence == self.batch.fence {
            return Failure::Checkpoint(error);
        }
        let epoch = self.fence.epoch;
        // If this fails, it is free when the lease has run out.
        let _ = self.store.release(&self.batch.slot, epoch).await;
        Failure::Checkpoint(CheckpointError::Fenced)
    }
}
