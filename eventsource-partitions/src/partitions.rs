//! The stores that belong together.

use std::fmt;
use std::future::Ready;
use std::sync::Arc;

use eventsource_core::{
    Aggregate, Checkpoint, CheckpointStore, Consumer, IdSource as _, NameCollision, Position,
    RandomIds, Repository, Runner, Store, StreamName,
};

use crate::checkpoints::Checkpoints;
use crate::dispatcher::PartitionedDispatcher;
use crate::error::{OpenError, ResumeError};
use crate::hash;
use crate::note::Note;
use crate::repository::PartitionedRepository;
use crate::runners::Runners;
use crate::subscription::PartitionedSubscription;

/// Stores of one kind, each with a part of the streams. It is cheap to clone.
///
/// See [the crate](crate) for what holds within a partition and across them.
#[derive(Clone)]
pub struct Partitions<S> {
    stores: Arc<[S]>,
}

impl<S: Store> Partitions<S> {
    /// The stores as partitions, in the order in which they are given.
    ///
    /// The first time they must be empty; then it is written into each of them which partition of how many it is. From then
    /// on they are opened together, in the same order, or refused.
    pub async fn open(stores: impl IntoIterator<Item = S>) -> Result<Self, OpenError> {
        let stores: Arc<[S]> = stores.into_iter().collect();
        let of = stores.len();
        let mut set = RandomIds.fresh();
        for (store, number) in stores.iter().zip(1..) {
            let note = Note { set, number, of };
            let found = note.read_or_write(store).await?;
            if found.of != of {
                return Err(OpenError::OtherCount {
                    number,
                    of: found.of,
                    given: of,
                });
            }
            if found.number != number {
                return Err(OpenError::OtherPlace {
                    number,
                    is: found.number,
                });
            }
            if number == 1 {
                set = found.set;
            } else if found.set != set {
                return Err(OpenError::OtherSet { number });
            }
        }
        match of {
            0 => Err(OpenError::NoStores),
            _ => Ok(Self { stores }),
        }
    }

    /// The stores, each whole in itself.
    #[must_use]
    pub fn stores(&self) -> &[S] {
        &self.stores
    }

    /// The store that has a stream, if streams are placed by their names, as a [`PartitionedRepository`] does.
    #[must_use]
    pub fn store_of(&self, stream: &StreamName) -> &S {
        &self.stores[self.place(stream.as_str())]
    }

    /// The store for everything that has this key: a tenant, a region, whatever never has to be decided upon together
    /// with another one.
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
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let partitions = Partitions::open([MemoryStore::new(), MemoryStore::new()]).await?;
    /// let counters = Repository::<Counter, _>::new(partitions.at("a tenant").clone());
    /// counters.execute(&"visits".to_owned(), Count).await?;
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn at(&self, key: impl ToString) -> &S {
        &self.stores[self.place(&key.to_string())]
    }

    /// Never compiles: partitions decide nothing together. It is here to say so, and what to do instead.
    #[doc(hidden)]
    pub fn decide<P, F>(&self, participants: P, decide: F) -> Ready<Result<(), OpenError>>
    where
        Self: Together,
    {
        let _ = (participants, decide);
        std::future::ready(Ok(()))
    }

    pub(crate) fn place(&self, text: &str) -> usize {
        hash::choose(text, self.stores.len())
    }

    /// The aggregates of kind `A`, each in the partition that its stream's name says.
    ///
    /// # Panics
    ///
    /// If two types of the program have one stored name, as [`Repository::new`] does.
    #[track_caller]
    #[must_use]
    pub fn repository<A: Aggregate>(&self) -> PartitionedRepository<A, S> {
        let each = self.stores.iter().cloned().map(Repository::new);
        PartitionedRepository::new(each.collect())
    }

    /// Executes commands that come as JSON, on all aggregates that registered themselves.
    pub fn dispatcher(&self) -> Result<PartitionedDispatcher, NameCollision> {
        PartitionedDispatcher::discover(&self.stores)
    }

    /// Where a reader begins that has seen nothing.
    #[must_use]
    pub fn start(&self) -> Checkpoints {
        let start = |store: &S| Checkpoint {
            store: store.identity(),
            position: Position::START,
        };
        Checkpoints::new(self.stores.iter().map(start).collect())
    }

    /// All events, partition beside partition: of each in its order, of different ones in the order in which they come.
    #[must_use]
    pub fn subscribe(&self) -> PartitionedSubscription<S> {
        let each = self.stores.iter();
        PartitionedSubscription::new(each.map(|store| store.subscribe(Position::START)).collect())
    }

    /// The events after these checkpoints.
    pub fn resume(
        &self,
        checkpoints: &Checkpoints,
    ) -> Result<PartitionedSubscription<S>, ResumeError> {
        let (has, partitions) = (checkpoints.iter().count(), self.stores.len());
        if has != partitions {
            return Err(ResumeError::OtherCount { has, partitions });
        }
        let each = self.stores.iter().zip(checkpoints.iter()).zip(1..);
        let each = each.map(|((store, checkpoint), number)| {
            let resumed = store.resume(checkpoint);
            resumed.map_err(|source| ResumeError::Store { number, source })
        });
        Ok(PartitionedSubscription::new(
            each.collect::<Result<_, _>>()?,
        ))
    }

    /// Runs a consumer on each partition, with a checkpoint in each.
    ///
    /// ```
    /// # use eventsource_core::prelude::*;
    /// # use eventsource_core::{MemoryStore, Recorded};
    /// # use eventsource_partitions::Partitions;
    /// # #[event(name = "account.opened")] pub struct Opened { pub owner: String }
    /// #[derive(Clone)]
    /// struct Index;
    ///
    /// #[projection(name = "index")]
    /// impl Index {
    ///     async fn opened(&self, event: &Recorded<Opened>) {
    ///         println!("{}", event.event.owner);
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let partitions = Partitions::open([MemoryStore::new(), MemoryStore::new()]).await?;
    /// let runners = partitions.runners(|store| store.project(Index));
    /// let handle = runners.handle();
    /// let running = tokio::spawn(runners.run());
    /// handle.stop();
    /// running.await??;
    /// # Ok(()) }
    /// ```
    pub fn runners<C: Consumer<S>>(&self, each: impl FnMut(&S) -> Runner<S, C>) -> Runners<S, C>
    where
        S: CheckpointStore,
    {
        Runners::new(self.stores.iter().map(each).collect(), self.clone())
    }
}

impl<S: fmt::Debug> fmt::Debug for Partitions<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.stores.iter()).finish()
    }
}

/// What no partitions are.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "partitions decide nothing together",
    label = "a decision is made in one store",
    note = "put what is decided upon together into one partition, by a key: `partitions.at(key).decide(…)`",
    note = "or make two commands of it, the second one by a reactor that follows the events of the first"
)]
pub trait Together {}
