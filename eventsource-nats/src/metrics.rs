//! The store's numbers: counted as it works, read by anyone.

use std::sync::atomic::{AtomicU64, Ordering};

/// What a store has done since it was opened, by this handle and its clones, and what is under way now.
///
/// Counts only grow, so that an exporter takes the difference of two readings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Metrics {
    /// Appends that have no answer yet.
    pub waiting_appends: usize,
    /// Appends that were stored.
    pub appends: u64,
    /// Events that they stored.
    pub events: u64,
    /// Messages that were sent for them: events, copies under tags, keys, checks.
    pub messages: u64,
    /// Appends that were refused because a check did not hold.
    pub conflicts: u64,
    /// Appends that were answered as an earlier one under their key.
    pub key_hits: u64,
    /// Times that an append was tried again: somebody else was faster and it was no conflict, or there was no leader.
    pub retries: u64,
    /// Times that an answer was lost, or that nobody can say.
    pub unknown: u64,
    /// Messages that were stored to know that what is read is not out of date.
    pub turns: u64,
    /// Reads that were repeated because a replica was behind.
    pub stale_reads: u64,
    /// The position of the last event that this store knows of.
    pub head: u64,
}

/// The counters behind [`Metrics`].
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) appends: AtomicU64,
    pub(crate) events: AtomicU64,
    pub(crate) messages: AtomicU64,
    pub(crate) conflicts: AtomicU64,
    pub(crate) key_hits: AtomicU64,
    pub(crate) retries: AtomicU64,
    pub(crate) unknown: AtomicU64,
    pub(crate) turns: AtomicU64,
    pub(crate) stale_reads: AtomicU64,
}

impl Counters {
    /// All but what is under way, and the head.
    pub(crate) fn read(&self) -> Metrics {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Metrics {
            appends: get(&self.appends),
            events: get(&self.events),
            messages: get(&self.messages),
            conflicts: get(&self.conflicts),
            key_hits: get(&self.key_hits),
            retries: get(&self.retries),
            unknown: get(&self.unknown),
            turns: get(&self.turns),
            stale_reads: get(&self.stale_reads),
            ..Metrics::default()
        }
    }
}

/// Adds to a counter.
pub(crate) fn count(counter: &AtomicU64, more: usize) {
    counter.fetch_add(more as u64, Ordering::Relaxed);
}
