//! The repository of aggregates that are spread over partitions.

use std::fmt;
use std::sync::Arc;

use eventsource_core::{
    Aggregate, AsOf, Checkpoint, Codec, CommandOf, Execute, Executed, Json, LoadError, Loaded,
    Recorded, Repository, Store,
};

use crate::hash;

/// The aggregates of one kind, each in the partition that its stream's name says. It is cheap to clone.
///
/// For each aggregate it promises what a [`Repository`] does: it is one, of the partition's store.
pub struct PartitionedRepository<A, S, C = Json> {
    each: Arc<[Repository<A, S, C>]>,
}

impl<A: Aggregate, S: Store, C: Codec> PartitionedRepository<A, S, C> {
    pub(crate) fn new(each: Vec<Repository<A, S, C>>) -> Self {
        Self { each: each.into() }
    }

    /// Sets something of the repository of each partition: a cache, snapshots, a codec, a clock.
    ///
    /// ```
    /// # use eventsource_core::MemoryStore;
    /// # use eventsource_core::prelude::*;
    /// # use eventsource_partitions::Partitions;
    /// # #[event(name = "counted")] pub struct Counted;
    /// # #[derive(Debug, thiserror::Error)] #[error("never")] pub struct Never;
    /// # #[aggregate(name = "counter", id = String, error = Never, events(Counted), commands(Count))]
    /// # #[derive(Default, Clone)] pub struct Counter { count: u64 }
    /// # #[apply] impl Counter { fn counted(&mut self, _: &Counted) { self.count += 1 } }
    /// # #[handle] impl Counter { #[command] pub fn count(&self) -> Result<Counted, Never> { Ok(Counted) } }
    /// # async fn set(partitions: Partitions<MemoryStore>) {
    /// let counters = partitions.repository::<Counter>().with(|each| each.cache(10_000));
    /// # let _ = counters;
    /// # }
    /// ```
    #[must_use]
    pub fn with<D: Codec>(
        &self,
        set: impl FnMut(Repository<A, S, C>) -> Repository<A, S, D>,
    ) -> PartitionedRepository<A, S, D> {
        PartitionedRepository::new(self.each.iter().cloned().map(set).collect())
    }

    /// The repository of the partition that has this aggregate.
    #[must_use]
    pub fn of(&self, id: &A::Id) -> &Repository<A, S, C> {
        // As a stream's name is written; an id that cannot be part of one is refused by the repository.
        let stream = format!("{}/{id}", A::NAME);
        &self.each[hash::choose(&stream, self.each.len())]
    }

    /// Executes a command, as [`Repository::execute`] does.
    pub fn execute<'a>(
        &'a self,
        id: &'a A::Id,
        command: impl CommandOf<A>,
    ) -> Execute<'a, A, S, C> {
        self.of(id).execute(id, command)
    }

    /// What a query waits for that is to see what a command has recorded: see
    /// [`RunnersHandle::wait_for`](crate::RunnersHandle::wait_for).
    pub fn token(&self, id: &A::Id, executed: &Executed<A::Event>) -> Option<Checkpoint> {
        executed.token(self.of(id).store())
    }

    /// The state of an aggregate and its version.
    pub async fn load(&self, id: &A::Id) -> Result<Loaded<A>, LoadError> {
        self.of(id).load(id).await
    }

    /// The state of an aggregate and its version, or `None` if it has no event.
    pub async fn find(&self, id: &A::Id) -> Result<Option<Loaded<A>>, LoadError> {
        self.of(id).find(id).await
    }

    /// The state of an aggregate as it once was.
    pub async fn load_at(&self, id: &A::Id, as_of: AsOf) -> Result<Loaded<A>, LoadError> {
        self.of(id).load_at(id, as_of).await
    }

    /// Everything that happened to an aggregate, in order; nothing, if it does not exist.
    pub async fn history(&self, id: &A::Id) -> Result<Vec<Recorded<A::Event>>, LoadError> {
        self.of(id).history(id).await
    }
}

impl<A, S, C> Clone for PartitionedRepository<A, S, C> {
    fn clone(&self) -> Self {
        Self {
            each: Arc::clone(&self.each),
        }
    }
}

impl<A: Aggregate, S: fmt::Debug, C: fmt::Debug> fmt::Debug for PartitionedRepository<A, S, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.each.iter()).finish()
    }
}
