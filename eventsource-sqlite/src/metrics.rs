//! The store's numbers: counted by the threads, read by anyone.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use eventsource_core::Position;

/// What a store has done since it was opened, by this handle and its clones, and what is waiting now.
///
/// Counts and times only grow, so that an exporter takes the difference of two readings. Each commit is also a
/// `tracing` event with the same numbers, at the level `DEBUG`.
///
/// ```
/// use eventsource_sqlite::SqliteStore;
///
/// # fn show(store: SqliteStore) {
/// let metrics = store.metrics();
/// println!("{} appends in {} commits, {} waiting", metrics.appends, metrics.commits, metrics.waiting_appends);
/// println!("{:?} in a commit", metrics.commit_time / u32::try_from(metrics.commits.max(1)).unwrap_or(u32::MAX));
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Metrics {
    /// Appends that wait for the writer now.
    pub waiting_appends: usize,
    /// Reads that wait for a reader now.
    pub waiting_reads: usize,
    /// Transactions that were committed.
    pub commits: u64,
    /// Transactions that failed: not written, or nobody can say.
    pub failed_commits: u64,
    /// Appends that the commits judged; divided by `commits`, how many share a commit.
    pub appends: u64,
    /// The most appends that shared a commit.
    pub largest_commit: u64,
    /// Events that they stored.
    pub events: u64,
    /// Appends that were refused because a check did not hold.
    pub conflicts: u64,
    /// Appends that were answered as an earlier one under their key.
    pub key_hits: u64,
    /// The time spent waiting for the lock while other processes wrote, of all transactions together.
    pub lock_wait: Duration,
    /// The time from having the lock to the end of the commit, of all commits together: judging, inserting, syncing.
    pub commit_time: Duration,
    /// Reads that were done: loads, scans, look-ups of keys and of the head.
    pub reads: u64,
    /// The time that readers worked on them, of all reads together, the visitors' part included.
    pub read_time: Duration,
    /// The position of the last event, as far as this process knows: another process's commits are seen when somebody
    /// waits for events, or with the next append.
    pub head: Position,
}

/// The counters behind [`Metrics`]; times are in nanoseconds.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    commits: AtomicU64,
    failed_commits: AtomicU64,
    appends: AtomicU64,
    largest_commit: AtomicU64,
    events: AtomicU64,
    conflicts: AtomicU64,
    key_hits: AtomicU64,
    lock_wait: AtomicU64,
    commit_time: AtomicU64,
    reads: AtomicU64,
    read_time: AtomicU64,
}

/// What one commit did.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Committed {
    pub(crate) appends: u64,
    pub(crate) events: u64,
    pub(crate) conflicts: u64,
    pub(crate) key_hits: u64,
    pub(crate) time: Duration,
}

impl Counters {
    pub(crate) fn committed(&self, commit: &Committed) {
        add(&self.commits, 1);
        add(&self.appends, commit.appends);
        self.largest_commit
            .fetch_max(commit.appends, Ordering::Relaxed);
        add(&self.events, commit.events);
        add(&self.conflicts, commit.conflicts);
        add(&self.key_hits, commit.key_hits);
        add(&self.commit_time, nanos(commit.time));
    }

    pub(crate) fn failed(&self) {
        add(&self.failed_commits, 1);
    }

    pub(crate) fn waited(&self, time: Duration) {
        add(&self.lock_wait, nanos(time));
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
            commits: get(&self.commits),
            failed_commits: get(&self.failed_commits),
            appends: get(&self.appends),
            largest_commit: get(&self.largest_commit),
            events: get(&self.events),
            conflicts: get(&self.conflicts),
            key_hits: get(&self.key_hits),
            lock_wait: time(&self.lock_wait),
            commit_time: time(&self.commit_time),
            reads: get(&self.reads),
            read_time: time(&self.read_time),
            head,
        }
    }
}

fn add(counter: &AtomicU64, more: u64) {
    counter.fetch_add(more, Ordering::Relaxed);
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
