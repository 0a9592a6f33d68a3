//! Runs a process: its steps, its commands and its timers, as one.

use std::fmt;
use std::marker::PhantomData;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::codec::{Codec, Json};
use crate::process::Process;
use crate::process::send::Commands;
use crate::process::step::Steps;
use crate::process::timers::{Timers, TimersControl};
use crate::repository::Repository;
use crate::repository::dispatcher::Dispatcher;
use crate::runner::checkpoint::Checkpoint;
use crate::runner::checkpoint_store::{CheckpointStore, Parked, Which};
use crate::runner::{self, Ended, OnError, RunError, Runner, RunnerHandle, WaitError};
use crate::store::MultiStreamStore;
use crate::store::error::StoreError;
use crate::trace::{self, Instrument as _};

/// Runs the processes of a kind on a store: has them take their inputs, sends their commands, and sees when their timers are
/// due. [`run`](Self::run) is a future, to be spawned or awaited wherever one likes.
///
/// Several may run at once, on one machine or on many. Whoever is killed when, and however often: each input is taken once,
/// each command is executed once or its refusal recorded, each timer is taken once, and what a step says is stored whole or
/// not at all.
///
/// An input that cannot be taken is parked with those that follow in its stream, and a step of which a command cannot be sent
/// with those that follow in its process: [`ProcessHandle::parked`]. A refusal is not that: it is an input.
///
/// # Forgotten keys
///
/// A store keeps idempotency keys for ever unless it is told to forget some. Inputs are recognised without them. A command is
/// not: forget only keys that are older than everything which [`ProcessHandle::commands`] has yet to send.
#[must_use = "a process is run by `run` or `settle`"]
pub struct ProcessRunner<P: Process, S, C = Json> {
    steps: Runner<S, Steps<P, S, C>>,
    commands: Runner<S, Commands<P>>,
    timers: Timers<P, S>,
}

impl<P, S, C> Repository<P, S, C>
where
    P: Process,
    S: CheckpointStore + MultiStreamStore,
    C: Codec,
{
    /// Runs the processes whose states this repository reads: with its codec, its clock, its snapshots.
    pub fn process(self) -> ProcessRunner<P, S, C> {
        ProcessRunner::new(self)
    }
}

impl<P, S, C> ProcessRunner<P, S, C>
where
    P: Process,
    S: CheckpointStore + MultiStreamStore,
    C: Codec,
{
    fn new(repository: Repository<P, S, C>) -> Self {
        let store = repository.store().clone();
        let environment = repository.environment.clone();
        let timers = Timers::new(store.clone(), environment.clone());
        let commands = Commands {
            dispatcher: OnceLock::new(),
            environment,
            process: PhantomData,
        };
        let runner = Self {
            steps: Runner::new(store.clone(), Steps::new(repository)).start(P::FROM),
            commands: Runner::new(store, commands),
            timers,
        };
        runner.on_error(OnError::park())
    }

    /// Where commands are sent. Unless it is set: to every aggregate that registered itself, in the store of the process, with
    /// payloads as JSON.
    ///
    /// Its repositories are to be on the store of the process: a command and its refusal share an idempotency key there, by
    /// which exactly one of the two is ever stored.
    pub fn dispatcher(self, dispatcher: Dispatcher) -> Self {
        let _ = self.commands.consumer().dispatcher.set(dispatcher);
        self
    }

    /// What is done with an input that cannot be taken, and with a command that is neither executed nor refused;
    /// [`OnError::park`] unless set.
    pub fn on_error(self, policy: OnError) -> Self {
        Self {
            steps: self.steps.on_error(policy),
            commands: self.commands.on_error(policy),
            ..self
        }
    }

    /// Into how many parts the streams are cut, as [`Runner::slices`] does.
    pub fn slices(self, count: u32) -> Self {
        Self {
            steps: self.steps.slices(count),
            commands: self.commands.slices(count),
            ..self
        }
    }

    /// For how long a slice must show no sign of life before another runner takes it over, as [`Runner::lease`] does.
    pub fn lease(self, lease: Duration) -> Self {
        Self {
            steps: self.steps.lease(lease),
            commands: self.commands.lease(lease),
            ..self
        }
    }

    /// What tells how it goes, and stops it.
    pub fn handle(&self) -> ProcessHandle<S> {
        ProcessHandle {
            steps: self.steps.handle(),
            commands: self.commands.handle(),
            timers: self.timers.control(),
        }
    }

    /// Runs until it is [told to stop](ProcessHandle::stop), or something cannot be mended by trying again.
    pub async fn run(self) -> Result<Ended, RunError> {
        let handle = self.handle();
        let span = trace::run(P::NAME, 1);
        let working: Vec<runner::Working> = vec![
            Box::pin(self.steps.run()),
            Box::pin(self.commands.run()),
            Box::pin(self.timers.run().instrument(span)),
        ];
        runner::all(working, || handle.stop()).await
    }

    /// Does everything that is due by now, and what comes of it, until nothing is left: [`Ended::CaughtUp`], or
    /// [`Ended::Stopped`] if it is told to stop before. With a [`ManualClock`](crate::ManualClock) a test goes from one moment
    /// to the next with it.
    pub async fn settle(&self) -> Result<Ended, RunError> {
        let store = self.steps.store();
        loop {
            let before = store.head().await?;
            for ended in [
                self.steps.again().catch_up().await?,
                self.commands.again().catch_up().await?,
            ] {
                if ended != Ended::CaughtUp {
                    return Ok(ended);
                }
            }
            self.timers.record_due().await?;
            if store.head().await? == before {
                return Ok(Ended::CaughtUp);
            }
        }
    }
}

impl<P: Process, S: fmt::Debug, C> fmt::Debug for ProcessRunner<P, S, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProcessRunner")
            .field("process", &P::NAME)
            .finish_non_exhaustive()
    }
}

/// What tells how a process goes, and stops it.
#[derive(Debug, Clone)]
pub struct ProcessHandle<S> {
    /// Its steps: how far its inputs are taken, and which of them are parked.
    pub steps: RunnerHandle<S>,
    /// Its commands: how far they are sent, and the steps that are parked since one of theirs is neither executed nor refused.
    pub commands: RunnerHandle<S>,
    timers: Arc<TimersControl>,
}

impl<S: CheckpointStore> ProcessHandle<S> {
    /// Stops the runner, once what is on its way is finished.
    pub fn stop(&self) {
        self.steps.stop();
        self.commands.stop();
        self.timers.stopped.set(true);
    }

    /// How many timers are set and not due yet, as far as this runner knows.
    #[must_use]
    pub fn pending_timers(&self) -> usize {
        self.timers.pending.load(Ordering::Relaxed)
    }

    /// How many positions it is behind the last event: with its inputs or with its commands, whichever is more.
    pub async fn lag(&self) -> Result<u64, StoreError> {
        let steps = self.steps.progress().await?.lag();
        let commands = self.commands.progress().await?.lag();
        Ok(steps.max(commands))
    }

    /// Waits until every input up to a token is taken, or parked, and the commands are sent that came of it.
    pub async fn wait_for(
        &self,
        token: impl Into<Option<Checkpoint>>,
        limit: Duration,
    ) -> Result<(), WaitError> {
        self.steps.wait_for(token, limit).await?;
        self.commands.wait_for(None, limit).await
    }

    /// What is parked, in the order of positions: inputs that could not be taken, and steps whose commands could not be sent.
    pub async fn parked(&self) -> Result<Vec<Parked>, StoreError> {
        let mut parked = self.steps.parked().await?;
        parked.extend(self.commands.parked().await?);
        parked.sort_by_key(|one| one.position);
        Ok(parked)
    }

    /// Has what is parked tried again; returns how many inputs and steps that are.
    pub async fn retry(&self, which: Which) -> Result<u64, StoreError> {
        let steps = self.steps.retry(which.clone()).await?;
        Ok(steps + self.commands.retry(which).await?)
    }
}
