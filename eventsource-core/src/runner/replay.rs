//! Replay of one stream: what a projection has made of it is forgotten, and made again.
//!
//! The slice is taken over for the moment, by its beat as it stands, and given back. So whoever is at work there is fenced
//! off and goes on from its checkpoint, which stays where it is: no event is lost to it, and none comes twice.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::{RunError, Runner};
use crate::codec::Codec;
use crate::consumer::{Batch, BoxError, Consumer as _, Failure};
use crate::environment::time::{IdSource as _, RandomIds};
use crate::environment::timer;
use crate::projection::{Projected, Projection, Replay, Target};
use crate::runner::checkpoint_store::{
    Advance, Bid, CheckpointError, CheckpointStore, Claim, Fence, Slot,
};
use crate::store::StreamScan;
use crate::store::error::StoreError;
use crate::store::stored_event::StoredEvent;
use crate::store::stream::{Position, StreamName};

/// A replay on its way: how many events it has brought again.
pub type Replaying<'r> = Pin<Box<dyn Future<Output = Result<u64, RunError>> + Send + 'r>>;

/// How often a slice is taken over that others move on or take over meanwhile.
const TAKES: u32 = 100;
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(5);

impl<S, P, C> Runner<S, Projected<P, C>>
where
    S: CheckpointStore,
    P: Projection,
    P::Into: Target<S, P>,
    C: Codec,
{
    /// Makes what the projection has made of one stream anew, in one transaction: its `#[forget]` method removes that, and
    /// the stream's events come again, up to the checkpoint. What is parked of the stream is tried with them, and parked no
    /// more. Returns how many events there were.
    ///
    /// It may be done while runners are at work, here or elsewhere: the one that has the slice loses it for a moment. If an
    /// event fails, nothing has changed. All events of the stream are held in memory meanwhile.
    ///
    /// Each version of a projection is replayed by itself. What takes [any stream's](Self::reset) events anew is a reset, and
    /// what does so beside the running one is a new version.
    pub fn replay<'r>(&'r self, stream: &'r StreamName) -> Replaying<'r>
    where
        P: Replay,
    {
        // A type that knows nothing of the projection: where that is no `Replay`, it is said once.
        Box::pin(self.replay_stream(stream))
    }

    async fn replay_stream(&self, stream: &StreamName) -> Result<u64, RunError> {
        let (name, version) = (self.consumer.name(), self.consumer.version());
        for _ in 0..TAKES {
            let slots = self.store.slots(name).await?;
            let of_stream = slots
                .into_iter()
                .find(|state| state.slot.version == version && state.slot.slice.has(stream));
            let Some(state) = of_stream else {
                // It has never run, so there is nothing yet.
                return Ok(0);
            };
            let bid = Bid {
                owner: RandomIds.fresh(),
                seen: Some(state.beat),
                start: state.position,
            };
            if let Claim::Owned { fence, .. } = self.store.claim(&state.slot, bid).await? {
                let replayed = self.replay_in(&state.slot, fence, stream).await;
                // If this fails, the slice is free when the lease has run out.
                let _ = self.store.release(&state.slot, fence.epoch).await;
                match replayed {
                    Err(RunError::Checkpoint(CheckpointError::Fenced)) => {}
                    replayed => return replayed,
                }
            }
            timer::sleep(PAUSE).await;
        }
        Err(CheckpointError::Fenced.into())
    }

    async fn replay_in(
        &self,
        slot: &Slot,
        fence: Fence,
        stream: &StreamName,
    ) -> Result<u64, RunError> {
        let (store, consumer) = (&self.store, &*self.consumer);
        let prepared = consumer.prepare(store).await;
        prepared.map_err(|source| RunError::Prepare {
            name: consumer.name(),
            version: consumer.version(),
            source,
        })?;
        let events = self.consumed(fence.position, stream).await?;
        let parked = store.parked(&slot.name, slot.version).await?;
        let parked = parked.iter().filter(|one| one.stream == *stream);
        let advance = Advance {
            settle: parked.map(|one| one.position).collect(),
            ..Advance::to(fence.position)
        };
        let batch = Arc::new(Batch {
            slot: slot.clone(),
            fence,
            forget: Some(stream.clone()),
            events,
            advance,
        });
        match consumer.commit(store, Arc::clone(&batch)).await {
            Ok(()) => Ok(batch.events.len() as u64),
            Err(Failure::Checkpoint(error)) => Err(error.into()),
            Err(
                Failure::Event {
                    position, error, ..
                }
                | Failure::Unreachable {
                    position, error, ..
                },
            ) => Err(failed(&batch, stream, position, error)),
        }
    }

    /// The events of the stream that were consumed or parked.
    async fn consumed(
        &self,
        until: Position,
        stream: &StreamName,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let query = self.consumer.query();
        let mut events = self
            .store
            .read_stream(StreamScan::of(stream.clone()))
            .await?;
        events.retain(|event| event.position <= until && query.matches_event(&event.as_ref()));
        Ok(events)
    }
}

/// What is to be said of an event that fails; of none, if it is the forgetting.
fn failed(batch: &Batch, stream: &StreamName, position: Position, source: BoxError) -> RunError {
    let event = batch.events.iter().find(|event| event.position == position);
    RunError::Event {
        slot: batch.slot.clone(),
        position,
        stream: stream.clone(),
        event: event.map_or_else(|| "#[forget]".into(), |event| event.name.to_string()),
        tries: 1,
        source,
    }
}
