//! What a runner drives: something that takes the events of a batch, and saves what came of them with its checkpoint.

mod one_by_one;

use std::error::Error;
use std::future::Future;
use std::sync::Arc;

use crate::runner::checkpoint_store::{
    Advance, CheckpointError, CheckpointStore, Fence, Parked, Slot,
};
use crate::store::error::StoreError;
use crate::store::query::Query;
use crate::store::stored_event::StoredEvent;
use crate::store::stream::{Position, StreamName};

pub(crate) use one_by_one::OneByOne;

/// An error of any kind, as a user's code returns it.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// Something that consumes events: a projection, a reactor, a process manager. A [`Runner`](crate::Runner) reads for
/// it, owns its slices, tries again and parks; it does the rest.
pub trait Consumer<S: CheckpointStore>: Send + Sync + 'static {
    /// The name under which its checkpoints are kept.
    fn name(&self) -> &'static str;

    /// Its version: another one begins anew, beside the older one.
    fn version(&self) -> u32 {
        1
    }

    /// Which events it consumes; the store filters.
    fn query(&self) -> Query;

    /// Whether what it has made is restored together with the store, since it is in the same database. Otherwise a runner
    /// does not go on by itself after a restore.
    fn is_restored_with_the_store(&self) -> bool {
        false
    }

    /// Whether its work may be done once more from the beginning. What has effects outside says no.
    fn may_begin_anew(&self) -> bool {
        true
    }

    /// Makes ready what it needs, before any event; called by each owner of a slice, so more than once.
    fn prepare(&self, store: &S) -> impl Future<Output = Result<(), BoxError>> + Send {
        let _ = store;
        async { Ok(()) }
    }

    /// Undoes [`prepare`](Self::prepare) and everything since, to begin anew; the checkpoint is set back after it.
    fn clear(&self, store: &S) -> impl Future<Output = Result<(), BoxError>> + Send {
        let _ = store;
        async { Ok(()) }
    }

    /// Consumes the events of a batch, in order, and saves `batch.advance` under `batch.fence`: in the transaction of its
    /// own writes if it can, else after them, with [`CheckpointStore::advance`].
    fn commit(
        &self,
        store: &S,
        batch: Arc<Batch>,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// Events to be consumed together, and what to save then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The slice that they belong to.
    pub slot: Slot,
    /// What must still hold when it is saved.
    pub fence: Fence,
    /// What came of this stream is removed first: the stream is replayed.
    pub forget: Option<StreamName>,
    /// The events, in order.
    pub events: Vec<StoredEvent>,
    /// What to save.
    pub advance: Advance,
}

impl Batch {
    /// What to save if only what stands before `position` was consumed.
    #[must_use]
    pub fn before(&self, position: Position) -> Advance {
        Advance {
            to: before(position)
                .max(self.fence.position)
                .min(self.advance.to),
            park: self.parked_before(position),
            settle: Vec::new(),
        }
    }

    fn parked_before(&self, position: Position) -> Vec<Parked> {
        let parked = self.advance.park.iter();
        parked
            .filter(|one| one.position < position)
            .cloned()
            .collect()
    }
}

/// The last position before this one.
pub(crate) fn before(position: Position) -> Position {
    Position(position.0.saturating_sub(1))
}

/// Why a batch was not consumed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// One event could not be consumed, or not be read.
    #[error("the event at position {position}: {error}")]
    Event {
        /// The event's position.
        position: Position,
        /// Why.
        error: BoxError,
        /// How far was saved all the same; `None` if nothing was.
        saved: Option<Position>,
    },
    /// What an event is for cannot be reached. That is no fault of the event: it is tried for as long as it takes, and
    /// never parked.
    #[error("at position {position}: {error}")]
    Unreachable {
        /// The event's position.
        position: Position,
        /// Why.
        error: BoxError,
        /// How far was saved all the same; `None` if nothing was.
        saved: Option<Position>,
    },
    /// Nothing of it was saved.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Checkpoint(error.into())
    }
}
