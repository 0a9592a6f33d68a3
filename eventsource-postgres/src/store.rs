//! The handle of a store: it sends requests, waits for their answers, and reads what the answers need.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use eventsource_core::{
    Append, AppendError, Appended, Boundary, BoundaryStore, Check, Conflict, Key, LogScan,
    MISSED_LIMIT, ManyStreams, MultiStreamStore, Outcome, Position, Record, Stamp, StampPlace,
    Store, StoreError, StoreIdentity, StreamCheck, StreamScan, Version, Visit,
};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::import::{self, ImportError, Imported};
use crate::keys::{self, KeysBefore};
use crate::metrics::{Metrics, count};
use crate::open::Shared;
use crate::options::PostgresOptions;
use crate::queue::Refused;
use crate::reader;
use crate::request::{Judged, Refusal, Request, Verdict};

/// How long closing waits for connections to end by themselves.
const FAREWELL: Duration = Duration::from_secs(2);

/// A store of events in a PostgreSQL database. Clones are handles of the same store.
///
/// When the last handle is dropped, the tasks finish what they were asked and end; [`close`](Self::close) waits for
/// that. Stores that are opened on one schema, in one process or in several, on one machine or on several, see each
/// other's events. A handle may be used on any executor; its tasks run in the tokio runtime that has opened it.
#[derive(Clone)]
pub struct PostgresStore {
    handles: Arc<Handles>,
}

/// Closes the store when it is dropped with the last handle.
struct Handles(Arc<Shared>);

impl Drop for Handles {
    fn drop(&mut self) {
        self.0.close();
        self.0.pool.close();
        self.0.projecting.close();
    }
}

impl std::fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresStore")
            .field("place", &self.shared().place)
            .finish_non_exhaustive()
    }
}

impl PostgresStore {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self {
            handles: Arc::new(Handles(shared)),
        }
    }

    /// Opens the store in this database with the usual settings, and makes it if there is none.
    ///
    /// See [`PostgresOptions::open`] for the URL and the errors.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        Self::options().open(url).await
    }

    /// The usual settings, to be changed before the store is opened.
    #[must_use]
    pub fn options() -> PostgresOptions {
        PostgresOptions::default()
    }

    /// What the store has done, and what is waiting.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        let shared = self.shared();
        Metrics {
            waiting_appends: shared.appends.len(),
            waiting_reads: shared.pool.waiting(),
            head: shared.tide.head().0,
            connections: *shared.connector.open.borrow(),
            ..shared.counters.read()
        }
    }

    /// Begins a new incarnation: every checkpoint, and everything that was decided before, is refused from now on.
    ///
    /// The store does this by itself where it can see that it was restored or promoted. It cannot where its role may not
    /// call `pg_control_system()` and the copy has the same object numbers, or where the files of the whole server were
    /// copied back: then whoever restores calls this.
    pub async fn renew_incarnation(&self) -> Result<StoreIdentity, StoreError> {
        self.within(async {
            let shared = self.shared();
            let reading = shared.pool.get().await?;
            Box::pin(shared.life.renew(reading.session(), &shared.tide)).await?;
            Ok(self.identity())
        })
        .await
    }

    /// Forgets the idempotency keys of appends before a position or a time, and says how many. A request that is sent
    /// again after its key was forgotten is made again. Unless this is called, keys are kept for ever.
    ///
    /// It works through all keys, some thousands at a time, and hinders nobody meanwhile.
    pub async fn forget_keys(&self, before: impl Into<KeysBefore>) -> Result<u64, StoreError> {
        self.within(keys::forget(self.shared(), before.into()))
            .await
    }

    /// Appends many events from elsewhere, without checks and keys, a few thousand at a time: each chunk is whole or
    /// absent, the events keep their order, and those of others may come between two chunks. It uses a connection of its
    /// own. What one append may have at most does not bind an import, but each event is as limited as elsewhere.
    pub async fn import(
        &self,
        records: impl IntoIterator<Item = Record, IntoIter: Send>,
    ) -> Result<Imported, ImportError> {
        self.within(import::import(self.shared(), records.into_iter()))
            .await
    }

    /// Closes the store for all handles: what was asked before is finished, what comes later is
    /// [`StoreError::Closed`]. Ends when all tasks have ended and all connections are closed.
    pub async fn close(self) {
        self.within(async {
            let shared = self.shared();
            shared.close();
            // The senders live as long as this handle, so these cannot fail.
            let _ = shared.tasks.subscribe().wait_for(|tasks| *tasks == 0).await;
            shared.pool.finish().await;
            shared.projecting.finish().await;
            let open = Arc::clone(&shared.connector.open);
            let mut open = open.subscribe();
            if timeout(FAREWELL, open.wait_for(|open| *open == 0))
                .await
                .is_err()
            {
                shared.connector.end.send_replace(true);
                let _ = open.wait_for(|open| *open == 0).await;
            }
        })
        .await;
    }

    pub(crate) fn shared(&self) -> &Shared {
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
            let _entered = self.shared().connector.runtime().enter();
            work.as_mut().poll(context)
        })
    }

    async fn write<Reach: Send + Sync + 'static>(
        &self,
        append: Arc<Append<Reach>>,
    ) -> Result<Appended, AppendError> {
        self.within(async {
            let shared = self.shared();
            shared.limits(&append)?;
            let verdict = match shared.appender.at_once(shared, &*append).await {
                Some(answer) => answer?,
                None => self.wait_in_line(append.clone()).await?,
            };
            match verdict {
                Ok(placed) => Ok(Appended {
                    placed,
                    repeated: false,
                }),
                Err(refusal) => Box::pin(self.refused(&*append, refusal)).await,
            }
        })
        .await
    }

    async fn wait_in_line(&self, append: Arc<dyn Judged>) -> Result<Verdict, AppendError> {
        let (reply, answer) = oneshot::channel();
        let bytes = append
            .records()
            .iter()
            .map(|record| record.event.size())
            .sum();
        self.shared()
            .appends
            .push(Request {
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
                reason: "the store's task ended before it answered".into(),
            })
        })
    }

    /// Reads what the answer to an append that was not made brings along.
    async fn refused(
        &self,
        append: &dyn Judged,
        refusal: Refusal,
    ) -> Result<Appended, AppendError> {
        if let Some(earlier) = self.stamped(append, &refusal).await? {
            return Ok(earlier);
        }
        match refusal {
            Refusal::Known => self.earlier(append).await,
            Refusal::Stream { check, actual } => Err(match append.checks().get(check) {
                Some(Check::Stream(check)) => self.stream_conflict(check, actual).await,
                _ => StoreError::Closed.into(),
            }),
            Refusal::Boundary { check, position } => Err(match append.checks().get(check) {
                Some(Check::NothingMatches { query, .. }) => {
                    AppendError::Conflict(Box::new(Conflict::Boundary {
                        query: query.clone(),
                        position,
                    }))
                }
                _ => StoreError::Closed.into(),
            }),
            Refusal::BeyondHead { asked, head } => {
                Err(StoreError::BeyondHead { asked, head }.into())
            }
        }
    }

    /// The answer to an append whose key is known.
    async fn earlier(&self, append: &dyn Judged) -> Result<Appended, AppendError> {
        let Some(key) = append.kept_key() else {
            return Err(StoreError::Closed.into());
        };
        // It was stored, perhaps by this very request: a failure to read that must not say that it was not.
        let found = reader::outcome(self.shared(), *key).await;
        let found = found.map_err(|error| unknown(error.to_string()))?;
        match found {
            Some(outcome) if outcome.digest == key.digest => Ok(Appended {
                placed: outcome.placed,
                repeated: true,
            }),
            Some(_) => Err(AppendError::KeyReused),
            None => Err(unknown(
                "the append's key was forgotten while it was looked up".into(),
            )),
        }
    }

    /// The answer to an append that was refused since its own first event is there already.
    async fn stamped(
        &self,
        append: &dyn Judged,
        refusal: &Refusal,
    ) -> Result<Option<Appended>, AppendError> {
        let Some(Stamp { id, place }) = append.stamp() else {
            return Ok(None);
        };
        let (shared, records) = (self.shared(), append.records().len());
        // It may have been stored, so that this must not fail as if it was not.
        let unread = |error: StoreError| unknown(error.to_string());
        let placed = match (place, refusal) {
            (_, Refusal::Known | Refusal::BeyondHead { .. }) => return Ok(None),
            (StampPlace::Version(stream, version), _) => {
                reader::stamped_at(shared, id, (stream, version), records).await
            }
            (
                StampPlace::FirstMatch { check, .. },
                Refusal::Boundary {
                    check: broken,
                    position,
                },
            ) if check == *broken => reader::stamped(shared, id, *position, records).await,
            (StampPlace::FirstMatch { query, after, .. }, _) => {
                let first = reader::first_match(shared, query, after).await;
                match first.map_err(unread)? {
                    Some(position) => reader::stamped(shared, id, position, records).await,
                    None => return Ok(None),
                }
            }
        };
        let placed = placed.map_err(unread)?;
        if placed.is_empty() {
            return Ok(None);
        }
        count(&shared.counters.key_hits, 1);
        Ok(Some(Appended {
            placed,
            repeated: true,
        }))
    }

    async fn stream_conflict(&self, check: &StreamCheck, actual: Version) -> AppendError {
        let missed = actual.0.saturating_sub(check.seen().0);
        let missed = if missed == 0 || missed > MISSED_LIMIT as u64 {
            Vec::new()
        } else {
            // Who misses them reads them, so that this is no reason to fail.
            reader::missed(self.shared(), check.stream(), check.seen(), actual)
                .await
                .unwrap_or_default()
        };
        AppendError::Conflict(Box::new(Conflict::Stream {
            check: check.clone(),
            actual,
            missed,
        }))
    }
}

fn unknown(reason: String) -> AppendError {
    AppendError::Unknown { reason }
}

impl Store for PostgresStore {
    fn identity(&self) -> StoreIdentity {
        self.shared().life.identity()
    }

    async fn append(&self, append: Arc<Append>) -> Result<Appended, AppendError> {
        self.write(append).await
    }

    async fn outcome(&self, key: Key) -> Result<Option<Outcome>, StoreError> {
        self.within(reader::outcome(self.shared(), key)).await
    }

    async fn scan_stream<V: Visit>(
        &self,
        scan: StreamScan,
        mut visitor: V,
    ) -> Result<V, StoreError> {
        self.within(reader::scan_stream(self.shared(), &scan, &mut visitor))
            .await?;
        Ok(visitor)
    }

    async fn scan_all<V: Visit>(
        &self,
        scan: LogScan,
        mut visitor: V,
    ) -> Result<(V, Position), StoreError> {
        let seen = self
            .within(reader::scan_all(self.shared(), &scan, &mut visitor))
            .await?;
        Ok((visitor, seen))
    }

    async fn head(&self) -> Result<Position, StoreError> {
        self.within(reader::head(self.shared())).await
    }

    async fn wait_beyond(&self, position: Position) -> Result<(), StoreError> {
        match self.shared().tide.beyond(position).await {
            true => Ok(()),
            false => Err(StoreError::Closed),
        }
    }
}

impl MultiStreamStore for PostgresStore {
    async fn append_across(
        &self,
        append: Arc<Append<ManyStreams>>,
    ) -> Result<Appended, AppendError> {
        self.write(append).await
    }
}

impl BoundaryStore for PostgresStore {
    async fn append_within(&self, append: Arc<Append<Boundary>>) -> Result<Appended, AppendError> {
        self.write(append).await
    }
}
