//! A store in memory, for tests and demonstrations: every promise of a store but that of surviving the process.

mod checkpoints;
mod snapshots;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use crate::environment::watch::Watch;
use crate::snapshot::Snapshot;
use crate::store::append::{
    Append, AppendError, Appended, Boundary, Check, Conflict, MISSED_BYTES, MISSED_LIMIT,
    ManyStreams, Outcome, Placed, Record, Stamp, StampPlace,
};
use crate::store::error::StoreError;
use crate::store::key::Key;
use crate::store::limits::Limits;
use crate::store::query::Query;
use crate::store::stored_event::StoredEvent;
use crate::store::stream::{Position, StreamName, Version};
use crate::store::tag::TagList;
use crate::store::{
    BoundaryStore, DensePositions, LogScan, MultiStreamStore, Store, StoreIdentity, StreamScan,
    Visit,
};
use checkpoints::Checkpoints;

/// A store that keeps its events in memory. Clones share them.
///
/// Every operation is one short critical section, so the store is linearisable.
#[derive(Debug, Clone)]
pub struct MemoryStore {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    identity: StoreIdentity,
    limits: Limits,
    log: Mutex<Log>,
    head: Watch<Position>,
    checkpoints: Mutex<Checkpoints>,
}

#[derive(Debug, Default)]
struct Log {
    events: Vec<Arc<Entry>>,
    streams: HashMap<StreamName, Vec<Arc<Entry>>>,
    keys: HashMap<Uuid, Outcome>,
    snapshots: HashMap<StreamName, Vec<Snapshot>>,
}

/// An event as it is kept.
#[derive(Debug)]
struct Entry {
    event: StoredEvent,
    stamp: Option<Uuid>,
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::with_limits(Limits::default())
    }

    /// An empty store that accepts appends within these limits.
    #[must_use]
    pub fn with_limits(limits: Limits) -> Self {
        let head = Watch::new(Position::START);
        let log = Mutex::new(Log::default());
        Self {
            shared: Arc::new(Shared {
                identity: StoreIdentity::fresh(),
                limits,
                log,
                head,
                checkpoints: Mutex::default(),
            }),
        }
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        // Nothing in a critical section can panic half-way, so a poisoned log is still whole.
        self.shared
            .log
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn append_now<Reach>(&self, append: &Append<Reach>) -> Result<Appended, AppendError> {
        self.shared.limits.check(append)?;
        if let Some(known) = append.expected_incarnation() {
            self.shared.identity.check_incarnation(known)?;
        }
        let mut log = self.log();
        let (key, stamp) = (append.kept_key(), append.stamp());
        if let Some(key) = key
            && let Some(outcome) = log.keys.get(&key.id)
        {
            return match outcome.digest == key.digest {
                true => Ok(Appended {
                    placed: outcome.placed.clone(),
                    repeated: true,
                }),
                false => Err(AppendError::KeyReused),
            };
        }
        let judged = append
            .checks()
            .iter()
            .try_for_each(|check| log.judge(check));
        if let Err(refusal) = judged {
            return match stamp.and_then(|stamp| log.stamped(stamp, append.records().len())) {
                Some(placed) => Ok(Appended {
                    placed,
                    repeated: true,
                }),
                None => Err(refusal),
            };
        }
        let mut stamp = stamp.map(|stamp| stamp.id);
        let placed: Vec<Placed> = append
            .records()
            .iter()
            .map(|record| log.push(record, stamp.take()))
            .collect();
        if let Some(key) = key
            && !placed.is_empty()
        {
            log.keys.insert(
                key.id,
                Outcome {
                    digest: key.digest,
                    placed: placed.clone(),
                },
            );
        }
        let head = log.head();
        // Those who are woken may run here and now, and must not meet the lock.
        drop(log);
        self.shared.head.set_if(head, |earlier| earlier < head);
        Ok(Appended {
            placed,
            repeated: false,
        })
    }
}

impl Log {
    fn head(&self) -> Position {
        Position(self.events.len() as u64)
    }

    fn stream(&self, stream: &StreamName) -> &[Arc<Entry>] {
        self.streams.get(stream).map_or(&[], Vec::as_slice)
    }

    /// Where the records of an append are, so many, that was made earlier, if its first event bears its stamp.
    fn stamped(&self, stamp: Stamp<'_>, records: usize) -> Option<Vec<Placed>> {
        let first = match stamp.place {
            StampPlace::Version(stream, version) => {
                self.stream(stream).get(index(version.0).checked_sub(1)?)?
            }
            StampPlace::FirstMatch { query, after, .. } => self.first_match(query, after)?,
        };
        if first.stamp != Some(stamp.id) {
            return None;
        }
        let behind = self
            .events
            .get(index(first.event.position.0).checked_sub(1)?..)?;
        let placed = behind.iter().take(records).map(|entry| {
            let StoredEvent {
                position, version, ..
            } = entry.event;
            Placed { position, version }
        });
        Some(placed.collect())
    }

    fn judge(&self, check: &Check) -> Result<(), AppendError> {
        let conflict = match check {
            Check::Stream(check) => {
                let events = self.stream(check.stream());
                let actual = Version(events.len() as u64);
                if check.holds(actual) {
                    return Ok(());
                }
                let missed = events.get(index(check.seen().0)..).unwrap_or_default();
                let bytes: usize = missed.iter().map(|entry| entry.event.size()).sum();
                let missed = if missed.len() > MISSED_LIMIT || bytes > MISSED_BYTES {
                    &[]
                } else {
                    missed
                };
                let missed = missed.iter().map(|entry| entry.event.clone()).collect();
                Conflict::Stream {
                    check: check.clone(),
                    actual,
                    missed,
                }
            }
            Check::NothingMatches { query, after } => {
                let head = self.head();
                if *after > head {
                    return Err(StoreError::BeyondHead {
                        asked: *after,
                        head,
                    }
                    .into());
                }
                match self.first_match(query, *after) {
                    None => return Ok(()),
                    Some(entry) => Conflict::Boundary {
                        query: query.clone(),
                        position: entry.event.position,
                    },
                }
            }
        };
        Err(AppendError::Conflict(Box::new(conflict)))
    }

    fn first_match(&self, query: &Query, after: Position) -> Option<&Arc<Entry>> {
        let unseen = self.events.get(index(after.0)..)?;
        unseen
            .iter()
            .find(|entry| query.matches_event(&entry.event.as_ref()))
    }

    fn push(&mut self, record: &Record, stamp: Option<Uuid>) -> Placed {
        let position = Position(self.head().0 + 1);
        let stream = self.streams.entry(record.stream.clone()).or_default();
        let version = Version(stream.len() as u64 + 1);
        let event = StoredEvent {
            position,
            stream: record.stream.clone(),
            version,
            name: record.event.name.as_ref().into(),
            schema: record.event.schema,
            format: record.event.format.as_ref().into(),
            payload: record.event.payload.as_slice().into(),
            metadata: record.event.metadata.as_ref().into(),
            recorded_at: record.event.recorded_at,
            tags: TagList::store(&record.event.tags).into(),
        };
        let entry = Arc::new(Entry { event, stamp });
        stream.push(Arc::clone(&entry));
        self.events.push(entry);
        Placed { position, version }
    }
}

fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

impl Store for MemoryStore {
    fn identity(&self) -> StoreIdentity {
        self.shared.identity
    }

    async fn append(&self, append: Arc<Append>) -> Result<Appended, AppendError> {
        self.append_now(&append)
    }

    async fn outcome(&self, key: Key) -> Result<Option<Outcome>, StoreError> {
        Ok(self.log().keys.get(&key.id).cloned())
    }

    async fn scan_stream<V: Visit>(
        &self,
        scan: StreamScan,
        mut visitor: V,
    ) -> Result<V, StoreError> {
        // The visitor runs outside of the lock: it is the user's code, and may take long or panic.
        let mut events = {
            let log = self.log();
            let events = log.stream(&scan.stream);
            let until = scan
                .until
                .map_or(events.len(), |version| index(version.0).min(events.len()));
            events
                .get(index(scan.after.0)..until)
                .unwrap_or_default()
                .to_vec()
        };
        if scan.backwards {
            events.reverse();
        }
        for entry in events.iter().take(scan.limit.unwrap_or(usize::MAX)) {
            if visitor.visit(entry.event.as_ref()).is_break() {
                break;
            }
        }
        Ok(visitor)
    }

    async fn scan_all<V: Visit>(
        &self,
        scan: LogScan,
        mut visitor: V,
    ) -> Result<(V, Position), StoreError> {
        let (events, head) = {
            let log = self.log();
            let head = log.head();
            if scan.after > head {
                return Err(StoreError::BeyondHead {
                    asked: scan.after,
                    head,
                });
            }
            let unseen = log
                .events
                .get(index(scan.after.0)..)
                .unwrap_or_default()
                .iter();
            let matching = unseen.filter(|entry| scan.query.matches_event(&entry.event.as_ref()));
            (
                matching
                    .take(scan.limit.unwrap_or(usize::MAX))
                    .cloned()
                    .collect::<Vec<_>>(),
                head,
            )
        };
        for entry in &events {
            if visitor.visit(entry.event.as_ref()).is_break() {
                return Ok((visitor, entry.event.position));
            }
        }
        let full = scan.limit.is_some_and(|limit| events.len() >= limit);
        let last = events
            .last()
            .map_or(scan.after, |entry| entry.event.position);
        let looked_at = if full { last } else { head };
        Ok((visitor, looked_at))
    }

    async fn head(&self) -> Result<Position, StoreError> {
        Ok(self.log().head())
    }

    async fn wait_beyond(&self, position: Position) -> Result<(), StoreError> {
        self.shared.head.wait_until(|head| head > position).await;
        Ok(())
    }
}

impl DensePositions for MemoryStore {}

impl MultiStreamStore for MemoryStore {
    async fn append_across(
        &self,
        append: Arc<Append<ManyStreams>>,
    ) -> Result<Appended, AppendError> {
        self.append_now(&append)
    }
}

impl BoundaryStore for MemoryStore {
    async fn append_within(&self, append: Arc<Append<Boundary>>) -> Result<Appended, AppendError> {
        self.append_now(&append)
    }
}
