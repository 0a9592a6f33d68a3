//! The tests of snapshots can fail: stores with one fault each are found out.

use std::collections::HashMap;
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use eventsource_conformance::check_snapshot_store;
use eventsource_core::{
    Append, AppendError, Appended, Fingerprint, Key, LogScan, MemoryStore, Outcome, Position,
    Snapshot, SnapshotStore, Store, StoreError, StoreIdentity, StreamName, StreamScan, Visit,
};

/// What a store does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    /// Nothing is ever given.
    KeepsNothing,
    /// The one that came last is given, though a newer one was there.
    KeepsTheLast,
    /// One of another life is given.
    TakesAnyLife,
    /// One beyond the end of the stream is given.
    TakesAnyEnd,
    /// That of other code is given.
    IgnoresFingerprints,
    /// Every fingerprint stays for ever.
    KeepsEveryFingerprint,
    /// Nothing is forgotten.
    ForgetsNothing,
    /// Any size is taken.
    TakesEverything,
    /// Nothing is begun before somebody waits.
    Waits,
    /// The state is cut short.
    CutsStates,
}

type Kept = HashMap<StreamName, Vec<Snapshot>>;

#[derive(Clone)]
struct Faulty {
    store: MemoryStore,
    kept: Arc<Mutex<Kept>>,
    fault: Fault,
}

impl Faulty {
    fn new(fault: Fault) -> Self {
        Self {
            store: MemoryStore::new(),
            kept: Arc::default(),
            fault,
        }
    }

    /// Whether the stream has the snapshot's last event.
    async fn has(&self, snapshot: &Snapshot) -> Result<bool, StoreError> {
        let last = StreamScan::of(snapshot.stream.clone()).until(snapshot.version);
        let last = self.store.read_stream(last.backwards().limit(1)).await?;
        let found = last.first().map(|event| (event.version, event.position));
        Ok(found == Some((snapshot.version, snapshot.position)))
    }

    async fn keep(self, mut snapshot: Snapshot) -> Result<(), StoreError> {
        let fault = self.fault;
        if fault != Fault::TakesEverything {
            snapshot.check_size()?;
        }
        let life = snapshot.incarnation == self.store.identity().incarnation;
        let alive = life || fault == Fault::TakesAnyLife;
        let there = self.has(&snapshot).await? || fault == Fault::TakesAnyEnd;
        if fault == Fault::KeepsNothing || !alive || !there {
            return Ok(());
        }
        if fault == Fault::CutsStates {
            snapshot.state.truncate(60_000);
        }
        let mut kept = self.kept.lock().unwrap();
        let kept = kept.entry(snapshot.stream.clone()).or_default();
        let same = |other: &Snapshot| other.fingerprint == snapshot.fingerprint;
        let known = kept.iter().position(same);
        let earlier = known.map(|known| kept.remove(known));
        let newest = match earlier {
            Some(earlier) if earlier.version > snapshot.version && fault != Fault::KeepsTheLast => {
                earlier
            }
            _ => snapshot,
        };
        kept.push(newest);
        if kept.len() > 2 && fault != Fault::KeepsEveryFingerprint {
            kept.remove(0);
        }
        Ok(())
    }
}

impl SnapshotStore for Faulty {
    async fn snapshot(
        &self,
        stream: StreamName,
        fingerprint: Fingerprint,
    ) -> Result<Option<Snapshot>, StoreError> {
        let kept = self.kept.lock().unwrap();
        let any = self.fault == Fault::IgnoresFingerprints;
        let kept = kept.get(&stream).into_iter().flatten();
        Ok(kept
            .rev()
            .find(|kept| any || kept.fingerprint == fingerprint)
            .cloned())
    }

    fn keep_snapshot(
        &self,
        snapshot: Snapshot,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        let keeping: Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send>> =
            Box::pin(self.clone().keep(snapshot));
        match self.fault {
            Fault::Waits => keeping,
            // A store in memory waits for nothing, so that this ends at once.
            _ => Box::pin(ready(now(keeping))),
        }
    }

    async fn forget_snapshots(&self, stream: Option<StreamName>) -> Result<u64, StoreError> {
        let mut kept = self.kept.lock().unwrap();
        if self.fault == Fault::ForgetsNothing {
            return Ok(0);
        }
        let forgotten = match stream {
            Some(stream) => kept.remove(&stream).map_or(0, |kept| kept.len()),
            None => kept.drain().map(|(_, kept)| kept.len()).sum(),
        };
        Ok(forgotten as u64)
    }
}

/// What a future that never waits gives.
fn now<T>(mut future: Pin<Box<dyn Future<Output = T> + Send>>) -> T {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match future.as_mut().poll(&mut context) {
        std::task::Poll::Ready(done) => done,
        std::task::Poll::Pending => unreachable!("a store in memory does not wait"),
    }
}

impl Store for Faulty {
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

/// The tests that a fault breaks are there, and others may be.
async fn breaks(fault: Fault, promises: &[&str]) {
    let broken = check_snapshot_store(|| async { Faulty::new(fault) }).await;
    let found: Vec<_> = broken.iter().map(|broken| broken.promise).collect();
    for promise in promises {
        assert!(
            found.contains(promise),
            "{fault:?} must break {promise}, and breaks {found:?}"
        );
    }
    assert_eq!(promises.is_empty(), found.is_empty(), "{broken:?}");
}

macro_rules! found_out {
    ($($name:ident: $fault:ident breaks $($promise:ident)*;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn $name() {
            breaks(Fault::$fault, &[$(stringify!($promise)),*]).await;
        }
    )*};
}

found_out! {
    nothing: None breaks;
    nothing_kept: KeepsNothing breaks
        g9_a_snapshot_is_read_as_it_was_written g9_the_newest_snapshot_is_given g9_fingerprints_are_apart_and_few g9_snapshots_are_forgotten g9_what_is_wrong_with_a_snapshot_is_not_seen;
    the_last: KeepsTheLast breaks g9_the_newest_snapshot_is_given;
    any_life: TakesAnyLife breaks g9_a_snapshot_of_another_life_is_not_given;
    any_end: TakesAnyEnd breaks
        g9_a_snapshot_of_other_events_is_not_given g9_what_is_wrong_with_a_snapshot_is_not_seen;
    any_fingerprint: IgnoresFingerprints breaks
        g9_a_snapshot_is_read_as_it_was_written g9_fingerprints_are_apart_and_few g9_what_is_wrong_with_a_snapshot_is_not_seen;
    every_fingerprint: KeepsEveryFingerprint breaks g9_fingerprints_are_apart_and_few;
    nothing_forgotten: ForgetsNothing breaks g9_snapshots_are_forgotten;
    everything_taken: TakesEverything breaks g8_a_snapshot_that_cannot_be_kept_harms_nobody;
    cut_states: CutsStates breaks g9_a_snapshot_is_read_as_it_was_written;
}

/// It takes as long as the test is patient.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_begun() {
    breaks(Fault::Waits, &["g9_keeping_goes_on_when_nobody_waits"]).await;
}
