//! Projections in memory: the state is a value, folded on demand, and perhaps kept to begin from.
//!
//! Each process that looks has a state of its own, so there is nothing to lease. To look is to read first what has come
//! since: what is seen is never older than the call.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::codec::{Codec, Json};
use crate::consumer::{BoxError, before};
use crate::environment::watch::Watch;
use crate::projection::{Incoming, ProjectState, Projection};
use crate::runner::checkpoint::Checkpoint;
use crate::runner::checkpoint_store::{CheckpointStore, KeptState, Parked};
use crate::store::error::StoreError;
use crate::store::query::Query;
use crate::store::stored_event::EventRef;
use crate::store::stream::{Position, StreamName};
use crate::store::{LogScan, Store, StoreIdentity, Visit};

/// A projection whose methods change its own fields, held in memory. Clones share the state.
///
/// ```
/// use eventsource_core::{MemoryStore, Recorded};
/// use eventsource_core::prelude::*;
/// # #[event(name = "account.opened")] pub struct Opened { pub owner: String }
///
/// #[derive(Default)]
/// struct Owners(Vec<String>);
///
/// #[projection(name = "owners")]
/// impl Owners {
///     fn opened(&mut self, event: &Recorded<Opened>) {
///         self.0.push(event.event.owner.clone());
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = MemoryStore::new();
/// let owners = store.view(Owners::default);
/// assert_eq!(owners.read(|owners| owners.0.len()).await?, 0);
/// # Ok(()) }
/// ```
pub struct View<P, S, C = Json> {
    store: S,
    codec: C,
    query: Query,
    shared: Arc<Shared<P>>,
}

impl<P, S: Clone, C: Clone> Clone for View<P, S, C> {
    fn clone(&self) -> Self {
        Self {
            store: self.store.clone(),
            codec: self.codec.clone(),
            query: self.query.clone(),
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<P: Projection, S, C> fmt::Debug for View<P, S, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View")
            .field("name", &P::NAME)
            .finish_non_exhaustive()
    }
}

struct Shared<P> {
    /// The state; nothing while it is folded further.
    slot: Mutex<Option<Box<Held<P>>>>,
    /// How often it was put back: who finds nothing waits until that changes.
    puts: Watch<u64>,
    count: AtomicU64,
    initial: Box<dyn Fn() -> P + Send + Sync>,
    parks: Mutex<bool>,
}

/// A state, and up to where it is folded.
struct Held<P> {
    projection: P,
    at: Checkpoint,
    parked: Vec<Parked>,
    parked_streams: BTreeSet<StreamName>,
}

/// Why a view cannot be seen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ViewError {
    /// An event could not be read, or its method has refused it.
    #[error("the event at position {position}: {source}")]
    Event {
        /// The event's position.
        position: Position,
        /// Why.
        source: BoxError,
    },
    /// The state could not be written, to be kept.
    #[error("the state cannot be kept: {0}")]
    Kept(serde_json::Error),
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How many events are folded before others may look.
const PAGE: usize = 16_384;

impl<P: ProjectState, S: Store, C: Codec> View<P, S, C> {
    pub(crate) fn new(store: S, codec: C, initial: impl Fn() -> P + Send + Sync + 'static) -> Self {
        let held = Held::new(initial(), store.identity());
        Self {
            query: P::query(),
            codec,
            shared: Arc::new(Shared {
                slot: Mutex::new(Some(Box::new(held))),
                puts: Watch::new(0),
                count: AtomicU64::new(0),
                initial: Box::new(initial),
                parks: Mutex::new(false),
            }),
            store,
        }
    }

    /// Leaves out the streams with an event that cannot be read or is refused, from that event on, and goes on with the
    /// others: [`parked`](Self::parked) lists them. Otherwise reading is an error until it can be. A method that refuses must
    /// have changed nothing.
    #[must_use]
    pub fn parks(self) -> Self {
        *lock(&self.shared.parks) = true;
        self
    }

    /// Shows the state with everything that was stored before the call.
    pub async fn read<T>(&self, look: impl FnOnce(&P) -> T) -> Result<T, ViewError> {
        self.fold().await?;
        Ok(self.look(look).await.0)
    }

    /// Shows the state with everything up to a token, and reads nothing if it is in it already.
    pub async fn read_after<T>(
        &self,
        token: impl Into<Option<Checkpoint>>,
        look: impl FnOnce(&P) -> T,
    ) -> Result<T, ViewError> {
        if let Some(token) = token.into() {
            token.check(self.store.identity())?;
            let ((), at) = self.look(|_| ()).await;
            if at.store != token.store || at.position < token.position {
                self.fold().await?;
            }
        }
        Ok(self.look(look).await.0)
    }

    /// Up to where the state is folded.
    pub async fn checkpoint(&self) -> Checkpoint {
        self.look(|_| ()).await.1
    }

    /// The events that were left out, in the order of positions.
    pub async fn parked(&self) -> Vec<Parked> {
        let parked = |slot: &mut Option<Box<Held<P>>>| Some(slot.as_ref()?.parked.clone());
        self.shared.with(parked).await
    }

    /// Begins anew: what was left out is tried again, in order.
    pub async fn rebuild(&self) -> Result<(), ViewError> {
        let mut held = self.shared.take().await;
        *held = Held::new((self.shared.initial)(), self.store.identity());
        self.shared.put(held);
        self.fold().await
    }

    async fn look<T>(&self, look: impl FnOnce(&P) -> T) -> (T, Checkpoint) {
        let mut look = Some(look);
        let looked = self.shared.with(|slot| {
            let held = slot.as_ref()?;
            let look = look.take()?;
            Some((look(&held.projection), held.at))
        });
        looked.await
    }

    /// Folds everything that is stored now.
    async fn fold(&self) -> Result<(), ViewError> {
        let mut is_new_life = false;
        loop {
            let mut held = self.shared.take().await;
            if is_new_life {
                // What was folded may not be in the store any more.
                *held = Held::new((self.shared.initial)(), self.store.identity());
            }
            let after = held.at;
            let folding = Folding {
                held: Some(held),
                shared: Arc::clone(&self.shared),
                codec: self.codec.clone(),
                parks: *lock(&self.shared.parks),
                failed: None,
                room: PAGE,
            };
            let scan = LogScan::after(after.position).matching(self.query.clone());
            let scanned = self.store.scan_all(scan, folding).await;
            let this = self.store.identity();
            is_new_life = this != after.store;
            let (mut folding, read_to) = match scanned {
                _ if is_new_life => continue,
                Ok(scanned) => scanned,
                Err(error) => return Err(error.into()),
            };
            if let Some((position, source)) = folding.failed.take() {
                return Err(ViewError::Event { position, source });
            }
            if let Some(held) = &mut folding.held {
                held.at.position = held.at.position.max(read_to);
            }
            if folding.room > 0 {
                return Ok(());
            }
        }
    }
}

impl<P, S, C> View<P, S, C>
where
    P: ProjectState + Serialize + DeserializeOwned,
    S: CheckpointStore,
    C: Codec,
{
    /// Begins with the state that was kept last, if it is of this version of the projection and of this life of the store.
    pub async fn resumed(self) -> Result<Self, ViewError> {
        let Some(kept) = self.store.kept_state(P::NAME, P::VERSION).await? else {
            return Ok(self);
        };
        if kept.checkpoint.check(self.store.identity()).is_err() {
            return Ok(self);
        }
        // One that cannot be read is as good as none: the events are there.
        if let Ok(Kept { projection }) = serde_json::from_slice(&kept.state) {
            let mut held = self.shared.take().await;
            if held.at.position < kept.checkpoint.position {
                *held = Held::new(projection, self.store.identity());
                held.at = kept.checkpoint;
            }
            self.shared.put(held);
        }
        Ok(self)
    }

    /// Keeps the state as it is, with its checkpoint, for the next process to begin with. One with parked events is not
    /// kept: they are to be tried again.
    pub async fn keep(&self) -> Result<(), ViewError> {
        let (state, checkpoint) = self
            .look(|projection| serde_json::to_vec(&Keeping { projection }))
            .await;
        if !self.parked().await.is_empty() {
            return Ok(());
        }
        let state = KeptState {
            checkpoint,
            state: state.map_err(ViewError::Kept)?.into(),
        };
        Ok(self.store.keep_state(P::NAME, P::VERSION, state).await?)
    }
}

/// A state as it is kept: an object, so that there may be more in it some day.
#[derive(Serialize)]
struct Keeping<'p, P> {
    projection: &'p P,
}

#[derive(Deserialize)]
struct Kept<P> {
    projection: P,
}

impl<P> Held<P> {
    fn new(projection: P, store: StoreIdentity) -> Self {
        Self {
            projection,
            at: Checkpoint {
                store,
                position: Position::START,
            },
            parked: Vec::new(),
            parked_streams: BTreeSet::new(),
        }
    }
}

impl<P> Shared<P> {
    fn slot(&self) -> MutexGuard<'_, Option<Box<Held<P>>>> {
        lock(&self.slot)
    }

    /// What `with` makes of the state, as soon as nobody folds it.
    async fn with<T>(&self, mut with: impl FnMut(&mut Option<Box<Held<P>>>) -> Option<T>) -> T {
        loop {
            // Before looking: should it be put back meanwhile, there is nothing to wait for.
            let known = self.puts.get();
            if let Some(made) = with(&mut self.slot()) {
                return made;
            }
            self.puts.wait_until(move |puts| puts != known).await;
        }
    }

    async fn take(&self) -> Box<Held<P>> {
        self.with(Option::take).await
    }

    fn put(&self, held: Box<Held<P>>) {
        *self.slot() = Some(held);
        let count = self.count.fetch_add(1, Ordering::SeqCst) + 1;
        self.puts.set_if(count, |earlier| earlier < count);
    }
}

/// A user's closure may panic while it looks, which changes nothing.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Folds what it is shown, where the store reads it; gives the state back however it ends.
struct Folding<P: Projection, C> {
    held: Option<Box<Held<P>>>,
    shared: Arc<Shared<P>>,
    codec: C,
    parks: bool,
    failed: Option<(Position, BoxError)>,
    room: usize,
}

impl<P: ProjectState, C: Codec> Visit for Folding<P, C> {
    fn visit(&mut self, event: EventRef<'_>) -> ControlFlow<()> {
        let Some(held) = &mut self.held else {
            return ControlFlow::Break(());
        };
        if held.parked_streams.is_empty() || !held.parked_streams.contains(event.stream) {
            let incoming = Incoming::new(event, &self.codec);
            if let Err(error) = held.projection.project(&incoming) {
                if !self.parks {
                    held.at.position = before(event.position);
                    self.failed = Some((event.position, error));
                    return ControlFlow::Break(());
                }
                held.parked_streams.insert(event.stream.clone());
                held.parked.push(Parked::now(&event, error.to_string()));
            }
        } else {
            held.parked.push(Parked::now(&event, String::new()));
        }
        held.at.position = event.position;
        self.room = self.room.saturating_sub(1);
        match self.room {
            0 => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }
}

impl<P: Projection, C> Drop for Folding<P, C> {
    fn drop(&mut self) {
        let Some(mut held) = self.held.take() else {
            return;
        };
        if std::thread::panicking() {
            // A method has panicked, perhaps half-way: the state is made anew.
            *held = Held::new((self.shared.initial)(), held.at.store);
        }
        self.shared.put(held);
    }
}
