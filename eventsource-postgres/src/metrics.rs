//! The store's numbers: counted by its tasks, read by anyone.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::open::Shared;
use crate::request::{Refusal, Verdict};

/// What a store has done since it was opened, and what is waiting now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Metrics {
    /// Appends that wait to be sent.
    pub waiting_appends: usize,
    /// Reads that wait for a connection.
    pub waiting_reads: usize,
    /// Calls that were answered, each of which judged one or more appends.
    pub calls: u64,
    /// Calls that failed, or had no answer.
    pub failed_calls: u64,
    /// Appends that they judged; divided by `calls`, how many share one.
    pub appends: u64,
    /// The most appends in one call.
    pub largest_call: u64,
    /// Events that they stored.
    pub events: u64,
    /// Appends that were refused because a check did not hold.
    pub conflicts: u64,
    /// Appends that were answered as an earlier one under their key.
    pub key_hits: u64,
    /// Calls that were sent again because of a lock timeout, a deadlock or a serialisation failure.
    pub retries: u64,
    /// The time from sending a call to its answer, with the wait for the lock and the commit, of all calls together.
    pub call_time: Duration,
    /// Of that, the wait for the lock.
    pub lock_wait: Duration,
    /// The position of the last event that this store knows of.
    pub head: u64,
    /// Connections that are open.
    pub connections: usize,
    /// Connections that were made since the store was opened: when one was needed, or in place of one that had broken.
    pub connects: u64,
}

/// The counters behind [`Metrics`].
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) calls: AtomicU64,
    pub(crate) failed_calls: AtomicU64,
    pub(crate) appends: AtomicU64,
    pub(crate) largest_call: AtomicU64,
    pub(crate) events: AtomicU64,
    pub(crate) conflicts: AtomicU64,
    pub(crate) key_hits: AtomicU64,
    pub(crate) retries: AtomicU64,
    pub(crate) call_micros: AtomicU64,
    pub(crate) lock_micros: AtomicU64,
    pub(crate) connects: AtomicU64,
}

impl Counters {
    /// All but what is waiting, the head and the connections, which others know.
    pub(crate) fn read(&self) -> Metrics {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Metrics {
            calls: get(&self.calls),
            failed_calls: get(&self.failed_calls),
            appends: get(&self.appends),
            largest_call: get(&self.largest_call),
            events: get(&self.events),
            conflicts: get(&self.conflicts),
            key_hits: get(&self.key_hits),
            retries: get(&self.retries),
            call_time: Duration::from_micros(get(&self.call_micros)),
            lock_wait: Duration::from_micros(get(&self.lock_micros)),
            connects: get(&self.connects),
            ..Metrics::default()
        }
    }
}

/// Adds to a counter.
pub(crate) fn count(counter: &AtomicU64, more: usize) {
    counter.fetch_add(more as u64, Ordering::Relaxed);
}

/// Adds a time to a counter of microseconds.
fn count_time(counter: &AtomicU64, time: Duration) {
    counter.fetch_add(
        u64::try_from(time.as_micros()).unwrap_or(u64::MAX),
        Ordering::Relaxed,
    );
}

/// Tells of a call that was answered, and counts it.
pub(crate) fn count_call(shared: &Shared, verdicts: &[Verdict], time: Duration, waited: i64) {
    let (mut events, mut conflicts, mut key_hits) = (0, 0, 0);
    for verdict in verdicts {
        match verdict {
            Ok(placed) => events += placed.len(),
            Err(Refusal::Known) => key_hits += 1,
            Err(Refusal::Stream { .. } | Refusal::Boundary { .. }) => conflicts += 1,
            Err(Refusal::BeyondHead { .. }) => {}
        }
    }
    let lock_wait = Duration::from_micros(waited.unsigned_abs());
    tracing::debug!(
        appends = verdicts.len(),
        events,
        conflicts,
        key_hits,
        waiting = shared.appends.len(),
        micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX),
        lock_wait_micros = waited,
        "appended"
    );
    let counters = &shared.counters;
    count(&counters.calls, 1);
    count(&counters.appends, verdicts.len());
    let size = verdicts.len() as u64;
    counters.largest_call.fetch_max(size, Ordering::Relaxed);
    count(&counters.events, events);
    count(&counters.conflicts, conflicts);
    count(&counters.key_hits, key_hits);
    count_time(&counters.call_micros, time);
    count_time(&counters.lock_micros, lock_wait);
}
