//! What a store can do, as traits: each one that a store implements is a promise that the compiler can check.

pub(crate) mod append;
pub(crate) mod digest;
pub(crate) mod erased;
pub(crate) mod error;
pub(crate) mod key;
pub(crate) mod limits;
pub(crate) mod memory;
pub(crate) mod query;
pub(crate) mod stored_event;
pub(crate) mod stream;
pub(crate) mod subscription;
pub(crate) mod tag;

use std::future::Future;
use std::ops::ControlFlow;
use std::sync::Arc;

use uuid::Uuid;

use crate::codec::{Codec, Json};
use crate::decide::Decide;
use crate::decide::participant::Participants;
use crate::decide::verdict::Verdict;
use crate::environment::time::{IdSource, RandomIds};
use crate::projection::ProjectState;
use crate::projection::view::View;
use crate::runner::checkpoint::Checkpoint;
use crate::store::append::{
    AcrossStreams, Append, AppendError, Appended, Boundary, ManyStreams, Outcome,
};
use crate::store::error::StoreError;
use crate::store::key::Key;
use crate::store::query::Query;
use crate::store::stored_event::{EventRef, StoredEvent};
use crate::store::stream::{Position, StreamName, Version};
use crate::store::subscription::Subscription;

/// A store of events: appends to one stream, reads of a stream and of all events, and a way to wait for more.
///
/// Every store promises, whatever else is running:
///
/// - an append that was acknowledged is durable, is whole or absent, and its checks held when it was written;
/// - positions increase in the order in which appends become visible, so that a reader which goes on after the last
///   position it saw never skips or repeats an event; the versions of a stream are dense, from 1, and in the order of
///   the positions;
/// - an append with a key is stored once, however often it is sent;
/// - bad input is refused with an error that names it, and delays nobody else.
///
/// A handle is cheap to clone and may be used from any task of any executor.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a store",
    label = "this type has no `Store`",
    note = "`MemoryStore`, `SqliteStore`, `PostgresStore` and `NatsStore` are stores; partitions are many, and no store together: \
            take their `repository::<…>()`, or the one store that has a key by `at(…)`"
)]
pub trait Store: Clone + Send + Sync + 'static {
    /// Which store this is, and which life of it. The life may change while the store is open, where a server fails
    /// over to another one.
    fn identity(&self) -> StoreIdentity;

    /// Stores the records of `append` at the end of its stream, if its checks hold.
    fn append(
        &self,
        append: Arc<Append>,
    ) -> impl Future<Output = Result<Appended, AppendError>> + Send;

    /// What an earlier append has stored under this key, or `None`. Only [`Key::id`] is looked at. A key that [nobody else
    /// has](Key::unique) may be kept [as a stamp](Append::stamp) and not be found.
    fn outcome(&self, key: Key)
    -> impl Future<Output = Result<Option<Outcome>, StoreError>> + Send;

    /// Shows the events of a stream to `visitor`, in order, and gives the visitor back.
    ///
    /// The visitor may run on a thread of the store, with borrowed data; a panic in it goes on in the caller. A
    /// stream that does not exist has no events.
    fn scan_stream<V: Visit>(
        &self,
        scan: StreamScan,
        visitor: V,
    ) -> impl Future<Output = Result<V, StoreError>> + Send;

    /// Whether a [scan that may lag](StreamScan::may_lag) does so, and is cheaper for it: where several servers have the
    /// events, and it costs a round between them to know that nothing is missing. All other scans show what was acknowledged
    /// before they began.
    fn reads_may_lag(&self) -> bool {
        false
    }

    /// Shows the events of the whole store to `visitor`, in the order of their positions, and gives the visitor back
    /// with the position up to which everything has been looked at.
    ///
    /// A `scan.after` beyond the last event is [`StoreError::BeyondHead`]. With a limit of 0 nothing is shown and nothing
    /// counts as looked at.
    fn scan_all<V: Visit>(
        &self,
        scan: LogScan,
        visitor: V,
    ) -> impl Future<Output = Result<(V, Position), StoreError>> + Send;

    /// The position of the last event, or [`Position::START`].
    fn head(&self) -> impl Future<Output = Result<Position, StoreError>> + Send;

    /// Waits until there may be an event after this position, from this process or another one.
    fn wait_beyond(
        &self,
        position: Position,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// The events after `position`: first those that are there, then those that come, without a gap.
    fn subscribe(&self, after: Position) -> Subscription<Self> {
        Subscription::new(self.clone(), after)
    }

    /// The events after a checkpoint, as [`subscribe`](Self::subscribe) gives them, if this is the store that it was
    /// made in, and the store was not restored or promoted since.
    fn resume(&self, checkpoint: Checkpoint) -> Result<Subscription<Self>, StoreError> {
        checkpoint.check(self.identity())?;
        Ok(self.subscribe(checkpoint.position))
    }

    /// Decides over several things at once, and stores what is decided only if nothing has changed that the decision
    /// rests on. Options are set on what it returns, before `.await`.
    ///
    /// What takes part is a decision model, an aggregate ([`Repository::at`](crate::Repository::at)), or a tuple of up to
    /// eight of them in any mixture. The closure gets them as they were together at one moment after the call began: a
    /// model by reference, an aggregate as a [`Member`](crate::Member) that executes commands with its own handlers. It
    /// returns [what else is to be recorded](crate::Facts), or a refusal. It runs once for each attempt: where somebody
    /// else was faster, what came since is read and it is asked again.
    ///
    /// Everything is stored in one append, or nothing is. A refusal, or that there is nothing to record, is true too: of
    /// a moment within the call, at which all that took part was as the closure saw it.
    ///
    /// ```
    /// use eventsource_core::MemoryStore;
    /// use eventsource_core::prelude::*;
    ///
    /// #[event(name = "seat.taken")]
    /// pub struct Taken {
    ///     #[tag]
    ///     pub show: u32,
    /// }
    ///
    /// #[decision_model(events(Taken))]
    /// struct Seats {
    ///     #[tag]
    ///     show: u32,
    ///     taken: u32,
    /// }
    ///
    /// #[apply]
    /// impl Seats {
    ///     fn taken(&mut self, _: &Taken) {
    ///         self.taken += 1;
    ///     }
    /// }
    ///
    /// #[derive(Debug, thiserror::Error)]
    /// #[error("there is no seat left")]
    /// struct Full;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let store = MemoryStore::new();
    /// let show = 7;
    /// let take = |seats: &Seats| {
    ///     ensure!(seats.taken < 1, Full);
    ///     Ok(Taken { show })
    /// };
    /// let decided = store.decide(Seats::of(show), take).await?;
    /// assert_eq!(decided.events[0].stream.as_str(), "@show/7");
    /// assert!(store.decide(Seats::of(show), take).await.is_err());
    /// # Ok(()) }
    /// ```
    fn decide<'a, P, F, D>(&'a self, participants: P, decide: F) -> Decide<'a, Self, D::Refusal>
    where
        P: Participants,
        P::Reach: WithinReach<Self>,
        F: for<'v> Fn(P::View<'v>) -> D + Send + 'a,
        D: Verdict,
    {
        Decide::new(self, Json, participants, decide)
    }

    /// The same with another codec, which reads the events of models and writes those that the closure returns.
    /// Aggregates keep the one of their repository.
    fn decide_with<'a, P, F, D>(
        &'a self,
        codec: impl Codec,
        participants: P,
        decide: F,
    ) -> Decide<'a, Self, D::Refusal>
    where
        P: Participants,
        P::Reach: WithinReach<Self>,
        F: for<'v> Fn(P::View<'v>) -> D + Send + 'a,
        D: Verdict,
    {
        Decide::new(self, codec, participants, decide)
    }

    /// A projection that is held in memory, from this state on: it is folded further whenever somebody looks at it.
    fn view<P: ProjectState>(
        &self,
        initial: impl Fn() -> P + Send + Sync + 'static,
    ) -> View<P, Self> {
        View::new(self.clone(), Json, initial)
    }

    /// The same with another codec, which reads the events.
    fn view_with<P: ProjectState, C: Codec>(
        &self,
        codec: C,
        initial: impl Fn() -> P + Send + Sync + 'static,
    ) -> View<P, Self, C> {
        View::new(self.clone(), codec, initial)
    }

    /// Reads the events of a stream into memory.
    fn read_stream(
        &self,
        scan: StreamScan,
    ) -> impl Future<Output = Result<Vec<StoredEvent>, StoreError>> + Send {
        async move { Ok(self.scan_stream(scan, Collect::default()).await?.0) }
    }

    /// Reads events of the whole store into memory.
    fn read_all(
        &self,
        scan: LogScan,
    ) -> impl Future<Output = Result<Vec<StoredEvent>, StoreError>> + Send {
        async move { Ok(self.scan_all(scan, Collect::default()).await?.0.0) }
    }
}

/// A store that can append to several streams at once.
pub trait MultiStreamStore: Store {
    /// Stores the records of `append`, each at the end of its stream, if its checks hold: all of them, or none.
    fn append_across(
        &self,
        append: Arc<Append<ManyStreams>>,
    ) -> impl Future<Output = Result<Appended, AppendError>> + Send;
}

/// A store that can check an append against queries of types and tags.
///
/// Of two appends that exclude each other, whoever sends them, one wins.
pub trait BoundaryStore: MultiStreamStore {
    /// Stores the records of `append`, if its checks hold.
    fn append_within(
        &self,
        append: Arc<Append<Boundary>>,
    ) -> impl Future<Output = Result<Appended, AppendError>> + Send;
}

/// A store whose positions have no gaps: 1, 2, 3 … It is one log on one machine, as a rule; a store that spends numbers
/// on something else than events has positions that increase, and no more than that.
pub trait DensePositions: Store {}

/// A reach that a store has: across streams where it is a [`MultiStreamStore`], across a boundary where it is a
/// [`BoundaryStore`].
#[diagnostic::on_unimplemented(
    message = "`{S}` does not reach as far as this decision",
    label = "the decision reaches further than its store",
    note = "a decision over decision models needs a `BoundaryStore`, one over aggregates alone a `MultiStreamStore`; a \
            `Repository` executes the commands of one aggregate on any `Store`"
)]
pub trait WithinReach<S: Store>: AcrossStreams {
    #[doc(hidden)]
    fn append(
        store: &S,
        append: Arc<Append<Self>>,
    ) -> impl Future<Output = Result<Appended, AppendError>> + Send;
}

#[diagnostic::do_not_recommend]
impl<S: MultiStreamStore> WithinReach<S> for ManyStreams {
    async fn append(store: &S, append: Arc<Append<Self>>) -> Result<Appended, AppendError> {
        store.append_across(append).await
    }
}

#[diagnostic::do_not_recommend]
impl<S: BoundaryStore> WithinReach<S> for Boundary {
    async fn append(store: &S, append: Arc<Append<Self>>) -> Result<Appended, AppendError> {
        store.append_within(append).await
    }
}

/// Which store it is, and which life of it: a restored or promoted store has a new incarnation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StoreIdentity {
    /// The same for ever.
    pub id: Uuid,
    /// New after a restore or a promotion.
    pub incarnation: Uuid,
}

impl StoreIdentity {
    /// The identity of a store that is new.
    #[must_use]
    pub fn fresh() -> Self {
        Self {
            id: RandomIds.fresh(),
            incarnation: RandomIds.fresh(),
        }
    }
}

/// Which events of a stream to show, and in which order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamScan {
    /// The stream.
    pub stream: StreamName,
    /// Only events after this version.
    pub after: Version,
    /// Only events up to this version.
    pub until: Option<Version>,
    /// From the last to the first.
    pub backwards: bool,
    /// At most so many.
    pub limit: Option<usize>,
    /// It may show the stream as it was before the scan began: whole up to some event, without the latest. See
    /// [`Store::reads_may_lag`].
    pub may_lag: bool,
}

impl StreamScan {
    /// The whole stream, forwards.
    #[must_use]
    pub fn of(stream: StreamName) -> Self {
        Self {
            stream,
            after: Version::NONE,
            until: None,
            backwards: false,
            limit: None,
            may_lag: false,
        }
    }

    /// Only events after this version.
    #[must_use]
    pub fn after(mut self, version: Version) -> Self {
        self.after = version;
        self
    }

    /// Only events up to this version.
    #[must_use]
    pub fn until(mut self, version: Version) -> Self {
        self.until = Some(version);
        self
    }

    /// From the last to the first.
    #[must_use]
    pub fn backwards(mut self) -> Self {
        self.backwards = true;
        self
    }

    /// At most so many.
    #[must_use]
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = Some(limit);
        self
    }

    /// It may show the stream as it was before the scan began, if that is cheaper: for a reader whose append will check what
    /// it rests on.
    #[must_use]
    pub fn may_lag(mut self) -> Self {
        self.may_lag = true;
        self
    }
}

/// Which events of a store to show.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogScan {
    /// Only events after this position.
    pub after: Position,
    /// Only events that match this.
    pub query: Query,
    /// At most so many.
    pub limit: Option<usize>,
}

impl LogScan {
    /// Everything after this position.
    #[must_use]
    pub fn after(position: Position) -> Self {
        Self {
            after: position,
            ..Self::default()
        }
    }

    /// Only events that match this.
    #[must_use]
    pub fn matching(mut self, query: Query) -> Self {
        self.query = query;
        self
    }

    /// At most so many.
    #[must_use]
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = Some(limit);
        self
    }
}

/// What looks at events one after the other, as a store reads them.
pub trait Visit: Send + 'static {
    /// Looks at the next event, and says whether to go on.
    fn visit(&mut self, event: EventRef<'_>) -> ControlFlow<()>;
}

/// Copies what it sees.
#[derive(Default)]
pub(crate) struct Collect(pub(crate) Vec<StoredEvent>);

impl Visit for Collect {
    fn visit(&mut self, event: EventRef<'_>) -> ControlFlow<()> {
        self.0.push(event.to_stored());
        ControlFlow::Continue(())
    }
}
