//! A store with one fault: what it does wrong is what somebody, somewhere, has done wrong.

mod bent;
mod fault;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use eventsource_core::{
    Append, AppendError, Appended, Boundary, BoundaryStore, Check, Conflict, Key, Limits, LogScan,
    ManyStreams, MemoryStore, MultiStreamStore, Outcome, Placed, Position, Query, Record,
    StampPlace, Store, StoreError, StoreIdentity, StoredEvent, StreamCheck, StreamScan, Uuid,
    Version, Visit,
};

use crate::groups::Groups;
use bent::Bent;
pub use fault::Fault;

/// How long what is late is late.
const LATE: Duration = Duration::from_micros(300);

/// A store in memory with a fault.
#[derive(Clone)]
pub struct Faulty {
    store: MemoryStore,
    fault: Fault,
    state: Arc<State>,
}

/// What a fault needs to know.
#[derive(Default)]
struct State {
    /// How often it was asked for an append.
    appends: AtomicU64,
    /// The head as it was shown last.
    shown: AtomicU64,
    keys: Mutex<HashMap<Uuid, (Outcome, Instant)>>,
    /// When events were stored.
    stored: Mutex<HashMap<Position, Instant>>,
    groups: Groups,
}

impl Faulty {
    pub fn new(fault: Fault) -> Self {
        let huge = usize::MAX;
        let limits = Limits {
            payload: huge,
            metadata: huge,
            append: huge,
            records: huge,
            tags: huge,
        };
        let limits = if fault == Fault::TakesEverything {
            limits
        } else {
            Limits::default()
        };
        Self {
            store: MemoryStore::with_limits(limits),
            fault,
            state: Arc::default(),
        }
    }

    /// The appends that wait.
    pub fn groups(&self) -> &Groups {
        &self.state.groups
    }

    /// What was shown before, while what is there is remembered.
    async fn shown_before(&self) -> Result<Position, StoreError> {
        let head = self.store.head().await?;
        Ok(Position(self.state.shown.swap(head.0, Ordering::SeqCst)))
    }

    /// Events that are not shown yet.
    fn late(&self) -> Vec<Position> {
        let stored = self.state.stored.lock().unwrap();
        let late = stored
            .iter()
            .filter(|(position, since)| position.0.is_multiple_of(4) && since.elapsed() < LATE);
        late.map(|(position, _)| *position).collect()
    }

    fn remember(&self, key: Option<Key>, placed: &[Placed]) {
        let now = Instant::now();
        let mut stored = self.state.stored.lock().unwrap();
        stored.extend(placed.iter().map(|placed| (placed.position, now)));
        if let Some(key) = key {
            let outcome = Outcome {
                digest: key.digest,
                placed: placed.to_vec(),
            };
            self.state
                .keys
                .lock()
                .unwrap()
                .entry(key.id)
                .or_insert((outcome, now));
        }
    }

    async fn send(&self, append: Append<Boundary>) -> Result<Appended, AppendError> {
        let (checks, records) = (append.checks(), append.records());
        let key = append.idempotency_key().copied();
        match self.fault {
            Fault::IgnoresChecks => self.rebuilt(&[], records, key).await,
            Fault::ChecksEarlier => {
                self.rebuilt(checks, &[], key).await?;
                tokio::task::yield_now().await;
                self.rebuilt(&[], records, key).await
            }
            Fault::IgnoresQueries => {
                let blind = |check: &Check| match check {
                    Check::NothingMatches { after, .. } => Check::NothingMatches {
                        query: Query::all(),
                        after: *after,
                    },
                    check @ Check::Stream(_) => check.clone(),
                };
                self.rebuilt(&checks.iter().map(blind).collect::<Vec<_>>(), records, key)
                    .await
            }
            Fault::ForgetsKeys => self.rebuilt(checks, records, None).await,
            Fault::ForgetsDigests => {
                let digest = Uuid::from_u128(1);
                self.rebuilt(
                    checks,
                    records,
                    key.map(|Key { id, .. }| Key { id, digest }),
                )
                .await
            }
            Fault::TakesOthersForItself => self.mistake(append).await,
            Fault::SplitsAppends if records.len() > 1 => {
                let mut answer = self.rebuilt(checks, &records[..1], key).await?;
                for record in &records[1..] {
                    tokio::task::yield_now().await;
                    let next = self
                        .rebuilt(&[], std::slice::from_ref(record), None)
                        .await?;
                    answer.placed.extend(next.placed);
                }
                Ok(answer)
            }
            Fault::StaleRefusals => {
                let answer = self.store.append_within(Arc::new(append.clone())).await;
                let number = self.state.appends.fetch_add(1, Ordering::SeqCst);
                match (&answer, checks) {
                    (
                        Err(AppendError::Conflict(conflict)),
                        [Check::Stream(check @ StreamCheck::At(..))],
                    ) if number.is_multiple_of(3) => Err(refused_earlier(conflict, check)),
                    _ => answer,
                }
            }
            Fault::LosesAppends if self.state.appends.fetch_add(1, Ordering::SeqCst) % 20 == 19 => {
                self.lose(checks, records, key).await
            }
            Fault::DoublesResends => self.double(checks, records, key).await,
            Fault::BringsTooLittle => {
                let mut answer = self.store.append_within(Arc::new(append)).await;
                if let Err(AppendError::Conflict(conflict)) = &mut answer
                    && let Conflict::Stream { missed, .. } = &mut **conflict
                {
                    missed.pop();
                }
                answer
            }
            Fault::JudgesGroupsAtOnce => self.state.groups.send(self, append, false).await,
            Fault::SharesByTags => self.state.groups.send(self, append, true).await,
            Fault::LateKeys | Fault::LateEvents => {
                let answer = self.store.append_within(Arc::new(append)).await?;
                self.remember(key, &answer.placed);
                Ok(answer)
            }
            _ => self.store.append_within(Arc::new(append)).await,
        }
    }

    /// Judges an append, and says that it was made.
    async fn lose(
        &self,
        checks: &[Check],
        records: &[Record],
        key: Option<Key>,
    ) -> Result<Appended, AppendError> {
        // What is not written has places as if it were, which the next one will have.
        self.rebuilt(checks, &[], key).await?;
        let (mut versions, mut placed) = (HashMap::new(), Vec::new());
        for (record, position) in records.iter().zip(self.store.head().await?.0 + 1..) {
            let scan = StreamScan::of(record.stream.clone());
            let there = self.store.read_stream(scan).await?.len() as u64;
            let version = versions.entry(&record.stream).or_insert(there);
            *version += 1;
            placed.push(Placed {
                position: Position(position),
                version: Version(*version),
            });
        }
        Ok(Appended {
            placed,
            repeated: false,
        })
    }

    /// Takes what stands where an append would for the append, where nobody else has its key.
    async fn mistake(&self, append: Append<Boundary>) -> Result<Appended, AppendError> {
        let answer = self.store.append_within(Arc::new(append.clone())).await;
        let place = append.stamp().map(|stamp| stamp.place);
        let (Err(AppendError::Conflict(_)), Some(place)) = (&answer, place) else {
            return answer;
        };
        let there = match place {
            StampPlace::Version(stream, Version(version)) => {
                let scan = StreamScan::of(stream.clone()).after(Version(version - 1));
                self.store.read_stream(scan).await?
            }
            StampPlace::FirstMatch { query, after, .. } => {
                let scan = LogScan::after(after).matching(query.clone());
                self.store.read_all(scan).await?
            }
        };
        let placed = |event: &StoredEvent| Placed {
            position: event.position,
            version: event.version,
        };
        Ok(Appended {
            placed: there
                .iter()
                .map(placed)
                .take(append.records().len())
                .collect(),
            repeated: true,
        })
    }

    /// Looks a key up, and writes it down too late.
    async fn double(
        &self,
        checks: &[Check],
        records: &[Record],
        key: Option<Key>,
    ) -> Result<Appended, AppendError> {
        let known = key.and_then(|key| self.state.keys.lock().unwrap().get(&key.id).cloned());
        if let (Some((outcome, _)), Some(key)) = (known, key) {
            return match outcome.digest == key.digest {
                true => Ok(Appended {
                    placed: outcome.placed,
                    repeated: true,
                }),
                false => Err(AppendError::KeyReused),
            };
        }
        tokio::task::yield_now().await;
        let answer = self.rebuilt(checks, records, None).await?;
        self.remember(key, &answer.placed);
        Ok(answer)
    }

    pub async fn rebuilt(
        &self,
        checks: &[Check],
        records: &[Record],
        key: Option<Key>,
    ) -> Result<Appended, AppendError> {
        let mut append = Append::within();
        for check in checks.iter().cloned() {
            append = match check {
                Check::Stream(check) => append.if_stream(check),
                Check::NothingMatches { query, after } => append.nothing_matches(query, after),
            };
        }
        for record in records {
            append = append.record(record.stream.clone(), record.event.clone());
        }
        if let Some(key) = key {
            append = append.key(key);
        }
        self.store.append_within(Arc::new(append)).await
    }
}

/// A refusal with the version that the stream had when it was one shorter.
fn refused_earlier(conflict: &Conflict, check: &StreamCheck) -> AppendError {
    let Conflict::Stream { actual, missed, .. } = conflict else {
        unreachable!("the check is about a stream");
    };
    let earlier = Version(actual.0.saturating_sub(1));
    let holds = check.holds(earlier);
    let (actual, kept) = match holds {
        true => (*actual, missed.len()),
        false => (earlier, missed.len().saturating_sub(1)),
    };
    let missed = missed[..kept].to_vec();
    AppendError::Conflict(Box::new(Conflict::Stream {
        check: check.clone(),
        actual,
        missed,
    }))
}

impl Store for Faulty {
    fn identity(&self) -> StoreIdentity {
        if self.fault == Fault::ChangesIdentity {
            StoreIdentity::fresh()
        } else {
            self.store.identity()
        }
    }

    async fn append(&self, append: Arc<Append>) -> Result<Appended, AppendError> {
        self.send((*append).clone().into()).await
    }

    async fn outcome(&self, key: Key) -> Result<Option<Outcome>, StoreError> {
        let known = self.state.keys.lock().unwrap().get(&key.id).cloned();
        match (self.fault, known) {
            (Fault::DoublesResends, known) => Ok(known.map(|(outcome, _)| outcome)),
            (Fault::LateKeys, Some((_, since))) if since.elapsed() < LATE => Ok(None),
            _ => self.store.outcome(key).await,
        }
    }

    async fn scan_stream<V: Visit>(&self, scan: StreamScan, visitor: V) -> Result<V, StoreError> {
        if self.fault != Fault::StaleLoads {
            return self.store.scan_stream(scan, visitor).await;
        }
        let bent = Bent {
            visitor,
            fault: self.fault,
            shown: self.shown_before().await?,
            late: Vec::new(),
        };
        Ok(self.store.scan_stream(scan, bent).await?.visitor)
    }

    async fn scan_all<V: Visit>(
        &self,
        mut scan: LogScan,
        visitor: V,
    ) -> Result<(V, Position), StoreError> {
        let head = self.store.head().await?;
        if self.fault == Fault::AcceptsAnyPosition {
            scan.after = scan.after.min(head);
        }
        let late = self.late();
        let (bent, position) = self
            .store
            .scan_all(
                scan,
                Bent {
                    visitor,
                    fault: self.fault,
                    shown: Position(u64::MAX),
                    late,
                },
            )
            .await?;
        let position = if self.fault == Fault::LooksTooFar {
            head
        } else {
            position
        };
        Ok((bent.visitor, position))
    }

    async fn head(&self) -> Result<Position, StoreError> {
        if self.fault == Fault::StaleHead {
            return self.shown_before().await;
        }
        self.store.head().await
    }

    async fn wait_beyond(&self, position: Position) -> Result<(), StoreError> {
        match self.fault {
            Fault::DoesNotWait => {
                tokio::task::yield_now().await;
                Ok(())
            }
            Fault::DoesNotWake => std::future::pending().await,
            _ => self.store.wait_beyond(position).await,
        }
    }
}

impl MultiStreamStore for Faulty {
    async fn append_across(
        &self,
        append: Arc<Append<ManyStreams>>,
    ) -> Result<Appended, AppendError> {
        self.send((*append).clone().into()).await
    }
}

impl BoundaryStore for Faulty {
    async fn append_within(&self, append: Arc<Append<Boundary>>) -> Result<Appended, AppendError> {
        self.send((*append).clone()).await
    }
}
