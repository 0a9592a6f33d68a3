//! The repository: where commands of one kind of aggregate are executed, and its states and histories are read.

pub(crate) mod baseline;
pub(crate) mod cache;
pub(crate) mod dispatcher;
pub(crate) mod draft;
pub(crate) mod execute;
pub(crate) mod execute_error;
pub(crate) mod load;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::aggregate::{Aggregate, Root};
use crate::codec::{Codec, Json};
use crate::command::CommandOf;
use crate::decide::member::At;
use crate::environment::Environment;
use crate::environment::time::{Clock, IdSource};
use crate::event::Recorded;
use crate::registry::{self, NameCollision};
use crate::repository::baseline::Baseline;
use crate::repository::cache::{Cache, Held};
use crate::repository::execute::Execute;
use crate::repository::load::{AsOf, Fold, Lag, LoadError, Loaded, Typed, stream_of};
use crate::snapshot::keep::{Keep, Keeper};
use crate::snapshot::{SnapshotStore, Snapshots, Snapshotted};
use crate::store::stream::{StreamName, Version};
use crate::store::{Store, StreamScan};
use crate::trace::{self, Instrument as _};

/// The aggregates of one kind in one store.
///
/// It is cheap to clone, and may be used from any task of any executor.
///
/// ```
/// use eventsource_core::prelude::*;
/// use eventsource_core::MemoryStore;
/// # #[event(name = "counted")] pub struct Counted;
/// # #[derive(Debug, thiserror::Error)] #[error("never")] pub struct Never;
/// # #[aggregate(id = String, error = Never, events(Counted), commands(Count))]
/// # #[derive(Default)] pub struct Counter { count: u64 }
/// # #[apply] impl Counter { fn counted(&mut self, _: &Counted) { self.count += 1 } }
/// # #[handle] impl Counter { #[command] pub fn count(&self) -> Result<Counted, Never> { Ok(Counted) } }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let counters = Repository::<Counter, _>::new(MemoryStore::new());
/// let id = "visits".to_owned();
/// counters.execute(&id, Count).await?;
/// counters.execute(&id, Count).await?;
/// let counter = counters.load(&id).await?;
/// assert_eq!((counter.count, counter.version().0), (2, 2));
/// # Ok(()) }
/// ```
pub struct Repository<A, S, C = Json> {
    pub(crate) store: S,
    pub(crate) codec: C,
    pub(crate) environment: Environment,
    snapshots: Option<Arc<dyn Keep<A>>>,
    cache: Option<Arc<Cache<A>>>,
}

/// How often a conflict is retried, and how long the pause before a try may be: it doubles from `first` to `longest`,
/// and a random half of it is left out. The first retry follows at once, since the conflict's answer has brought what
/// it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// Tries in all, the first one included.
    pub attempts: u32,
    /// The pause before the third try.
    pub first: Duration,
    /// The longest pause.
    pub longest: Duration,
}

impl Default for Retry {
    /// 12 tries, pauses from 1 ms to 100 ms.
    fn default() -> Self {
        Self {
            attempts: 12,
            first: Duration::from_millis(1),
            longest: Duration::from_millis(100),
        }
    }
}

impl<A: Aggregate, S: Store> Repository<A, S> {
    /// The aggregates of kind `A` in this store, with payloads as JSON.
    ///
    /// # Panics
    ///
    /// If two types of the program have one stored name, which would mix up their events: a mistake in the program,
    /// told with both places. [`Repository::try_new`] returns it instead.
    #[track_caller]
    pub fn new(store: S) -> Self {
        match Self::try_new(store) {
            Ok(repository) => repository,
            Err(collision) => panic!("{collision}"),
        }
    }

    /// The same, with a collision of stored names as an error.
    pub fn try_new(store: S) -> Result<Self, NameCollision> {
        registry::check_names_of::<A>()?;
        Ok(Self {
            store,
            codec: Json,
            environment: Environment::default(),
            snapshots: None,
            cache: None,
        })
    }
}

impl<A: Aggregate, S: Store, C: Codec> Repository<A, S, C> {
    /// Writes payloads with this codec.
    #[must_use]
    pub fn codec<D: Codec>(self, codec: D) -> Repository<A, S, D> {
        let Self {
            store,
            environment,
            snapshots,
            cache,
            ..
        } = self;
        Repository {
            store,
            codec,
            environment,
            snapshots,
            cache,
        }
    }

    /// Takes the time from this clock.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.environment.clock = Arc::new(clock);
        self
    }

    /// Takes fresh ids from this source.
    #[must_use]
    pub fn ids(mut self, ids: impl IdSource) -> Self {
        self.environment.ids = Arc::new(ids);
        self
    }

    /// Sets how conflicts are retried.
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.environment.set_retry(retry);
        self
    }

    /// Begins loads with [snapshots](Snapshotted), and takes new ones when they are due. No command waits for one to be
    /// written, and none fails because of one.
    #[must_use]
    pub fn snapshots<D: Codec>(mut self, snapshots: Snapshots<D>) -> Self
    where
        A: Snapshotted,
        S: SnapshotStore,
    {
        self.snapshots = Some(Arc::new(Keeper::new(self.store.clone(), snapshots)));
        self
    }

    /// Keeps the states of the aggregates that were used last in memory, decoded: up to so many of them. Clones of the
    /// repository share them.
    ///
    /// What is answered stays the same, whoever else writes to the store. An append on a state that is stale is refused
    /// by its own check, and the command is decided anew on what came since; a refusal, a decision with nothing to
    /// record and a load are given only after the store has confirmed, later than the call began, that nothing came. So
    /// a command that records something is one round trip, and a load reads only what is new. Commands for one
    /// aggregate wait for each other within the repository, in the order in which they came.
    ///
    /// ```
    /// # use eventsource_core::prelude::*;
    /// # use eventsource_core::MemoryStore;
    /// # #[event(name = "counted")] pub struct Counted;
    /// # #[derive(Debug, thiserror::Error)] #[error("never")] pub struct Never;
    /// # #[aggregate(id = String, error = Never, events(Counted), commands(Count))]
    /// # #[derive(Default, Clone)] pub struct Counter { count: u64 }
    /// # #[apply] impl Counter { fn counted(&mut self, _: &Counted) { self.count += 1 } }
    /// # #[handle] impl Counter { #[command] pub fn count(&self) -> Result<Counted, Never> { Ok(Counted) } }
    /// let counters = Repository::<Counter, _>::new(MemoryStore::new()).cache(10_000);
    /// ```
    #[cfg(feature = "cache")]
    #[must_use]
    pub fn cache(mut self, aggregates: usize) -> Self
    where
        A: Clone,
    {
        self.cache = (aggregates > 0).then(|| Arc::new(Cache::of(aggregates)));
        self
    }

    /// The store.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Executes a command, one of the aggregate's structs or its whole enum: loads, decides, appends, and starts anew
    /// where somebody else was faster. Options are set on what it returns, before `.await`.
    pub fn execute<'a>(
        &'a self,
        id: &'a A::Id,
        command: impl CommandOf<A>,
    ) -> Execute<'a, A, S, C> {
        Execute::new(self, id, command)
    }

    /// The aggregate with this id, to take part in a decision over several things: [`Store::decide`].
    pub fn at(&self, id: &A::Id) -> At<A, C> {
        At::new(
            id.clone(),
            self.codec.clone(),
            self.environment.clone(),
            self.snapshots.clone(),
        )
    }

    /// The state of an aggregate and its version.
    ///
    /// One that has no event is [`LoadError::NotFound`]; [`Repository::find`] answers `None`.
    pub async fn load(&self, id: &A::Id) -> Result<Loaded<A>, LoadError> {
        self.load_at(id, AsOf::Now).await
    }

    /// The state of an aggregate and its version, or `None` if it has no event.
    pub async fn find(&self, id: &A::Id) -> Result<Option<Loaded<A>>, LoadError> {
        match &self.cache {
            None => Ok(self.fold(id, AsOf::Now, Lag::None).await?.into_loaded()),
            Some(cache) => self.find_remembered(cache, id).await,
        }
    }

    /// The state of an aggregate as it once was.
    pub async fn load_at(&self, id: &A::Id, as_of: AsOf) -> Result<Loaded<A>, LoadError> {
        if as_of == AsOf::Now {
            let found = self.find(id).await?;
            return found.ok_or_else(|| LoadError::not_found::<A>(id));
        }
        let fold = self.fold(id, as_of, Lag::None).await?;
        if let AsOf::Version(asked) = as_of
            && fold.root.version() != Version::NONE
            && fold.root.version() < asked
        {
            let actual = fold.root.version();
            return Err(LoadError::VersionNotReached {
                aggregate: A::NAME,
                id: id.to_string(),
                asked,
                actual,
            });
        }
        fold.into_loaded()
            .ok_or_else(|| LoadError::not_found::<A>(id))
    }

    /// Everything that happened to an aggregate, in order; nothing, if it does not exist.
    pub async fn history(&self, id: &A::Id) -> Result<Vec<Recorded<A::Event>>, LoadError> {
        self.typed(StreamScan::of(stream_of::<A>(id)?)).await
    }

    /// The place of an aggregate in the cache, if there is a cache, once nobody else works on it.
    pub(crate) async fn hold(&self, stream: &StreamName) -> Option<Held<A>> {
        match &self.cache {
            None => None,
            Some(cache) => Some(cache.hold(stream).await),
        }
    }

    async fn find_remembered(
        &self,
        cache: &Cache<A>,
        id: &A::Id,
    ) -> Result<Option<Loaded<A>>, LoadError> {
        let stream = stream_of::<A>(id)?;
        let mut held = cache.hold(&stream).await;
        let baseline = match held.take() {
            None => self.baseline(id).await?,
            Some(known) => {
                let known = Baseline::remembered(known, self.codec.clone());
                self.confirmed(known, id, &stream).await?
            }
        };
        let loaded = baseline.fold.loaded(|state| cache.copy(state));
        let known = baseline.remember();
        held.put(known.map(|known| self.offered(&stream, known)));
        Ok(loaded)
    }

    pub(crate) fn keeper(&self) -> Option<&dyn Keep<A>> {
        self.snapshots.as_deref()
    }

    pub(crate) async fn typed(
        &self,
        scan: StreamScan,
    ) -> Result<Vec<Recorded<A::Event>>, LoadError> {
        let found = self
            .store
            .scan_stream(scan, Typed::<A, C>::new(self.codec.clone()))
            .await?;
        found.into_events()
    }

    pub(crate) async fn fold(
        &self,
        id: &A::Id,
        as_of: AsOf,
        lag: Lag,
    ) -> Result<Fold<A, C>, LoadError> {
        let stream = stream_of::<A>(id)?;
        let span = trace::load(A::NAME, id);
        let folded = async {
            match self.keeper() {
                None => {
                    let fold = Fold::new(self.codec.clone(), as_of);
                    self.read_on(&stream, fold, as_of, lag).await
                }
                Some(snapshots) => self.fold_with(snapshots, &stream, as_of, lag).await,
            }
        };
        let fold = folded.instrument(span.clone()).await?;
        trace::version(&span, fold.root.version().0);
        Ok(fold)
    }

    /// Applies the events that come after what a fold has seen.
    async fn read_on(
        &self,
        stream: &StreamName,
        fold: Fold<A, C>,
        as_of: AsOf,
        lag: Lag,
    ) -> Result<Fold<A, C>, LoadError> {
        let events = StreamScan {
            until: as_of.version(),
            may_lag: lag == Lag::Allowed,
            ..StreamScan::of(stream.clone()).after(fold.root.version())
        };
        self.store.scan_stream(events, fold).await?.checked()
    }

    /// Begins with a snapshot, if there is one that is not later than what is asked for.
    async fn fold_with(
        &self,
        snapshots: &dyn Keep<A>,
        stream: &StreamName,
        as_of: AsOf,
        lag: Lag,
    ) -> Result<Fold<A, C>, LoadError> {
        let (identity, since) = (self.store.identity(), Instant::now());
        let recalled = snapshots.recall(stream, identity).await;
        let recalled = recalled.filter(|(root, trail)| as_of.admits(root.version(), trail.latest));
        let on = |root, trail| Fold::on(root, trail, self.codec.clone(), as_of);
        let mut folded = None;
        if let Some((root, trail)) = recalled {
            match self.read_on(stream, on(root, trail), as_of, lag).await {
                // What is wrong with an event may be wrong with the snapshot: the events alone say which.
                Err(LoadError::Corrupt(reason)) => trace::snapshot_unused(stream, &reason),
                done => folded = Some(done?),
            }
        }
        let mut fold = match folded {
            Some(fold) => fold,
            None => {
                let fold = on(Root::new(), snapshots.trail());
                self.read_on(stream, fold, as_of, lag).await?
            }
        };
        if as_of == AsOf::Now {
            let Fold { root, trail, .. } = &mut fold;
            snapshots.offer(stream, identity, root, trail, since.elapsed());
        }
        Ok(fold)
    }
}

impl<A, S: Clone, C: Clone> Clone for Repository<A, S, C> {
    fn clone(&self) -> Self {
        Self {
            store: self.store.clone(),
            codec: self.codec.clone(),
            environment: self.environment.clone(),
            snapshots: self.snapshots.clone(),
            cache: self.cache.clone(),
        }
    }
}

impl<A: Aggregate, S: fmt::Debug, C: fmt::Debug> fmt::Debug for Repository<A, S, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Repository");
        debug
            .field("aggregate", &A::NAME)
            .field("store", &self.store)
            .field("codec", &self.codec);
        debug
            .field("retry", &self.environment.retry)
            .finish_non_exhaustive()
    }
}
