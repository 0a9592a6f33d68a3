//! Runs a consumer of events: catches up, goes live, shares the work with other nodes, survives what goes wrong.
//!
//! A runner is a future that its user spawns. It reads a page of events, has it consumed, and reads the next one then: so
//! nothing piles up. `runner/worker.rs` is one slice's way from claim to release, `runner/page.rs` reads,
//! `runner/batch.rs` has a page consumed and tries again, `runner/handle.rs` is what others see and say meanwhile, `runner/replay.rs`
//! makes one stream anew.

mod batch;
pub(crate) mod checkpoint;
pub(crate) mod checkpoint_store;
mod handle;
mod on_error;
mod page;
mod replay;
mod theirs;
mod worker;

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use uuid::Uuid;

use crate::consumer::{BoxError, Consumer};
use crate::environment::time::{IdSource as _, RandomIds};
use crate::runner::checkpoint_store::{Bid, CheckpointError, CheckpointStore, Claim, Slice, Slot};
use crate::store::error::StoreError;
use crate::store::query::Query;
use crate::store::stream::{Position, StreamName};
use crate::trace::{self, Instrument as _};

use handle::Control;
pub use handle::{
    ConsumerHandle, Failing, Progress, RunnerHandle, SliceActivity, SliceStatus, WaitError,
};
pub use on_error::OnError;
pub use replay::Replaying;
use worker::Worker;
pub(crate) use worker::may_pass;

/// Runs a [`Consumer`] of events on a store. [`run`](Self::run) is a future, to be spawned or awaited wherever one likes.
///
/// Several runners of one consumer, on one machine or on many, share its slices: each slice is owned by one at a time.
/// Should two think that they own it, since one was stopped for longer than its lease, what the slower one would save
/// is refused by the store.
///
/// ```
/// use eventsource_core::{MemoryStore, Recorded};
/// use eventsource_core::prelude::*;
/// # #[event(name = "account.opened")] pub struct Opened { pub owner: String }
///
/// /// Tells a search engine of new accounts.
/// struct Index;
///
/// #[projection(name = "index")]
/// impl Index {
///     async fn opened(&self, event: &Recorded<Opened>) {
///         println!("at {}: {}", event.position, event.event.owner);
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = MemoryStore::new();
/// let runner = store.project(Index).slices(4);
/// let handle = runner.handle();
/// let running = tokio::spawn(runner.run());
/// handle.stop();
/// running.await??;
/// # Ok(()) }
/// ```
#[must_use = "a runner does nothing unless it is run"]
#[derive(Debug)]
pub struct Runner<S, C> {
    store: S,
    consumer: Arc<C>,
    options: Options,
    control: Arc<Control>,
}

/// What is set for a runner.
#[derive(Debug, Clone)]
struct Options {
    batch: usize,
    bytes: usize,
    slices: u32,
    lease: Duration,
    note: Duration,
    on_error: OnError,
    start: Start,
    after_restore: bool,
}

impl Options {
    /// The position after which a consumer begins that has no checkpoint yet.
    async fn start_in(&self, store: &impl CheckpointStore) -> Result<Position, StoreError> {
        match self.start {
            Start::Beginning => Ok(Position::START),
            Start::After(position) => Ok(position),
            Start::Now => store.head().await,
        }
    }
}

/// Where a consumer begins that has no checkpoint yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Start {
    /// Before the first event.
    #[default]
    Beginning,
    /// After the last event that there is: it sees only what is new.
    Now,
    /// After this position.
    After(Position),
}

/// How a run came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ended {
    /// It was told to stop.
    Stopped,
    /// It has caught up, which was all that it was to do.
    CaughtUp,
    /// A newer version of the consumer has taken its place.
    Superseded,
}

/// Why a run could not go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// An event could not be consumed, and the policy is to stop then.
    #[error("{slot}: the event `{}` at position {position}, in the stream `{stream}`, after {tries} tries: {source}", .event.escape_debug())]
    Event {
        /// The slice.
        slot: Slot,
        /// The event's position.
        position: Position,
        /// Its stream.
        stream: StreamName,
        /// Its stored name.
        event: String,
        /// How often it was tried.
        tries: u32,
        /// What went wrong the last time.
        source: BoxError,
    },
    /// The consumer could not make ready what it needs.
    #[error("making `{name}` version {version} ready: {source}")]
    Prepare {
        /// The consumer's name.
        name: &'static str,
        /// Its version.
        version: u32,
        /// What went wrong.
        source: BoxError,
    },
    /// The timers of a process cannot be looked after.
    #[error("the timers of the process `{process}`: {source}")]
    Timers {
        /// The name of the process.
        process: &'static str,
        /// What went wrong.
        source: BoxError,
    },
    /// It is a reactor or a process manager: what it did would be done once more.
    #[error("`{name}` is never set back: what it has done would be done once more")]
    NeverAnew {
        /// The consumer's name.
        name: &'static str,
    },
    /// The checkpoint cannot be used.
    #[error(transparent)]
    Checkpoint(CheckpointError),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<CheckpointError> for RunError {
    fn from(error: CheckpointError) -> Self {
        match error {
            CheckpointError::Store(error) => Self::Store(error),
            other => Self::Checkpoint(other),
        }
    }
}

/// What the workers of a run share.
struct Shared<S, C> {
    store: S,
    consumer: Arc<C>,
    options: Options,
    control: Arc<Control>,
    query: Query,
    owner: Uuid,
    /// Where the run ends, if it is only to catch up.
    until: Option<Position>,
}

impl<S: CheckpointStore, C: Consumer<S>> Runner<S, C> {
    /// A runner of this consumer on this store, with the usual settings.
    pub fn new(store: S, consumer: C) -> Self {
        let control = Control::new(consumer.name(), consumer.version());
        Self {
            store,
            consumer: Arc::new(consumer),
            options: Options {
                batch: 512,
                bytes: 4 << 20,
                slices: 1,
                lease: Duration::from_secs(15),
                note: Duration::from_millis(250),
                on_error: OnError::default(),
                start: Start::default(),
                after_restore: false,
            },
            control: Arc::new(control),
        }
    }

    /// The most events that are consumed together, 512 unless set; never more than about 4 MiB of payload.
    pub fn batch(mut self, events: usize) -> Self {
        self.options.batch = events.max(1);
        self
    }

    /// Into how many parts the streams are cut, 1 unless set. The parts are worked on at the same time and on several
    /// nodes; within a stream the order is kept, across streams only within a part. The number stays for as long as the
    /// consumer's version.
    pub fn slices(mut self, count: u32) -> Self {
        self.options.slices = count.max(1);
        self
    }

    /// For how long a slice must show no sign of life before another runner takes it over; 15 seconds unless set. Measured
    /// by the timer of who waits, so that no two clocks need to agree.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.options.lease = lease.max(Duration::from_millis(30));
        self
    }

    /// How soon a checkpoint is saved that has moved on over events which are not the consumer's: 250 ms unless set. Whoever
    /// waits for such a position waits for that.
    pub fn note_within(mut self, time: Duration) -> Self {
        self.options.note = time;
        self
    }

    /// What is done with an event that cannot be consumed; [`OnError::stop`] unless set.
    pub fn on_error(mut self, policy: OnError) -> Self {
        self.options.on_error = policy;
        self
    }

    /// Where it begins if it has no checkpoint yet.
    pub fn start(mut self, start: Start) -> Self {
        self.options.start = start;
        self
    }

    /// Goes on with its checkpoint although the store was restored or promoted since. Without this, a consumer whose work is
    /// not in the store's own database ends with [`StoreError::OtherIncarnation`] then: it may have consumed events that are
    /// not there any more.
    pub fn go_on_after_restore(mut self) -> Self {
        self.options.after_restore = true;
        self
    }

    /// Notes where it begins, if it has no checkpoint yet: whatever is recorded after this is its, also if it is run only
    /// later. Without this a consumer that [starts now](Start::Now) begins when it runs for the first time.
    pub async fn begin(&self) -> Result<(), RunError> {
        let (name, version) = (self.consumer.name(), self.consumer.version());
        let known = self.store.slots(name).await?;
        let start = self.options.start_in(&self.store).await?;
        for slice in Slice::all(self.options.slices) {
            let slot = Slot {
                name: name.into(),
                version,
                slice,
            };
            if known.iter().any(|state| state.slot == slot) {
                continue;
            }
            let bid = Bid {
                owner: RandomIds.fresh(),
                seen: None,
                start,
            };
            if let Claim::Owned { fence, .. } = self.store.claim(&slot, bid).await? {
                self.store.release(&slot, fence.epoch).await?;
            }
        }
        Ok(())
    }

    /// What tells how it goes, and stops it.
    pub fn handle(&self) -> RunnerHandle<S> {
        RunnerHandle::new(self.store.clone(), Arc::clone(&self.control))
    }

    /// Begins anew: clears what the consumer has made, and sets its checkpoint back to the beginning. Runners that are at
    /// work lose their slices meanwhile, and go on from the beginning.
    ///
    /// A reactor or a process manager is [never set back](RunError::NeverAnew).
    pub async fn reset(&self) -> Result<(), RunError> {
        let (name, version) = (self.consumer.name(), self.consumer.version());
        if !self.consumer.may_begin_anew() {
            return Err(RunError::NeverAnew { name });
        }
        // Set back before as well as after: whoever is at work would fill again what was cleared.
        self.store.set_back(name, version).await?;
        let cleared = self.consumer.clear(&self.store).await;
        cleared.map_err(|source| RunError::Prepare {
            name,
            version,
            source,
        })?;
        self.store.set_back(name, version).await?;
        Ok(())
    }

    /// Runs until it is [told to stop](RunnerHandle::stop), a newer version takes its place, or something cannot be mended
    /// by trying again. Stopping finishes the batch that is on its way and gives the slices back; dropping the future
    /// does not, and the slices are free when the lease has run out.
    pub fn run(self) -> impl Future<Output = Result<Ended, RunError>> + Send {
        self.run_to(None)
    }

    /// Runs until everything is consumed that is there now, by this runner or by another one that owns the slice.
    ///
    /// Awaited by the task that has recorded something, this is a consumer that runs synchronously. Spawn it where that
    /// task may be dropped half-way: what is dropped gives nothing back before its lease has run out.
    pub async fn catch_up(self) -> Result<Ended, RunError> {
        let head = self.store.head().await?;
        self.run_to(Some(head)).await
    }

    fn run_to(
        self,
        until: Option<Position>,
    ) -> impl Future<Output = Result<Ended, RunError>> + Send {
        let span = trace::run(self.consumer.name(), self.consumer.version());
        let Self {
            store,
            consumer,
            options,
            control,
        } = self;
        let slices: Vec<_> = Slice::all(options.slices).collect();
        control.begin(&slices);
        let shared = Arc::new(Shared {
            query: consumer.query(),
            store,
            consumer,
            options,
            control,
            owner: RandomIds.fresh(),
            until,
        });
        let workers = slices.into_iter().map(|slice| {
            let worker = Worker::new(Arc::clone(&shared), slice);
            Box::pin(worker.run()) as Pin<Box<dyn Future<Output = _> + Send>>
        });
        let workers = workers.collect();
        let control = Arc::clone(&shared.control);
        async move {
            let ended = all(workers, || control.stop()).await;
            control.ended(&ended);
            ended
        }
        .instrument(span)
    }

    /// The same runner once more.
    pub(crate) fn again(&self) -> Self {
        Self {
            store: self.store.clone(),
            consumer: Arc::clone(&self.consumer),
            options: self.options.clone(),
            control: Arc::clone(&self.control),
        }
    }

    pub(crate) fn store(&self) -> &S {
        &self.store
    }

    pub(crate) fn consumer(&self) -> &C {
        &self.consumer
    }
}

pub(crate) type Working = Pin<Box<dyn Future<Output = Result<Ended, RunError>> + Send>>;

/// Polls all workers to their ends. Once one ends with an error, the others are told to stop; the first error is the run's.
pub(crate) async fn all(mut workers: Vec<Working>, stop: impl Fn()) -> Result<Ended, RunError> {
    let mut ended = Ok(Ended::CaughtUp);
    poll_fn(|context| {
        workers.retain_mut(|worker| match worker.as_mut().poll(context) {
            Poll::Pending => true,
            Poll::Ready(end) => {
                match (&ended, end) {
                    (Ok(_), Err(error)) => {
                        stop();
                        ended = Err(error);
                    }
                    (Ok(Ended::CaughtUp), Ok(end)) => ended = Ok(end),
                    _ => {}
                }
                false
            }
        });
        match workers.is_empty() {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    })
    .await;
    ended
}
