//! A consumer on every partition.

use std::future::Future;
use std::time::{Duration, Instant};

use eventsource_core::{Checkpoint, CheckpointStore, Consumer, Ended, Runner, RunnerHandle};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use crate::error::{RunError, WaitError};
use crate::partitions::Partitions;

/// A consumer's runner for each partition. [`run`](Self::run) is a future, to be spawned or awaited wherever one likes;
/// [`into_each`](Self::into_each) gives them one by one, to be spawned on threads of their own or on different machines.
#[must_use = "runners do nothing unless they are run"]
#[derive(Debug)]
pub struct Runners<S, C> {
    each: Vec<Runner<S, C>>,
    partitions: Partitions<S>,
}

impl<S: CheckpointStore, C: Consumer<S>> Runners<S, C> {
    pub(crate) fn new(each: Vec<Runner<S, C>>, partitions: Partitions<S>) -> Self {
        Self { each, partitions }
    }

    /// Notes where each begins, if it has no checkpoint yet, as [`Runner::begin`] does.
    pub async fn begin(&self) -> Result<(), RunError> {
        for (runner, number) in self.each.iter().zip(1..) {
            let begun = runner.begin().await;
            begun.map_err(|source| RunError { number, source })?;
        }
        Ok(())
    }

    /// What tells how they go, and stops them.
    #[must_use]
    pub fn handle(&self) -> RunnersHandle<S> {
        RunnersHandle {
            each: self.each.iter().map(Runner::handle).collect(),
            partitions: self.partitions.clone(),
        }
    }

    /// The runners, partition by partition.
    #[must_use]
    pub fn into_each(self) -> Vec<Runner<S, C>> {
        self.each
    }

    /// Runs all of them in one task, until they are [told to stop](RunnersHandle::stop), or newer versions take their places. If
    /// one of them ends with an error, the others are stopped.
    pub fn run(self) -> impl Future<Output = Result<Ended, RunError>> + Send {
        let handle = self.handle();
        let number = |(runner, number): (Runner<S, C>, usize)| async move {
            let ended = runner.run().await;
            ended.map_err(|source| RunError { number, source })
        };
        let mut running: FuturesUnordered<_> = self.each.into_iter().zip(1..).map(number).collect();
        async move {
            let mut all = Ok(Ended::Stopped);
            while let Some(ended) = running.next().await {
                if ended.is_err() {
                    handle.stop();
                }
                all = all.and(ended);
            }
            all
        }
    }
}

/// What tells how the runners of a consumer go, and stops them.
#[derive(Debug, Clone)]
pub struct RunnersHandle<S> {
    each: Vec<RunnerHandle<S>>,
    partitions: Partitions<S>,
}

impl<S: CheckpointStore> RunnersHandle<S> {
    /// Stops them, once the batches that are on their way are finished.
    pub fn stop(&self) {
        self.each.iter().for_each(RunnerHandle::stop);
    }

    /// The handles, partition by partition.
    #[must_use]
    pub fn each(&self) -> &[RunnerHandle<S>] {
        &self.each
    }

    /// Waits until everything up to a token is consumed or parked in the token's partition: the
    /// [token](crate::PartitionedRepository::token) of a command, or `None` for everything that is stored now, in all
    /// partitions.
    pub async fn wait_for(
        &self,
        token: impl Into<Option<Checkpoint>>,
        limit: Duration,
    ) -> Result<(), WaitError> {
        let Some(token) = token.into() else {
            let begin = Instant::now();
            for number in 0..self.each.len() {
                let left = limit.saturating_sub(begin.elapsed());
                self.wait_on(number, None, left).await?;
            }
            return Ok(());
        };
        let mut stores = self.partitions.stores().iter();
        let place = stores.position(|store| store.identity().id == token.store.id);
        let place = place.ok_or(WaitError::OtherStore)?;
        self.wait_on(place, Some(token), limit).await
    }

    async fn wait_on(
        &self,
        place: usize,
        token: Option<Checkpoint>,
        limit: Duration,
    ) -> Result<(), WaitError> {
        let waited = self.each[place].wait_for(token, limit).await;
        waited.map_err(|source| WaitError::Partition {
            number: place + 1,
            source,
        })
    }
}
