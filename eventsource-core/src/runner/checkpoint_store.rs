//! Checkpoints that are kept in the store: how far each consumer of events has come, who owns it, what it has parked.
//!
//! A consumer's work is cut into slices, each a part of the streams. One runner at a time owns a slice. That is for
//! liveness alone, and rests on no clock: an owner shows that it lives by a beat that it counts up, and whoever has watched
//! a beat stand still for as long as a lease lasts, by its own timer, may take over. What keeps two that both think they own
//! a slice apart is the [`Fence`]: nothing is saved unless the epoch and the old position are still what the owner knows.

mod ledger;

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use uuid::Uuid;

use crate::codec::{Codec, Json};
use crate::environment::time::Timestamp;
use crate::process::{Process, ProcessRunner};
use crate::projection::{Projected, Projection, Target};
use crate::reactor::{Reacting, Reactor};
use crate::repository::Repository;
use crate::runner::checkpoint::Checkpoint;
use crate::runner::{ConsumerHandle, Runner};
use crate::store::error::StoreError;
use crate::store::stored_event::EventRef;
use crate::store::stream::{Position, StreamName, Version};
use crate::store::{MultiStreamStore, Store};

pub use ledger::Ledger;

/// A store that keeps checkpoints, beside its events and as durable as they are.
///
/// Each call is atomic. A store whose projections write into its own database does the work of
/// [`advance`](Self::advance) in the transaction of their writes.
///
/// Code that runs projections does not call it: a [`Runner`](crate::Runner) does.
#[diagnostic::on_unimplemented(
    message = "`{Self}` keeps no checkpoints",
    label = "this store is no `CheckpointStore`",
    note = "a runner needs a store that remembers how far it has come: `MemoryStore`, `SqliteStore`, `PostgresStore` or `NatsStore`"
)]
pub trait CheckpointStore: Store {
    /// Makes `bid.owner` the owner of a slice: if nobody owns it, if it is the owner already, or if the beat is still the one
    /// that `bid` has seen. The epoch goes up with each new owner, and again if the owner is the same.
    ///
    /// A slice that nobody has owned yet begins at `bid.start`. Otherwise the owner is told that somebody waits.
    fn claim(
        &self,
        slot: &Slot,
        bid: Bid,
    ) -> impl Future<Output = Result<Claim, CheckpointError>> + Send;

    /// Counts the beat up, and says what an owner should know. [`CheckpointError::Fenced`] if it owns the slice no more.
    fn renew(
        &self,
        slot: &Slot,
        epoch: u64,
    ) -> impl Future<Output = Result<Renewed, CheckpointError>> + Send;

    /// Gives the slice back, if it is still owned in this epoch.
    fn release(
        &self,
        slot: &Slot,
        epoch: u64,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Saves how far the owner has come, with what it parks and what it has settled, all or nothing.
    /// [`CheckpointError::Fenced`], and nothing is saved, unless epoch and position are those of the fence.
    fn advance(
        &self,
        slot: &Slot,
        fence: Fence,
        advance: Advance,
    ) -> impl Future<Output = Result<(), CheckpointError>> + Send;

    /// Every slice that is known of a consumer, of all its versions, in the order of version and slice.
    fn slots(&self, name: &str) -> impl Future<Output = Result<Vec<SlotState>, StoreError>> + Send;

    /// What a version of a consumer has parked, in the order of positions.
    fn parked(
        &self,
        name: &str,
        version: u32,
    ) -> impl Future<Output = Result<Vec<Parked>, StoreError>> + Send;

    /// Notes what is to be done with parked events; their owner does it soon. Returns how many they are.
    fn wish(
        &self,
        name: &str,
        version: u32,
        which: Which,
        wish: Wish,
    ) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// The version of a consumer that readers see, or `None` if there was none yet.
    fn active(&self, name: &str) -> impl Future<Output = Result<Option<u32>, StoreError>> + Send;

    /// Makes a version the one that readers see, if it is newer than the active one, and says which it is then.
    fn activate(
        &self,
        name: &str,
        version: u32,
    ) -> impl Future<Output = Result<u32, StoreError>> + Send;

    /// Sets every slice of a version back to the beginning and forgets what is parked; whoever owns a slice loses it. What
    /// the consumer itself has written is another matter, see [`Runner::reset`](crate::Runner::reset).
    fn set_back(
        &self,
        name: &str,
        version: u32,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Forgets everything of a version: its slices, what it has parked, and the tables that it has in this store. The
    /// version that readers see is not forgotten: `false`.
    fn forget(
        &self,
        name: &str,
        version: u32,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Keeps the state of a consumer at a position, if it is further than the one that is kept.
    fn keep_state(
        &self,
        name: &str,
        version: u32,
        state: KeptState,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The state that is kept of a version of a consumer.
    fn kept_state(
        &self,
        name: &str,
        version: u32,
    ) -> impl Future<Output = Result<Option<KeptState>, StoreError>> + Send;

    /// What the store knows of the consumer with this name, of the version that readers see: how far it has come, what it
    /// has parked; and what waits for it.
    fn consumer(&self, name: &str) -> ConsumerHandle<Self> {
        ConsumerHandle::of(self.clone(), name)
    }

    /// A runner of this reactor on this store. It begins after the last event that there is, unless the reactor says
    /// `from = start`; an event that it fails at is parked, unless set otherwise.
    ///
    /// To have a reaction done before a call returns, wait for the runner with the position of what was recorded
    /// ([`ConsumerHandle::wait_for`](crate::ConsumerHandle::wait_for)), or, where nobody runs one, do it right there:
    /// `store.react(reactor).catch_up().await`. There is one way by which an event comes to a reactor, and one checkpoint,
    /// so whoever is killed meanwhile changes nothing, and both may be done at the same time. A reactor that is run only
    /// after the first events should [begin](Runner::begin) before them.
    fn react<R: Reactor>(&self, reactor: R) -> Runner<Self, Reacting<R>> {
        self.react_with(Json, reactor)
    }

    /// The same with another codec, which reads the events.
    fn react_with<R: Reactor, C: Codec>(
        &self,
        codec: C,
        reactor: R,
    ) -> Runner<Self, Reacting<R, C>> {
        Reacting::runner(self.clone(), codec, reactor)
    }

    /// Runs the processes of a kind on this store. With another codec, clock or snapshots:
    /// [`Repository::process`](crate::Repository::process).
    ///
    /// # Panics
    ///
    /// As [`Repository::new`](crate::Repository::new) does: if two types of the program have one stored name.
    #[track_caller]
    fn process<P: Process>(&self) -> ProcessRunner<P, Self>
    where
        Self: MultiStreamStore,
    {
        Repository::new(self.clone()).process()
    }

    /// A runner of this projection on this store, with the usual settings.
    fn project<P: Projection>(&self, projection: P) -> Runner<Self, Projected<P>>
    where
        P::Into: Target<Self, P>,
    {
        self.project_with(Json, projection)
    }

    /// The same with another codec, which reads the events.
    fn project_with<P: Projection, C: Codec>(
        &self,
        codec: C,
        projection: P,
    ) -> Runner<Self, Projected<P, C>>
    where
        P::Into: Target<Self, P>,
    {
        Runner::new(self.clone(), Projected::new(projection, codec))
    }
}

/// A slice of the work of one version of a consumer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot {
    /// The consumer's name.
    pub name: Arc<str>,
    /// The consumer's version.
    pub version: u32,
    /// Which part of the streams.
    pub slice: Slice,
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            version,
            slice: Slice { index, count },
        } = self;
        write!(f, "{name} version {version}, slice {index} of {count}")
    }
}

/// One of `count` parts of the streams: a stream belongs to one of them, by a hash of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slice {
    /// Which part, from 0.
    pub index: u32,
    /// How many parts there are, at least 1.
    pub count: u32,
}

impl Slice {
    /// All streams.
    pub const WHOLE: Self = Self { index: 0, count: 1 };

    /// Whether a stream belongs to this part. The hash is FNV-1a with 64 bits, for ever: checkpoints rest on it.
    #[must_use]
    pub fn has(self, stream: &StreamName) -> bool {
        self.has_named(stream.as_str())
    }

    pub(crate) fn has_named(self, stream: &str) -> bool {
        if self.count <= 1 {
            return true;
        }
        let hash = stream
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
        // The high bits of FNV are mixed better than the low ones.
        (hash ^ (hash >> 32)) % u64::from(self.count) == u64::from(self.index)
    }
}

/// Who would own a slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bid {
    /// Who.
    pub owner: Uuid,
    /// The beat that it has watched stand still for as long as a lease lasts, if it has.
    pub seen: Option<Beat>,
    /// Where the slice begins if it is new.
    pub start: Position,
}

/// A sign of life: it changes as long as somebody owns a slice and is alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Beat {
    /// Which owner it is of, counted from 1.
    pub epoch: u64,
    /// Counted up by the owner.
    pub count: u64,
}

/// What comes of a bid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// The slice is the bidder's.
    Owned {
        /// What the owner must show to save.
        fence: Fence,
        /// In which life of the store the position was saved.
        incarnation: Uuid,
        /// The version of the consumer that readers see.
        active: Option<u32>,
    },
    /// It is somebody else's, who was alive when this beat was counted.
    Theirs(Beat),
}

/// What an owner must show to save.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fence {
    /// The owner's epoch.
    pub epoch: u64,
    /// The position that it has saved last.
    pub position: Position,
}

/// What an owner is told when it shows that it lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Renewed {
    /// The version of the consumer that readers see.
    pub active: Option<u32>,
    /// Whether somebody waits for this slice.
    pub awaited: bool,
    /// Whether something is to be done with parked events of this version.
    pub wished: bool,
}

/// What an owner saves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Advance {
    /// Everything up to here was consumed or parked.
    pub to: Position,
    /// Events that are parked; one that is parked already is replaced.
    pub park: Vec<Parked>,
    /// Parked events that are settled, by their positions.
    pub settle: Vec<Position>,
}

impl Advance {
    /// Only the position.
    #[must_use]
    pub fn to(position: Position) -> Self {
        Self {
            to: position,
            ..Self::default()
        }
    }
}

/// A slice as the store knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotState {
    /// Which slice of which consumer.
    pub slot: Slot,
    /// Everything up to here was consumed or parked.
    pub position: Position,
    /// In which life of the store that was saved.
    pub incarnation: Uuid,
    /// Who owns it.
    pub owner: Option<Uuid>,
    /// Who waits for it.
    pub waiter: Option<Uuid>,
    /// The owner's last sign of life.
    pub beat: Beat,
}

/// An event that could not be consumed, or that came after such a one in its stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parked {
    /// The event's position.
    pub position: Position,
    /// Its stream.
    pub stream: StreamName,
    /// Its version in the stream.
    pub version: Version,
    /// Its stored name.
    pub event: String,
    /// What went wrong; empty for an event that was not tried, since one before it in its stream is parked.
    pub error: String,
    /// When it was parked, by the clock of who parked it.
    pub at: Timestamp,
    /// What is to be done with it.
    pub wish: Option<Wish>,
}

impl Parked {
    /// An event that is parked now.
    #[must_use]
    pub fn now(event: &EventRef<'_>, error: String) -> Self {
        Self {
            position: event.position,
            stream: event.stream.clone(),
            version: event.version,
            event: event.name.into(),
            error,
            at: std::time::SystemTime::now().into(),
            wish: None,
        }
    }
}

/// The state of a consumer that is held in memory, as it is kept to begin from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptState {
    /// Everything up to here is in it.
    pub checkpoint: Checkpoint,
    /// The state, in a form of the consumer's own.
    pub state: Arc<[u8]>,
}

impl KeptState {
    /// Whether it is kept in place of `other`: it is further, or of another life of the store.
    #[must_use]
    pub fn replaces(&self, other: &Self) -> bool {
        let of_one_life = self.checkpoint.store == other.checkpoint.store;
        !of_one_life || self.checkpoint.position > other.checkpoint.position
    }
}

/// Which parked events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// All of them.
    All,
    /// Those of a stream.
    Stream(StreamName),
    /// The one at a position.
    At(Position),
}

impl Which {
    /// Whether it is one of them.
    #[must_use]
    pub fn has(&self, parked: &Parked) -> bool {
        match self {
            Self::All => true,
            Self::Stream(stream) => *stream == parked.stream,
            Self::At(position) => *position == parked.position,
        }
    }
}

/// What is to be done with a parked event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wish {
    /// To be tried again.
    Retry,
    /// To be left out for ever.
    Drop,
}

/// Why a checkpoint could not be claimed or saved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// Somebody else owns the slice by now, or it was set back: nothing was saved.
    #[error("another runner owns this slice by now")]
    Fenced,
    /// The consumer's work is cut into another number of slices.
    #[error(
        "the work is cut into {stored} slices already, not into {asked}: run it with {stored}, or give it a new version"
    )]
    Slices {
        /// How many there are.
        stored: u32,
        /// How many were asked for.
        asked: u32,
    },
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}
