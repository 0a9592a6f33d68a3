//! The writer thread: it commits everything that waits in one transaction, and answers after the commit.

use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use eventsource_core::{AppendError, Appended, StoreError};
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::error::{backend, damage, is_busy};
use crate::home::Lookout;
use crate::inline::Inlines;
use crate::ledger::{Judged, Ledger, Verdict};
use crate::mark::Mark;
use crate::metrics::Call;
use crate::open::Shared;
use crate::turn::Turn;
use crate::work::{self, Work};

/// The most appends, and about the most bytes, that share a commit.
const GROUP: usize = 1024;
const GROUP_BYTES: usize = 8 << 20;

/// How long the writer looks for more work before it sleeps, where waking up would cost a good part of a commit.
const SPIN: Duration = Duration::from_micros(100);
/// How long the writer looks out for the next of those whom it has just answered.
const GATHER: Duration = Duration::from_micros(40);

/// A text of its own, so that the statement which is kept for it is no other's.
const COMMIT: &str = "COMMIT /* of the writer */";

/// How often the writer looks whether the files are where they were.
const LOOK: Duration = Duration::from_millis(5);

/// What waits for the writer.
pub(crate) enum Request {
    /// An append.
    Append {
        append: Arc<dyn Judged>,
        bytes: usize,
        reply: oneshot::Sender<Verdict>,
    },
    /// Something else that is to be written.
    Work(Box<dyn Work>),
}

impl Request {
    fn bytes(&self) -> usize {
        match self {
            Self::Append { bytes, .. } => *bytes,
            Self::Work(work) => work.bytes(),
        }
    }

    fn is_awaited(&self) -> bool {
        match self {
            Self::Append { reply, .. } => !reply.is_closed(),
            Self::Work(work) => work.is_awaited(),
        }
    }

    // Who does not listen any more has dropped the future.
    fn answer(self, verdict: Verdict) {
        match self {
            Self::Append { reply, .. } => drop(reply.send(verdict)),
            Self::Work(work) => work.answer(verdict.map(|_| ())),
        }
    }
}

/// Why a transaction has no verdicts.
enum Failure {
    /// It was certainly not written.
    NotWritten(rusqlite::Error),
    /// It was not written, as the file is no longer where it was.
    Lost(String),
    /// It was perhaps written.
    Unknown(rusqlite::Error),
}

pub(crate) struct Writer<'c> {
    shared: &'c Shared,
    conn: &'c Rc<Connection>,
    turn: Turn,
    mark: Mark,
    lookout: Lookout,
    ledger: Ledger<'c>,
    inlines: Inlines,
    /// Whether there is a processor that can wait while another one works.
    may_spin: bool,
}

impl<'c> Writer<'c> {
    pub(crate) fn new(
        shared: &'c Shared,
        conn: &'c Rc<Connection>,
        turn: Turn,
        mark: Mark,
    ) -> rusqlite::Result<Self> {
        let may_spin = std::thread::available_parallelism().is_ok_and(|count| count.get() > 1);
        Ok(Self {
            shared,
            conn,
            turn,
            mark,
            lookout: Lookout::new(LOOK),
            ledger: Ledger::new(conn)?,
            inlines: Inlines::new(),
            may_spin,
        })
    }

    /// Commits one group after the other, until the store is closed and nothing is left.
    pub(crate) fn run(mut self) {
        let mut last = 0;
        let spin = if self.may_spin { SPIN } else { Duration::ZERO };
        // Who has just worked may look for more for a moment; who woke up for nothing may not.
        while self
            .shared
            .appends
            .wait(if last > 0 { spin } else { Duration::ZERO })
        {
            let mut group = self.take();
            last = if group.is_empty() {
                0
            } else {
                self.commit(&mut group, last)
            };
        }
        self.mark.finish();
    }

    /// What waits, but for those who do not listen any more.
    fn take(&self) -> Vec<Request> {
        let mut group = self.shared.appends.take(GROUP, GROUP_BYTES, Request::bytes);
        group.retain(Request::is_awaited);
        group
    }

    /// Commits a group together with those who come while it is judged, and answers. Returns how many they were.
    fn commit(&mut self, group: &mut Vec<Request>, expected: usize) -> usize {
        let result = self.transact(group, Some(expected));
        let count = group.len();
        match result {
            // So that one that fails refuses only itself.
            Err(Failure::NotWritten(error)) if count > 1 && !is_busy(&error) => {
                tracing::warn!(requests = count, %error, "a commit failed; its appends are tried one by one");
                for request in group.drain(..) {
                    let mut alone = vec![request];
                    let result = self.transact(&mut alone, None);
                    self.answer(alone, result);
                }
            }
            result => self.answer(std::mem::take(group), result),
        }
        count
    }

    fn answer(&mut self, group: Vec<Request>, result: Result<Vec<Verdict>, Failure>) {
        match result {
            Ok(verdicts) => {
                self.shared.life.found(*self.ledger.life());
                self.shared.tide.rise(self.ledger.head());
                self.mark.reached(self.ledger.life(), self.ledger.head());
                for (request, verdict) in group.into_iter().zip(verdicts) {
                    request.answer(verdict);
                }
            }
            Err(Failure::NotWritten(error)) => {
                let error = Arc::new(error);
                for request in group {
                    request.answer(Err(self.not_written(&error).into()));
                }
            }
            Err(Failure::Lost(reason)) => {
                for request in group {
                    let lost = self.shared.damaged(reason.clone());
                    request.answer(Err(lost.into()));
                }
            }
            Err(Failure::Unknown(error)) => {
                tracing::error!(requests = group.len(), %error, "nobody can say whether a commit was written");
                for request in group {
                    let reason = error.to_string();
                    request.answer(Err(AppendError::Unknown { reason }));
                }
            }
        }
    }

    fn not_written(&self, error: &Arc<rusqlite::Error>) -> StoreError {
        let place = &self.shared.place;
        let doing = if is_busy(error) {
            "waiting for other processes that write"
        } else {
            "appending events"
        };
        // A file that is gone explains other errors.
        match self.shared.anchor.lost().or_else(|| damage(error)) {
            Some(reason) => self.shared.damaged(reason),
            None => backend(place, doing, Arc::clone(error)),
        }
    }

    /// Judges and commits a group, which grows by those who come meanwhile if so many are `expected`; `None` takes
    /// nobody else along.
    fn transact(
        &mut self,
        group: &mut Vec<Request>,
        expected: Option<usize>,
    ) -> Result<Vec<Verdict>, Failure> {
        let begin = Instant::now();
        let turn = self.turn.begin(self.conn).map_err(Failure::NotWritten);
        let lock_wait = begin.elapsed();
        let done = turn
            .and_then(|()| self.judge(group, expected).map_err(Failure::NotWritten))
            .and_then(|verdicts| Ok((verdicts, self.commit_now()?)));
        match done {
            Ok((verdicts, commit_time)) => {
                let done = group.iter().zip(&verdicts);
                let appends: Vec<_> = done
                    .filter(|(request, _)| matches!(request, Request::Append { .. }))
                    .map(|(_, verdict)| verdict)
                    .collect();
                self.count(&appends, begin.elapsed(), lock_wait, commit_time);
                Ok(verdicts)
            }
            Err(failure) => {
                self.shared.counters.failed(lock_wait);
                self.ledger.forget();
                self.inlines.forget();
                // After some errors SQLite has rolled back already.
                if !self.conn.is_autocommit() {
                    let _ = self.conn.execute_batch("ROLLBACK");
                }
                Err(failure)
            }
        }
    }

    /// Commits what was judged, and returns how long that took.
    fn commit_now(&mut self) -> Result<Duration, Failure> {
        if let Some(reason) = self.lookout.lost(&self.shared.anchor) {
            return Err(Failure::Lost(reason));
        }
        let begin = Instant::now();
        let committed = self
            .conn
            .prepare_cached(COMMIT)
            .and_then(|mut commit| commit.execute([]));
        match committed {
            Ok(_) => Ok(begin.elapsed()),
            Err(error) if is_busy(&error) => Err(Failure::NotWritten(error)),
            // This comes after the log was written, at least in part. What it holds may be found by the next one who opens
            // the file, so nobody is told that it is not there; nor what the other verdicts rest on.
            Err(error) => Err(Failure::Unknown(error)),
        }
    }

    fn judge(
        &mut self,
        group: &mut Vec<Request>,
        expected: Option<usize>,
    ) -> rusqlite::Result<Vec<Verdict>> {
        self.ledger.begin()?;
        self.inlines.are(Arc::clone(&self.shared.inlines.borrow()));
        let mut verdicts = Vec::with_capacity(group.len());
        let mut bytes = 0;
        loop {
            for request in &mut group[verdicts.len()..] {
                bytes += request.bytes();
                verdicts.push(match request {
                    Request::Append { append, .. } if self.inlines.is_empty() => {
                        self.ledger.append(&**append)?
                    }
                    Request::Append { append, .. } => {
                        let append = Arc::clone(append);
                        self.append_and_project(&*append)?
                    }
                    Request::Work(work) => {
                        work::within_savepoint(self.conn, &mut **work)?;
                        Ok(Appended {
                            placed: Vec::new(),
                            repeated: false,
                        })
                    }
                });
            }
            let Some(expected) = expected else {
                return Ok(verdicts);
            };
            if group.len() >= GROUP
                || bytes >= GROUP_BYTES
                || !self.more_come(expected > group.len())
            {
                return Ok(verdicts);
            }
            group.append(&mut self.take());
        }
    }

    /// Makes an append in a savepoint, and runs the projections that are inline: if one fails, only this append is undone.
    fn append_and_project(&mut self, append: &dyn Judged) -> rusqlite::Result<Verdict> {
        let conn = self.conn;
        let step = |sql: &'static str| conn.prepare_cached(sql)?.execute([]).map(|_| ());
        step("SAVEPOINT append /* of the writer */")?;
        let mut verdict = self.ledger.append(append)?;
        if verdict.as_ref().is_ok_and(|made| !made.repeated)
            && let Err(refused) = self.inlines.go_on(conn, &self.ledger)?
        {
            step("ROLLBACK TO append /* of the writer */")?;
            // What it remembers of this append is not there any more.
            self.ledger.forget();
            self.ledger.begin()?;
            self.inlines.forget();
            verdict = Err(refused);
        }
        step("RELEASE append /* of the writer */")?;
        Ok(verdict)
    }

    /// Whether somebody waits by now. Those whom the last commit has answered are about to send their next requests: if
    /// fewer than they were have come, looks out for them a moment longer, as one commit for all is cheaper than two.
    fn more_come(&self, expected: bool) -> bool {
        let begin = Instant::now();
        while self.shared.appends.len() == 0 {
            if !expected || !self.may_spin || begin.elapsed() > GATHER {
                return false;
            }
            std::thread::yield_now();
        }
        true
    }

    fn count(
        &self,
        verdicts: &[&Verdict],
        time: Duration,
        lock_wait: Duration,
        commit_time: Duration,
    ) {
        let mut call = Call {
            appends: verdicts.len() as u64,
            time,
            lock_wait,
            commit_time,
            ..Call::default()
        };
        for verdict in verdicts {
            match verdict {
                Ok(made) if made.repeated => call.key_hits += 1,
                Ok(made) => call.events += made.placed.len() as u64,
                Err(AppendError::Conflict(_)) => call.conflicts += 1,
                Err(_) => {}
            }
        }
        self.shared.counters.committed(&call);
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        tracing::debug!(
            appends = call.appends,
            events = call.events,
            conflicts = call.conflicts,
            key_hits = call.key_hits,
            call_micros = micros(time),
            lock_wait_micros = micros(lock_wait),
            commit_micros = micros(commit_time),
            waiting_appends = self.shared.appends.len(),
            head = self.ledger.head().0,
            "committed"
        );
    }
}
