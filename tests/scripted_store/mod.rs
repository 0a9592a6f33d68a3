//! A store that does what a test tells it to: counts its reads, answers appends with a scripted failure, or lets
//! somebody else append first.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use eventsource_core::{
    Append, AppendError, Appended, Boundary, BoundaryStore, Key, LogScan, ManyStreams, MemoryStore,
    MultiStreamStore, Outcome, Position, Store, StoreError, StoreIdentity, StreamScan, Uuid, Visit,
};

/// What happens to the next append.
pub enum Next {
    /// It is made, and the answer is lost.
    LostAnswer,
    /// It is not made, and nobody knows.
    LostRequest,
    /// The queue is full.
    Overloaded,
    /// Another append is made first.
    Overtaken(Arc<Append>),
}

#[derive(Clone)]
pub struct ScriptedStore {
    pub inner: MemoryStore,
    pub scans: Arc<AtomicUsize>,
    pub appends: Arc<AtomicUsize>,
    pub log_scans: Arc<Mutex<Vec<LogScan>>>,
    /// How many look-ups of a key find nothing, as if it had been stored just after them.
    pub too_early: Arc<AtomicUsize>,
    /// How many looks at the store's identity find the life before a restore.
    pub earlier_life: Arc<AtomicUsize>,
    /// How many events the next scan of the log shows, as if the one after them were damaged.
    pub cut: Arc<Mutex<Option<usize>>>,
    script: Arc<Mutex<VecDeque<Next>>>,
}

fn less(count: usize) -> Option<usize> {
    count.checked_sub(1)
}

impl ScriptedStore {
    pub fn new(script: impl IntoIterator<Item = Next>) -> Self {
        Self {
            inner: MemoryStore::new(),
            scans: Arc::default(),
            appends: Arc::default(),
            log_scans: Arc::default(),
            too_early: Arc::default(),
            earlier_life: Arc::default(),
            cut: Arc::default(),
            script: Arc::new(Mutex::new(script.into_iter().collect())),
        }
    }

    pub fn then(&self, next: Next) {
        self.script.lock().unwrap().push_back(next);
    }
}

impl ScriptedStore {
    /// What the script makes of an append of any reach.
    async fn play<F>(&self, append: F) -> Result<Appended, AppendError>
    where
        F: Future<Output = Result<Appended, AppendError>>,
    {
        self.appends.fetch_add(1, Ordering::SeqCst);
        let lost = || AppendError::Unknown {
            reason: "the connection was cut".into(),
        };
        let next = self.script.lock().unwrap().pop_front();
        match next {
            None => append.await,
            Some(Next::LostRequest) => Err(lost()),
            Some(Next::LostAnswer) => {
                append.await?;
                Err(lost())
            }
            Some(Next::Overloaded) => Err(AppendError::Overloaded { waiting: 7 }),
            Some(Next::Overtaken(other)) => {
                self.inner.append(other).await?;
                append.await
            }
        }
    }
}

impl MultiStreamStore for ScriptedStore {
    async fn append_across(
        &self,
        append: Arc<Append<ManyStreams>>,
    ) -> Result<Appended, AppendError> {
        self.play(self.inner.append_across(append)).await
    }
}

impl BoundaryStore for ScriptedStore {
    async fn append_within(&self, append: Arc<Append<Boundary>>) -> Result<Appended, AppendError> {
        self.play(self.inner.append_within(append)).await
    }
}

impl Store for ScriptedStore {
    fn identity(&self) -> StoreIdentity {
        let counter = &self.earlier_life;
        match counter.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less) {
            Ok(_) => StoreIdentity {
                incarnation: Uuid::nil(),
                ..self.inner.identity()
            },
            Err(_) => self.inner.identity(),
        }
    }

    async fn append(&self, append: Arc<Append>) -> Result<Appended, AppendError> {
        self.play(self.inner.append(append)).await
    }

    async fn outcome(&self, key: Key) -> Result<Option<Outcome>, StoreError> {
        match self
            .too_early
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, less)
        {
            Ok(_) => Ok(None),
            Err(_) => self.inner.outcome(key).await,
        }
    }

    async fn scan_stream<V: Visit>(&self, scan: StreamScan, visitor: V) -> Result<V, StoreError> {
        self.scans.fetch_add(1, Ordering::SeqCst);
        self.inner.scan_stream(scan, visitor).await
    }

    async fn scan_all<V: Visit>(
        &self,
        scan: LogScan,
        visitor: V,
    ) -> Result<(V, Position), StoreError> {
        self.log_scans.lock().unwrap().push(scan.clone());
        let scan = match self.cut.lock().unwrap().take() {
            Some(cut) => scan.limit(cut),
            None => scan,
        };
        self.inner.scan_all(scan, visitor).await
    }

    async fn head(&self) -> Result<Position, StoreError> {
        self.inner.head().await
    }

    async fn wait_beyond(&self, position: Position) -> Result<(), StoreError> {
        self.inner.wait_beyond(position).await
    }
}
