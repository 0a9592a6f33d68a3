//! The writer thread: it commits everything that waits in one transaction, and answers after the commit.

use std::sync::Arc;
use std::time::{Duration, Instant};

use eventsource_core::{AppendError, StoreError};
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::error::{backend, damage, is_busy};
use crate::ledger::{Judged, Ledger, Verdict};
use crate::metrics::count;
use crate::open::Shared;
use crate::turn::Turn;

/// The most appends, and about the most bytes, that share a commit.
const GROUP: usize = 1024;
const GROUP_BYTES: usize = 8 << 20;

/// How long the writer looks for more work before it sleeps, where waking up would cost a good part of a commit.
const SPIN: Duration = Duration::from_micros(60);
/// How long the writer waits for those whom it has just answered to come again, in all and since the last one came.
const GATHER: Duration = Duration::from_micros(300);
const GATHER_NEXT: Duration = Duration::from_micros(15);

/// An append that waits.
pub(crate) struct Request {
    pub(crate) append: Arc<dyn Judged>,
    pub(crate) bytes: usize,
    pub(crate) reply: oneshot::Sender<Verdict>,
}

/// Why a transaction has no verdicts.
enum Failure {
    /// It was certainly not written.
    NotWritten(rusqlite::Error),
    /// It was perhaps written.
    Unknown(rusqlite::Error),
}

pub(crate) struct Writer<'c> {
    shared: &'c Shared,
    conn: &'c Connection,
    turn: Turn,
    ledger: Ledger<'c>,
    /// Whether there is a processor that can wait while another one works.
    may_spin: bool,
}

impl<'c> Writer<'c> {
    pub(crate) fn new(shared: &'c Shared, conn: &'c Connection, turn: Turn) -> rusqlite::Result<Self> {
        let may_spin = std::thread::available_parallelism().is_ok_and(|count| count.get() > 1);
        Ok(Self { shared, conn, turn, ledger: Ledger::new(conn)?, may_spin })
    }

    /// Commits one group after the other, until the store is closed and nothing is left.
    pub(crate) fn run(mut self) {
        let mut last = 0;
        let spin = if self.may_spin { SPIN } else { Duration::ZERO };
        // Who has just worked may look for more for a moment; who woke up for nothing may not.
        while self.shared.appends.wait(if last > 0 { spin } else { Duration::ZERO }) {
            self.gather(last);
            let mut group = self.shared.appends.take(GROUP, GROUP_BYTES, |request| request.bytes);
            group.retain(|request| !request.reply.is_closed());
            last = group.len();
            if last > 0 {
                self.commit(group);
            }
        }
    }

    /// Waits for a moment while those who were answered last are sending their next requests: one commit for all of
    /// them instead of one for the first and one for the others.
    fn gather(&self, expected: usize) {
        if expected < 2 {
            return;
        }
        let begin = Instant::now();
        let (mut length, mut grown) = (self.shared.appends.len(), begin);
        while length < expected && begin.elapsed() < GATHER && grown.elapsed() < GATHER_NEXT {
            std::thread::yield_now();
            let now = self.shared.appends.len();
            if now > length {
                (length, grown) = (now, Instant::now());
            }
        }
    }

    fn commit(&mut self, group: Vec<Request>) {
        match self.transact(&group) {
            Ok(verdicts) => {
                self.shared.tide.rise(self.ledger.head());
                for (request, verdict) in group.into_iter().zip(verdicts) {
                    answer(request, verdict);
                }
            }
            // So that one that fails refuses only itself.
            Err(Failure::NotWritten(error)) if group.len() > 1 && !is_busy(&error) => {
                tracing::warn!(requests = group.len(), %error, "a commit failed; its appends are tried one by one");
                for request in group {
                    self.commit(vec![request]);
                }
            }
            Err(Failure::NotWritten(error)) => {
                let error = Arc::new(error);
                for request in group {
                    answer(request, Err(self.not_written(&error).into()));
                }
            }
            Err(Failure::Unknown(error)) => {
                tracing::error!(requests = group.len(), %error, "nobody can say whether a commit was written");
                for request in group {
                    answer(request, Err(AppendError::Unknown { reason: error.to_string() }));
                }
            }
        }
    }

    fn not_written(&self, error: &Arc<rusqlite::Error>) -> StoreError {
        let place = &self.shared.place;
        let doing = if is_busy(error) { "waiting for other processes that write" } else { "appending events" };
        match damage(error) {
            Some(reason) => StoreError::Damaged { place: place.clone(), reason },
            None => backend(place, doing, Arc::clone(error)),
        }
    }

    fn transact(&mut self, group: &[Request]) -> Result<Vec<Verdict>, Failure> {
        let begin = Instant::now();
        self.turn.begin(self.conn).map_err(Failure::NotWritten)?;
        let mut judge = || {
            self.ledger.begin()?;
            group.iter().map(|request| self.ledger.append(&*request.append)).collect::<rusqlite::Result<Vec<_>>>()
        };
        let verdicts = judge().map_err(Failure::NotWritten).and_then(|verdicts| {
            // An error here comes after the log was written, at least in part. What it holds may be found by the next
            // one who opens the file, so nobody is told that it is not there; nor what the other verdicts rest on.
            let committed = self.conn.prepare_cached("COMMIT").and_then(|mut commit| commit.execute([]));
            committed.map(|_| verdicts).map_err(|error| match is_busy(&error) {
                true => Failure::NotWritten(error),
                false => Failure::Unknown(error),
            })
        });
        if verdicts.is_err() {
            self.ledger.forget();
            // After some errors SQLite has rolled back already.
            if !self.conn.is_autocommit() {
                let _ = self.conn.execute_batch("ROLLBACK");
            }
        }
        let verdicts = verdicts?;
        self.count(&verdicts, begin.elapsed());
        Ok(verdicts)
    }

    fn count(&self, verdicts: &[Verdict], time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let events = verdicts.iter().flatten().filter(|made| !made.repeated).map(|made| made.placed.len()).sum();
        tracing::debug!(requests = verdicts.len(), events, micros, "committed");
        let counters = &self.shared.counters;
        count(&counters.commits, 1);
        count(&counters.appends, verdicts.len());
        count(&counters.events, events);
        count(&counters.conflicts, verdicts.iter().filter(|v| matches!(v, Err(AppendError::Conflict(_)))).count());
        count(&counters.key_hits, verdicts.iter().flatten().filter(|made| made.repeated).count());
        counters.commit_micros.fetch_add(micros, std::sync::atomic::Ordering::Relaxed);
    }
}

fn answer(request: Request, verdict: Verdict) {
    // Who does not listen any more has dropped the future.
    let _ = request.reply.send(verdict);
}
