//! The handle of a store.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;

use eventsource_core::{
    Append, AppendError, Appended, Boundary, BoundaryStore, Key, LogScan, ManyStreams,
    MultiStreamStore, Outcome, Position, Store, StoreError, StoreIdentity, StreamScan, Visit,
};

use crate::metrics::Metrics;
use crate::open::Shared;
use crate::options::NatsOptions;

/// A store of events in a JetStream stream. Clones are handles of the same store.
///
/// Stores that are opened on one stream, in one process or in several, see each other's events. A handle may be used on any
/// executor; its connection and its task belong to the tokio runtime that has opened it. When the last handle is dropped,
/// both end; [`close`](Self::close) waits for that.
#[derive(Clone)]
pub struct NatsStore {
    handles: Arc<Handles>,
}

/// Closes the store when it is dropped with the last handle.
struct Handles(Arc<Shared>);

impl Drop for Handles {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl std::fmt::Debug for NatsStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NatsStore")
            .field("place", &self.shared().wire.place)
            .finish_non_exhaustive()
    }
}

impl NatsStore {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self {
            handles: Arc::new(Handles(shared)),
        }
    }

    /// Opens the store on these servers with the usual settings, and makes it, on three of them, if there is none.
    ///
    /// See [`NatsOptions::open`] for the URL and the errors.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        Self::options().open(url).await
    }

    /// The usual settings, to be changed before the store is opened.
    #[must_use]
    pub fn options() -> NatsOptions {
        NatsOptions::default()
    }

    /// What the store has done, and what is under way.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        let shared = self.shared();
        Metrics {
            waiting_appends: shared.queue - shared.under_way.available_permits(),
            head: shared.tide.head().0,
            ..shared.counters.read()
        }
    }

    /// Begins a new incarnation: every checkpoint, and everything that was decided before, is refused from now on.
    ///
    /// Whoever restores the stream from a backup calls this. The store does it by itself only where it can see it: the
    /// JetStream stream was made at another time, or it ends before what this process has seen.
    pub async fn renew_incarnation(&self) -> Result<StoreIdentity, StoreError> {
        self.within(async {
            self.shared().renew_life().await?;
            Ok(self.identity())
        })
        .await
    }

    /// Closes the store for all handles: what comes later is [`StoreError::Closed`]. Ends when the task has ended and, unless
    /// it was [the user's own](NatsOptions::open_on), the connection is closed.
    pub async fn close(self) {
        self.within(async {
            self.shared().close();
            self.shared().finish().await;
        })
        .await;
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.handles.0
    }

    /// Polls in the context of the store's runtime, whose timers it needs. The work's type is hidden: a user's task
    /// that holds it would otherwise be nested more deeply than the compiler follows.
    pub(crate) fn within<'w, T: 'w>(
        &'w self,
        work: impl Future<Output = T> + Send + 'w,
    ) -> impl Future<Output = T> + Send + 'w {
        let mut work: Pin<Box<dyn Future<Output = T> + Send + 'w>> = Box::pin(work);
        poll_fn(move |context| {
            let _entered = self.shared().runtime.enter();
            work.as_mut().poll(context)
        })
    }
}

impl Store for NatsStore {
    fn identity(&self) -> StoreIdentity {
        self.shared().life.identity()
    }

    async fn append(&self, append: Arc<Append>) -> Result<Appended, AppendError> {
        self.within(self.shared().append(&append)).await
    }

    fn reads_may_lag(&self) -> bool {
        self.shared().replicas() > 1
    }

    async fn outcome(&self, key: Key) -> Result<Option<Outcome>, StoreError> {
        self.within(async {
            let shared = self.shared();
            shared.check_open()?;
            shared.look_at_life().await?;
            let floor = shared.floor().await?;
            let under = shared.under(key, floor).await?;
            Ok(under.map(|under| under.outcome))
        })
        .await
    }

    async fn scan_stream<V: Visit>(
        &self,
        scan: StreamScan,
        mut visitor: V,
    ) -> Result<V, StoreError> {
        self.within(self.shared().scan_stream(&scan, &mut visitor))
            .await?;
        Ok(visitor)
    }

    async fn scan_all<V: Visit>(
        &self,
        scan: LogScan,
        mut visitor: V,
    ) -> Result<(V, Position), StoreError> {
        let seen = self
            .within(self.shared().scan_all(&scan, &mut visitor))
            .await?;
        Ok((visitor, seen))
    }

    async fn head(&self) -> Result<Position, StoreError> {
        self.within(async {
            let shared = self.shared();
            shared.check_open()?;
            shared.look_at_life().await?;
            let floor = shared.floor().await?;
            Ok(shared.end(floor).await?.head)
        })
        .await
    }

    async fn wait_beyond(&self, position: Position) -> Result<(), StoreError> {
        let shared = self.shared();
        shared.follow();
        match shared.tide.beyond(position).await {
            true => Ok(()),
            false => Err(StoreError::Closed),
        }
    }
}

impl MultiStreamStore for NatsStore {
    async fn append_across(
        &self,
        append: Arc<Append<ManyStreams>>,
    ) -> Result<Appended, AppendError> {
        self.within(self.shared().append(&append)).await
    }
}

impl BoundaryStore for NatsStore {
    async fn append_within(&self, append: Arc<Append<Boundary>>) -> Result<Appended, AppendError> {
        self.within(self.shared().append(&append)).await
    }
}
