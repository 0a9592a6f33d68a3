//! The store's numbers: counted by the threads, read by anyone.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What a store has done since it was opened, and what is waiting now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Metrics {
    /// Appends that wait for the writer.
    pub waiting_appends: usize,
    /// Reads that wait for a reader.
    pub waiting_reads: usize,
    /// Transactions that were committed.
    pub commits: u64,
    /// Appends that they judged; divided by `commits`, how many share a commit.
    pub appends: u64,
    /// Events that they stored.
    pub events: u64,
    /// Appends that were refused because a check did not hold.
    pub conflicts: u64,
    /// Appends that were answered as an earlier one under their key.
    pub key_hits: u64,
    /// The time from the beginning to the end of all commits together.
    pub commit_time: Duration,
}

/// The counters behind [`Metrics`].
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) commits: AtomicU64,
    pub(crate) appends: AtomicU64,
    pub(crate) events: AtomicU64,
    pub(crate) conflicts: AtomicU64,
    pub(crate) key_hits: AtomicU64,
    pub(crate) commit_micros: AtomicU64,
}

impl Counters {
    pub(crate) fn read(&self, waiting_appends: usize, waiting_reads: usize) -> Metrics {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Metrics {
            waiting_appends,
            waiting_reads,
            commits: get(&self.commits),
            appends: get(&self.appends),
            events: get(&self.events),
            conflicts: get(&self.conflicts),
            key_hits: get(&self.key_hits),
            commit_time: Duration::from_micros(get(&self.commit_micros)),
        }
    }
}

/// Adds to a counter.
pub(crate) fn count(counter: &AtomicU64, more: usize) {
    counter.fetch_add(more as u64, Ordering::Relaxed);
}
