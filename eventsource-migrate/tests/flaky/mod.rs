//! A store in memory that fails now and then.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use eventsource_core::{
    Append, AppendError, Appended, Key, LogScan, ManyStreams, MemoryStore, MultiStreamStore,
    Outcome, Position, Store, StoreError, StoreIdentity, StreamScan, Visit,
};

/// What happens to an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    None,
    /// Nothing is written, and that is said.
    Fails,
    /// It is written, and nobody can say so.
    LosesTheAnswer,
    /// It is written, and the process that asked is gone.
    Panics,
}

#[derive(Clone)]
pub struct Flaky {
    store: MemoryStore,
    faults: Arc<Mutex<VecDeque<Fault>>>,
}

impl Flaky {
    /// The faults of the appends that come, one after the other; none after the last.
    pub fn new(faults: Vec<Fault>) -> Self {
        Self {
            store: MemoryStore::new(),
            faults: Arc::new(Mutex::new(faults.into())),
        }
    }
}

impl Store for Flaky {
    fn identity(&self) -> StoreIdentity {
        self.store.identity()
    }

    async fn append(&self, append: Arc<Append>) -> Result<Appended, AppendError> {
        self.store.append(append).await
    }

    async fn outcome(&self, key: Key) -> Result<Option<Outcome>, StoreError> {
        self.store.outcome(key).await
    }

    async fn scan_stream<V: Visit>(&self, scan: StreamScan, visitor: V) -> Result<V, StoreError> {
        self.store.scan_stream(scan, visitor).await
    }

    async fn scan_all<V: Visit>(
        &self,
        scan: LogScan,
        visitor: V,
    ) -> Result<(V, Position), StoreError> {
        self.store.scan_all(scan, visitor).await
    }

    async fn head(&self) -> Result<Position, StoreError> {
        self.store.head().await
    }

    async fn wait_beyond(&self, position: Position) -> Result<(), StoreError> {
        self.store.wait_beyond(position).await
    }
}

impl MultiStreamStore for Flaky {
    async fn append_across(
        &self,
        append: Arc<Append<ManyStreams>>,
    ) -> Result<Appended, AppendError> {
        let fault = self.faults.lock().unwrap().pop_front();
        if fault == Some(Fault::Fails) {
            return Err(StoreError::Closed.into());
        }
        let appended = self.store.append_across(append).await?;
        match fault {
            Some(Fault::LosesTheAnswer) => Err(AppendError::Unknown {
                reason: "the line is dead".into(),
            }),
            Some(Fault::Panics) => panic!("the process is gone"),
            _ => Ok(appended),
        }
    }
}
