//! Taking turns with other processes that write to the same file.
//!
//! SQLite's lock is not fair: a process that commits without a pause takes it again before a waiting one has looked. So
//! who finds it taken holds a shared lock on a file beside the database while it waits; before it begins again, a
//! writer looks whether somebody holds that lock, and if so pauses until the waiting one had its turn.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::error::is_busy;

/// How often a lock is tried.
const EVERY: Duration = Duration::from_micros(150);

/// The longest pause. A waiting process that is alive needs a small part of it.
const LONGEST: Duration = Duration::from_millis(20);
/// What pauses shrink to where nobody takes the turn.
const SHORTEST: Duration = Duration::from_millis(1);
/// How often there is a pause while nobody takes the turn: one that was stopped costs 2 % in the end.
const RARELY: Duration = Duration::from_millis(50);

#[derive(Debug)]
pub(crate) struct Turn {
    waiting: File,
    patience: Duration,
    /// How long the next pause may be; halved whenever nobody used it.
    pause: Duration,
    /// No pause before this, where nobody used the last one.
    not_before: Option<Instant>,
}

impl Turn {
    /// The file on which this turn is taken lies beside the database.
    pub(crate) fn open(database: &Path, patience: Duration) -> std::io::Result<Self> {
        let mut path = database.as_os_str().to_owned();
        path.push("-turn");
        let waiting = File::options().create(true).append(true).open(path)?;
        Ok(Self {
            waiting,
            patience,
            pause: LONGEST,
            not_before: None,
        })
    }

    /// Begins a transaction that will write. Others come first if they have been waiting.
    pub(crate) fn begin(&mut self, conn: &Connection) -> rusqlite::Result<()> {
        self.let_others_go_first();
        match try_begin(conn) {
            Err(error) if is_busy(&error) => self.wait(conn),
            done => done,
        }
    }

    fn wait(&self, conn: &Connection) -> rusqlite::Result<()> {
        let deadline = Instant::now() + self.patience;
        // Should the lock fail, the wait is as good as SQLite's own: not fair, but right.
        let mut told = self.waiting.try_lock_shared().is_ok();
        let begun = loop {
            match try_begin(conn) {
                Err(error) if is_busy(&error) && Instant::now() < deadline => {
                    std::thread::sleep(EVERY);
                }
                done => break done,
            }
            told = told || self.waiting.try_lock_shared().is_ok();
        };
        if told {
            let _ = self.waiting.unlock();
        }
        begun
    }

    fn let_others_go_first(&mut self) {
        if !self.somebody_waits() {
            (self.pause, self.not_before) = (LONGEST, None);
            return;
        }
        let now = Instant::now();
        if self.not_before.is_some_and(|time| now < time) {
            return;
        }
        while now.elapsed() < self.pause {
            std::thread::sleep(EVERY);
            if !self.somebody_waits() {
                (self.pause, self.not_before) = (LONGEST, None);
                return;
            }
        }
        self.pause = (self.pause / 2).max(SHORTEST);
        self.not_before = Some(Instant::now() + RARELY);
    }

    fn somebody_waits(&self) -> bool {
        match self.waiting.try_lock() {
            Ok(()) => {
                let _ = self.waiting.unlock();
                false
            }
            Err(TryLockError::WouldBlock) => true,
            Err(TryLockError::Error(_)) => false,
        }
    }
}

fn try_begin(conn: &Connection) -> rusqlite::Result<()> {
    conn.prepare_cached("BEGIN IMMEDIATE")?
        .execute([])
        .map(|_| ())
}
