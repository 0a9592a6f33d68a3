//! The handle of a store: it sends requests to the threads and waits for their answers.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::sync::Arc;

use eventsource_core::{
    Append, AppendError, Appended, Boundary, BoundaryStore, DensePositions, Key, LogScan,
    ManyStreams, MultiStreamStore, Outcome, Position, Store, StoreError, StoreIdentity, StreamScan,
    Visit,
};
use tokio::sync::oneshot;

use crate::ledger::Judged;
use crate::metrics::Metrics;
use crate::open::Shared;
use crate::options::SqliteOptions;
use crate::queue::Refused;
use crate::reader::Reader;
use crate::writer::Request;

/// A store of events in an SQLite file. Clones are handles of the same store.
///
/// When the last handle is dropped, the threads finish what they were asked and end; [`close`](Self::close) waits for
/// that. Two stores that are opened on one file, in one process or in several, see each other's events.
#[derive(Clone)]
pub struct SqliteStore {
    handles: Arc<Handles>,
}

/// Closes the store when it is dropped with the last handle.
struct Handles(Arc<Shared>);

impl Drop for Handles {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteStore")
            .field("file", &self.handles.0.place)
            .finish_non_exhaustive()
    }
}

impl SqliteStore {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self {
            handles: Arc::new(Handles(shared)),
        }
    }

    /// Opens the store in this file with the usual settings, and makes it if there is none.
    ///
    /// See [`SqliteOptions::open`] for the errors.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Self::options().open(path).await
    }

    /// The usual settings, to be changed before the store is opened.
    #[must_use]
    pub fn options() -> SqliteOptions {
        SqliteOptions::default()
    }

    /// What the store has done, and what is waiting.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        let shared = self.shared();
        shared
            .counters
            .metrics(shared.appends.len(), shared.reads.len(), shared.tide.head())
    }

    /// Closes the store for all handles: what was asked before is finished, what comes later is
    /// [`StoreError::Closed`]. Ends when all threads have ended and the file is closed.
    pub async fn close(self) {
        self.shared().close();
        let mut threads = self.shared().threads.subscribe();
        // The sender lives as long as this handle, so this cannot fail.
        let _ = threads.wait_for(|threads| *threads == 0).await;
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.handles.0
    }

    async fn write<Reach: Send + Sync + 'static>(
        &self,
        append: Arc<Append<Reach>>,
    ) -> Result<Appended, AppendError> {
        self.shared().limits.check(&append)?;
        let bytes = append
            .records()
            .iter()
            .map(|record| record.event.size())
            .sum();
        let (reply, answer) = oneshot::channel();
        let append: Arc<dyn Judged> = append;
        self.shared()
            .appends
            .push(Request::Append {
                append,
                bytes,
                reply,
            })
            .map_err(|refused| match refused {
                Refused::Full { waiting } => AppendError::Overloaded { waiting },
                Refused::Closed => StoreError::Closed.into(),
            })?;
        answer.await.unwrap_or_else(|_| {
            Err(AppendError::Unknown {
                reason: "the store's writer ended before it answered".into(),
            })
        })
    }

    /// Runs `work` on a reader thread; should it panic, the panic goes on here.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(move |reader: &mut Reader| {
            if !reply.is_closed() {
                let _ = reply.send(catch_unwind(AssertUnwindSafe(|| {
                    reader.still_there()?;
                    work(reader)
                })));
            }
        });
        self.shared()
            .reads
            .push(job)
            .map_err(|refused| match refused {
                Refused::Full { waiting } => StoreError::Overloaded { waiting },
                Refused::Closed => StoreError::Closed,
            })?;
        match answer.await {
            Ok(Ok(read)) => read,
            Ok(Err(panic)) => resume_unwind(panic),
            Err(_) => Err(StoreError::Closed),
        }
    }
}

impl Store for SqliteStore {
    fn identity(&self) -> StoreIdentity {
        self.shared().life.get().identity
    }

    async fn append(&self, append: Arc<Append>) -> Result<Appended, AppendError> {
        self.write(append).await
    }

    async fn outcome(&self, key: Key) -> Result<Option<Outcome>, StoreError> {
        self.read(move |reader| reader.outcome(key)).await
    }

    async fn scan_stream<V: Visit>(
        &self,
        scan: StreamScan,
        mut visitor: V,
    ) -> Result<V, StoreError> {
        self.read(move |reader| reader.scan_stream(&scan, &mut visitor).map(|()| visitor))
            .await
    }

    async fn scan_all<V: Visit>(
        &self,
        scan: LogScan,
        mut visitor: V,
    ) -> Result<(V, Position), StoreError> {
        self.read(move |reader| {
            reader
                .scan_all(&scan, &mut visitor)
                .map(|seen| (visitor, seen))
        })
        .await
    }

    async fn head(&self) -> Result<Position, StoreError> {
        self.read(|reader| reader.head()).await
    }

    async fn wait_beyond(&self, position: Position) -> Result<(), StoreError> {
        if self.shared().tide.beyond(position).await {
            Ok(())
        } else {
            Err(StoreError::Closed)
        }
    }
}

impl DensePositions for SqliteStore {}

impl MultiStreamStore for SqliteStore {
    async fn append_across(
        &self,
        append: Arc<Append<ManyStreams>>,
    ) -> Result<Appended, AppendError> {
        self.write(append).await
    }
}

impl BoundaryStore for SqliteStore {
    async fn append_within(&self, append: Arc<Append<Boundary>>) -> Result<Appended, AppendError> {
        self.write(append).await
    }
}
