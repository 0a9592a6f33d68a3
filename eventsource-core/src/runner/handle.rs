//! What others see of a runner, and say to it.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Ended, RunError};
use crate::environment::timer;
use crate::environment::watch::Watch;
use crate::runner::checkpoint::Checkpoint;
use crate::runner::checkpoint_store::{CheckpointStore, Parked, Slice, SlotState, Which, Wish};
use crate::store::error::StoreError;
use crate::store::stream::{Position, StreamName};

/// What a runner and its handles share.
#[derive(Debug)]
pub(super) struct Control {
    pub(super) name: &'static str,
    pub(super) version: u32,
    pub(super) stopped: Watch<bool>,
    /// Counted up when somebody has said something that the workers should look at.
    pub(super) nudges: Watch<u64>,
    slices: Mutex<BTreeMap<Slice, SliceStatus>>,
    /// What the run has ended with, if that was an error.
    failed: Mutex<Option<String>>,
}

impl Control {
    pub(super) fn new(name: &'static str, version: u32) -> Self {
        Self {
            name,
            version,
            stopped: Watch::new(false),
            nudges: Watch::new(0),
            slices: Mutex::default(),
            failed: Mutex::default(),
        }
    }

    pub(super) fn stop(&self) {
        self.stopped.set(true);
    }

    pub(super) fn begin(&self, slices: &[Slice]) {
        let status = |slice: &Slice| {
            let status = SliceStatus {
                slice: *slice,
                activity: SliceActivity::Waiting,
                position: Position::START,
                parked_streams: 0,
                failing: None,
            };
            (*slice, status)
        };
        *self.slices() = slices.iter().map(status).collect();
        *self.failed() = None;
    }

    pub(super) fn ended(&self, how: &Result<Ended, RunError>) {
        *self.failed() = how.as_ref().err().map(ToString::to_string);
        for status in self.slices().values_mut() {
            status.activity = SliceActivity::Ended;
        }
    }

    pub(super) fn update(&self, slice: Slice, update: impl FnOnce(&mut SliceStatus)) {
        if let Some(status) = self.slices().get_mut(&slice) {
            update(status);
        }
    }

    fn failed(&self) -> MutexGuard<'_, Option<String>> {
        // No critical section can panic half-way.
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn slices(&self) -> MutexGuard<'_, BTreeMap<Slice, SliceStatus>> {
        // No critical section can panic half-way.
        self.slices.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one slice of a running runner is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SliceStatus {
    /// Which slice.
    pub slice: Slice,
    /// What it is doing.
    pub activity: SliceActivity,
    /// Everything up to here was consumed or parked.
    pub position: Position,
    /// How many streams have parked events, as far as this runner knows.
    pub parked_streams: usize,
    /// The event that is tried again and again.
    pub failing: Option<Failing>,
}

/// What a slice is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SliceActivity {
    /// Another runner owns it, or nobody can be asked.
    Waiting,
    /// It reads what is there already.
    CatchingUp,
    /// It has caught up, and waits for events.
    Live,
    /// An event, or the store, fails and is tried again.
    Retrying,
    /// The run has ended.
    Ended,
}

/// An event that cannot be consumed so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failing {
    /// Its position.
    pub position: Position,
    /// Its stream.
    pub stream: StreamName,
    /// Its stored name.
    pub event: String,
    /// How often it was tried.
    pub tries: u32,
    /// What went wrong the last time.
    pub error: String,
}

/// How far a version of a consumer has come, as the store knows it: over all runners, wherever they run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The consumer's version.
    pub version: u32,
    /// The version that readers see.
    pub active: Option<u32>,
    /// Everything up to here was consumed or parked, in every slice; [`Position::START`] if it has never run.
    pub position: Position,
    /// The last event's position.
    pub head: Position,
    /// Each slice.
    pub slices: Vec<SlotState>,
}

impl Progress {
    /// How many positions it is behind the last event.
    #[must_use]
    pub fn lag(&self) -> u64 {
        self.head.0.saturating_sub(self.position.0)
    }
}

impl fmt::Display for Progress {
    /// As in `version 2 at 7500 of 10000, 2500 behind`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            version,
            position,
            head,
            ..
        } = self;
        write!(
            f,
            "version {version} at {position} of {head}, {} behind",
            self.lag()
        )
    }
}

/// Why waiting for a position ended without it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WaitError {
    /// It took too long, or the runner has failed.
    #[error(
        "`{name}` version {version} is at {position} after {waited:?}, and {wanted} was waited for{}",
        .failed.as_ref().map(|failed| format!("; the runner here has ended: {failed}")).unwrap_or_default()
    )]
    TooLate {
        /// The consumer.
        name: String,
        /// Its version.
        version: u32,
        /// How far it has come.
        position: Position,
        /// What was waited for.
        wanted: Position,
        /// How long.
        waited: Duration,
        /// What the runner whose handle it is has ended with, if it has failed. Others may be at work elsewhere.
        failed: Option<String>,
    },
    /// The token is of another store, or of another life of it; or the store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What tells how a runner goes and stops it, and, as a [`ConsumerHandle`], how its consumer goes over all runners.
#[derive(Debug, Clone)]
pub struct RunnerHandle<S> {
    consumer: ConsumerHandle<S>,
    control: Arc<Control>,
}

impl<S: CheckpointStore> RunnerHandle<S> {
    pub(super) fn new(store: S, control: Arc<Control>) -> Self {
        let consumer = ConsumerHandle {
            store,
            name: control.name.into(),
            version: Some(control.version),
            nudged: Some(Arc::clone(&control)),
        };
        Self { consumer, control }
    }

    /// Stops the runner, once the batch that is on its way is finished.
    pub fn stop(&self) {
        self.control.stop();
    }

    /// What the runner is doing, slice by slice.
    #[must_use]
    pub fn status(&self) -> Vec<SliceStatus> {
        self.control.slices().values().cloned().collect()
    }
}

impl<S> Deref for RunnerHandle<S> {
    type Target = ConsumerHandle<S>;

    fn deref(&self) -> &ConsumerHandle<S> {
        &self.consumer
    }
}

/// What the store knows of a consumer of events, and tells its runners, wherever they run:
/// [`CheckpointStore::consumer`].
#[derive(Debug, Clone)]
pub struct ConsumerHandle<S> {
    store: S,
    name: Arc<str>,
    /// The one that readers see, if none is given.
    version: Option<u32>,
    nudged: Option<Arc<Control>>,
}

impl<S: CheckpointStore> ConsumerHandle<S> {
    pub(crate) fn of(store: S, name: &str) -> Self {
        Self {
            store,
            name: name.into(),
            version: None,
            nudged: None,
        }
    }

    /// The same for a certain version, and not for the one that readers see.
    #[must_use]
    pub fn at_version(mut self, version: u32) -> Self {
        self.version = Some(version);
        self
    }

    async fn version(&self) -> Result<u32, StoreError> {
        match self.version {
            Some(version) => Ok(version),
            // None has run yet: none can be far.
            None => Ok(self.store.active(&self.name).await?.unwrap_or(1)),
        }
    }

    /// How far the consumer has come.
    pub async fn progress(&self) -> Result<Progress, StoreError> {
        let version = self.version().await?;
        let mut slices = self.store.slots(&self.name).await?;
        slices.retain(|state| state.slot.version == version);
        Ok(Progress {
            version,
            active: self.store.active(&self.name).await?,
            position: least(&slices),
            // Read last, so that no slice is ahead of it.
            head: self.store.head().await?,
            slices,
        })
    }

    /// Waits until everything up to a token is consumed or parked, so that a query sees what a command has done: the
    /// [token](crate::Executed::token) of its result, or `None` for everything that is stored now. It looks in the
    /// store, so it is the same in every process; the handle of a runner that has ended with an error gives up at once
    /// where no other one is at work.
    pub async fn wait_for(
        &self,
        token: impl Into<Option<Checkpoint>>,
        limit: Duration,
    ) -> Result<(), WaitError> {
        let goal = match token.into() {
            Some(token) => {
                token.check(self.store.identity())?;
                token.position
            }
            None => self.store.head().await?,
        };
        let begin = Instant::now();
        let mut pause = Duration::from_millis(1);
        loop {
            // Asked each time: readers may see another version by now.
            let version = self.version().await?;
            let mut slices = self.store.slots(&self.name).await?;
            slices.retain(|state| state.slot.version == version);
            let position = least(&slices);
            if position >= goal {
                return Ok(());
            }
            let waited = begin.elapsed();
            let failed = self
                .nudged
                .as_ref()
                .and_then(|control| control.failed().clone());
            let is_alone = slices.iter().all(|state| state.owner.is_none());
            let left = limit.checked_sub(waited).filter(|left| !left.is_zero());
            // Nobody will come further, if the runner here has failed and no other one is at work.
            let Some(left) = left.filter(|_| failed.is_none() || !is_alone) else {
                return Err(WaitError::TooLate {
                    name: self.name.to_string(),
                    version,
                    position,
                    wanted: goal,
                    waited,
                    failed,
                });
            };
            timer::sleep(pause.min(left)).await;
            pause = (pause * 2).min(LOOK);
        }
    }

    /// The events that are parked, in the order of positions.
    pub async fn parked(&self) -> Result<Vec<Parked>, StoreError> {
        self.store.parked(&self.name, self.version().await?).await
    }

    /// Has parked events tried again, in order, by whoever owns their slice; returns how many they are. Of one that fails
    /// again, and those after it in its stream, the wish is forgotten.
    pub async fn retry(&self, which: Which) -> Result<u64, StoreError> {
        self.wish(which, Wish::Retry).await
    }

    /// Has parked events left out for ever; returns how many they are. Those after them in the stream stay parked until
    /// they are tried again.
    pub async fn discard(&self, which: Which) -> Result<u64, StoreError> {
        self.wish(which, Wish::Drop).await
    }

    async fn wish(&self, which: Which, wish: Wish) -> Result<u64, StoreError> {
        let version = self.version().await?;
        let count = self.store.wish(&self.name, version, which, wish).await?;
        if let Some(control) = &self.nudged {
            control.nudges.set(control.nudges.get() + 1);
        }
        Ok(count)
    }
}

/// Up to where all slices have come; the beginning, if one has never been claimed.
fn least(slices: &[SlotState]) -> Position {
    let count = slices.first().map_or(0, |first| first.slot.slice.count);
    if usize::try_from(count) != Ok(slices.len()) {
        return Position::START;
    }
    let positions = slices.iter().map(|state| state.position);
    positions.min().unwrap_or_default()
}

/// The longest pause between two looks at a checkpoint that is waited for.
const LOOK: Duration = Duration::from_millis(50);
