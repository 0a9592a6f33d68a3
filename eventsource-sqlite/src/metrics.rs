//! The store's numbers: counted by the threads, read by anyone.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use eventsource_core::Position;

/// What a store has done since it was opened, by this handle and its clones, and what is waiting now.
///
/// Counts and times only grow, so that an exporter takes the difference of two readings. A call is one transaction, which
/// judges every append that was waiting; each is also a `tracing` event with the same numbers, at the level `DEBUG`.
///
/// ```
/// use eventsource_sqlite::SqliteStore;
///
/// # fn show(store: SqliteStore) {
/// let metrics = store.metrics();
/// println!("{} appends in {} calls, {} waiting", metrics.appends, metrics.calls, metrics.waiting_appends);
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Metrics {
    /// Appends that wait for the writer now.
    pub waiting_appends: usize,
    /// Reads that wait for a reader now.
    pub waiting_reads: usize,
    /// Calls that were committed.
    pub calls: u64,
    /// Calls that failed: they were not written, or nobody can say.
    pub failed_calls: u64,
    /// Appends that the calls judged; divided by `calls`, how many share one.
    pub appends: u64,
    /// The most appends in one call.
    pub largest_call: u64,
    /// Events that they stored.
    pub events: u64,
    /// Appends that were refused because a check did not hold.
    pub conflicts: u64,
    /// Appends that were answered as an earlier one under their key.
    pub key_hits: u64,
    /// The time from the beginning to the end of all calls together, with the wait for the lock and the commit.
    pub call_time: Duration,
    /// Of that, the wait for the lock while others wrote, of those too that failed.
    pub lock_wait: Duration,
    /// Of that, the commit itself: writing the log and syncing it.
    pub commit_time: Duration,
    /// Reads that were done: loads, scans, look-ups of keys and of the head.
    pub reads: u64,
    /// The time that readers worked on them, of all reads together, the visitors' part included.
    pub read_time: Duration,
    /// The position of the last event that this store knows of: another process's commits are seen when somebody waits
    /// for events, or with the next append or scan.
    pub head: u64,
}

/// The counters behind [`Metrics`]; times are in nanoseconds.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    calls: AtomicU64,
    failed_calls: AtomicU64,
    appends: AtomicU64,
    largest_call: AtomicU64,
    events: AtomicU64,
    conflicts: AtomicU64,
    key_hits: AtomicU64,
    call_time: AtomicU64,
    lock_wait: AtomicU64,
    commit_time: AtomicU64,
    reads: AtomicU64,
    read_time: AtomicU64,
}

/// What one call did.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Call {
    pub(crate) appends: u64,
    pub(crate) events: u64,
    pub(crate) conflicts: u64,
    pub(crate) key_hits: u64,
    pub(crate) lock_wait: Duration,
    pub(crate) commit_time: Duration,
    pub(crate) time: Duration,
}

impl Counters {
    pub(crate) fn committed(&self, call: &Call) {
        add(&self.calls, 1);
        add(&self.appends, call.appends);
        self.largest_call.fetch_max(call.appends, Ordering::Relaxed);
        add(&self.events, call.events);
        add(&self.conflicts, call.conflicts);
        add(&self.key_hits, call.key_hits);
        add(&self.call_time, nanos(call.time));
        add(&self.lock_wait, nanos(call.lock_wait));
        add(&self.commit_time, nanos(call.commit_time));
    }

    pub(crate) fn failed(&self, lock_wait: Duration) {
        add(&self.failed_calls, 1);
        add(&self.lock_wait, nanos(lock_wait));
    }

    pub(crate) fn read(&self, time: Duration) {
        add(&self.reads, 1);
        add(&self.read_time, nanos(time));
    }

    pub(crate) fn metrics(
        &self,
        waiting_appends: usize,
        waiting_reads: usize,
        head: Position,
    ) -> Metrics {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let time = |counter: &AtomicU64| Duration::from_nanos(get(counter));
        Metrics {
            waiting_appends,
            waiting_reads,
            calls: get(&self.calls),
            failed_calls: get(&self.failed_calls),
            appends: get(&self.appends),
            largest_call: get(&self.largest_call),
            events: get(&self.events),
            conflicts: get(&self.conflicts),
            key_hits: get(&self.key_hits),
            call_time: time(&self.call_time),
            lock_wait: time(&self.lock_wait),
            commit_time: time(&self.commit_time),
            reads: get(&self.reads),
            read_time: time(&self.read_time),
            head: head.0,
        }
    }
}

fn add(counter: &AtomicU64, more: u64) {
    counter.fetch_add(more, Ordering::Relaxed);
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
