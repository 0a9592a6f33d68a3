//! Sees when the timers of a process are due, and records it: the record is an input like any other.
//!
//! Which timers are pending is folded from the journals, in each program that runs the process. Each of them may find that a
//! timer is due; the record's key makes it one.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::environment::Environment;
use crate::environment::time::Timestamp;
use crate::environment::timer;
use crate::environment::watch::Watch;
use crate::process::pending::{Pending, Set};
use crate::process::record::{self, Caused, Due, Step};
use crate::process::{Process, names};
use crate::projection::view::{View, ViewError};
use crate::repository::execute_error::ExecuteError;
use crate::runner::checkpoint_store::CheckpointStore;
use crate::runner::{Ended, RunError, may_pass};
use crate::store::StreamScan;
use crate::store::append::{Append, AppendError};
use crate::store::error::StoreError;
use crate::store::key::Key;
use crate::store::stream::{Position, StreamName, Version};
use crate::store::subscription::first;
use crate::trace;

/// The timers of the processes of a kind.
pub(super) struct Timers<P: Process, S> {
    store: S,
    pending: View<Pending<P>, S>,
    environment: Environment,
    control: Arc<TimersControl>,
}

/// What is said to whoever watches the timers, and seen of it.
#[derive(Debug)]
pub(super) struct TimersControl {
    pub(super) stopped: Watch<bool>,
    pub(super) pending: AtomicUsize,
}

/// A clock may be set, so it is looked at this often while a timer is pending.
const LOOK: Duration = Duration::from_millis(100);
/// The pause after the store has failed.
const AFTER_FAILURE: Duration = Duration::from_millis(250);
/// After so many positions the pending timers are kept for the next start.
const KEEP_EVERY: u64 = 4096;
/// How many timers are taken together that are due.
const TOGETHER: usize = 64;

impl<P: Process, S: CheckpointStore> Timers<P, S> {
    pub(super) fn new(store: S, environment: Environment) -> Self {
        Self {
            pending: store.view(Pending::default),
            store,
            environment,
            control: Arc::new(TimersControl {
                stopped: Watch::new(false),
                pending: AtomicUsize::new(0),
            }),
        }
    }

    pub(super) fn control(&self) -> Arc<TimersControl> {
        Arc::clone(&self.control)
    }

    /// Records timers that are due, until it is stopped.
    pub(super) async fn run(mut self) -> Result<Ended, RunError> {
        self.resume().await?;
        let mut kept = self.pending.checkpoint().await.position;
        loop {
            let next = match self.record_due().await {
                Ok(next) => next,
                Err(RunError::Store(error)) if may_pass(&error) => {
                    self.store_failed(&error).await;
                    Some(self.environment.clock.now())
                }
                Err(error) => return Err(error),
            };
            let seen = self.pending.checkpoint().await.position;
            let is_stopped = self.control.stopped.get();
            if is_stopped || seen.0.saturating_sub(kept.0) >= KEEP_EVERY {
                kept = seen;
                if let Err(error) = self.pending.keep().await {
                    // The next start folds from further back.
                    trace::timers_fail(P::NAME, &error);
                }
            }
            if is_stopped {
                return Ok(Ended::Stopped);
            }
            self.unless_stopped(self.more_or_due(seen, next)).await;
        }
    }

    /// Begins with what was kept.
    async fn resume(&mut self) -> Result<(), RunError> {
        while !self.control.stopped.get() {
            match self.pending.clone().resumed().await.map_err(failed::<P>) {
                Ok(pending) => {
                    self.pending = pending;
                    return Ok(());
                }
                Err(RunError::Store(error)) if may_pass(&error) => self.store_failed(&error).await,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn store_failed(&self, error: &StoreError) {
        trace::timers_fail(P::NAME, error);
        self.unless_stopped(timer::sleep(AFTER_FAILURE)).await;
    }

    /// Records all timers that are due now, in the order in which they are due, and says when the next one is.
    pub(super) async fn record_due(&self) -> Result<Option<Timestamp>, RunError> {
        loop {
            let now = self.environment.clock.now();
            let first = self.pending.read(|pending| {
                self.control.pending.store(pending.len(), Ordering::Relaxed);
                let first = pending.first().take(TOGETHER);
                first.cloned().collect::<Vec<_>>()
            });
            let first = first.await.map_err(failed::<P>)?;
            let due = first.iter().take_while(|set| set.at <= now).count();
            if due == 0 {
                return Ok(first.first().map(|set| set.at));
            }
            for set in &first[..due] {
                self.record(set, now).await?;
            }
        }
    }

    /// Records that a timer is due.
    async fn record(&self, set: &Set, now: Timestamp) -> Result<(), RunError> {
        let journal = StreamName::parse(&set.journal).map_err(other::<P>)?;
        trace::due(P::NAME, &journal, &set.at);
        let Caused { step, index } = set.of;
        let at = StreamScan::of(journal.clone())
            .after(Version(step.saturating_sub(1)))
            .until(Version(step));
        let found = self.store.read_stream(at).await?;
        let Some(stored) = found.first() else {
            // The store is in another life: what is pending is folded anew.
            return Ok(());
        };
        let Step { timers, .. } = record::read(&stored.as_ref()).map_err(other::<P>)?;
        let alarm = usize::try_from(index)
            .ok()
            .and_then(|it| timers.into_iter().nth(it));
        let missing = || NoSuchTimer {
            journal: journal.clone(),
            of: set.of,
        };
        let alarm = alarm.ok_or_else(missing).map_err(other::<P>)?;
        let due = Due { of: set.of, alarm };
        let metadata = Arc::from(&*stored.metadata);
        let written = record::written(names::due(P::NAME), &due, metadata, now);
        let key = format!("due {step}#{index}");
        let append = Append::to(journal.clone())
            .event(written.map_err(other::<P>)?)
            .key(Key::given(journal.as_str(), &key, b""));
        let append = Arc::new(append);
        let send = || self.store.append(Arc::clone(&append));
        match self.environment.append(send).await {
            Ok(_) | Err(AppendError::KeyReused) => Ok(()),
            Err(error) => {
                let error = ExecuteError::<std::convert::Infallible>::not_appended(error, &key);
                Err(match error.into_store_error() {
                    Ok(error) => RunError::Store(error),
                    Err(error) => other::<P>(error),
                })
            }
        }
    }

    /// Waits until there is more in the store, or the next timer may be due.
    async fn more_or_due(&self, seen: Position, next: Option<Timestamp>) {
        let due = async {
            match next {
                None => std::future::pending().await,
                Some(at) => {
                    let now = self.environment.clock.now().as_micros();
                    let left = at.as_micros().saturating_sub(now);
                    let left = Duration::from_micros(u64::try_from(left).unwrap_or_default());
                    timer::sleep(left.min(LOOK)).await;
                }
            }
        };
        let more = async {
            if self.store.wait_beyond(seen).await.is_err() {
                // The next look says what is wrong.
                timer::sleep(AFTER_FAILURE).await;
            }
        };
        first(due, more).await;
    }

    async fn unless_stopped(&self, wait: impl Future) {
        let stopped = self.control.stopped.wait_until(|stopped| stopped);
        first(stopped, wait).await;
    }
}

/// A step that has changed since it was read.
#[derive(Debug, thiserror::Error)]
#[error("step {} of `{journal}` has no timer {}", .of.step, .of.index)]
struct NoSuchTimer {
    journal: StreamName,
    of: Caused,
}

fn failed<P: Process>(error: ViewError) -> RunError {
    match error {
        ViewError::Store(error) => RunError::Store(error),
        error => other::<P>(error),
    }
}

fn other<P: Process>(error: impl std::error::Error + Send + Sync + 'static) -> RunError {
    RunError::Timers {
        process: P::NAME,
        source: Box::new(error),
    }
}
