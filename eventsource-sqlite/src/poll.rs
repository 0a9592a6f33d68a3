//! Waking those who wait for events: at once after a commit of this process, soon after one of another.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use eventsource_core::Position;
use rusqlite::Connection;
use tokio::sync::watch;

use crate::ledger::HEAD;
use crate::life::{self, Life};
use crate::open::Shared;

const SOON: Duration = Duration::from_millis(1);
const LATER: Duration = Duration::from_millis(25);

/// What is known of the last event, and who waits for more.
#[derive(Debug)]
pub(crate) struct Tide {
    level: watch::Sender<Level>,
    waiters: Mutex<Waiters>,
    changed: Condvar,
}

#[derive(Debug, Clone, Copy, Default)]
struct Level {
    head: u64,
    closed: bool,
    /// How often looking has failed: those who wait go and see for themselves.
    failures: u64,
}

#[derive(Debug, Default)]
struct Waiters {
    count: usize,
    /// Somebody came who has not been looked for yet.
    news: bool,
    closed: bool,
}

/// Somebody who waits, until it is dropped.
struct Waiting<'a>(&'a Tide);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiters().count -= 1;
    }
}

impl Tide {
    pub(crate) fn new() -> Self {
        Self {
            level: watch::channel(Level::default()).0,
            waiters: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    fn waiters(&self) -> MutexGuard<'_, Waiters> {
        // No critical section here can panic half-way.
        self.waiters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells everyone who waits for it that the last event stands here.
    pub(crate) fn rise(&self, head: Position) {
        self.level.send_if_modified(|level| {
            let higher = level.head < head.0;
            level.head = level.head.max(head.0);
            higher
        });
    }

    /// The position of the last event that is known of.
    pub(crate) fn head(&self) -> Position {
        Position(self.level.borrow().head)
    }

    /// Waits until there may be an event after `position`; `false` if the store was closed.
    pub(crate) async fn beyond(&self, position: Position) -> bool {
        let mut level = self.level.subscribe();
        let failures = level.borrow().failures;
        let _waiting = self.wait();
        let reached = level
            .wait_for(|level| level.closed || level.head > position.0 || level.failures != failures)
            .await;
        reached.is_ok_and(|level| !level.closed)
    }

    fn wait(&self) -> Waiting<'_> {
        let mut waiters = self.waiters();
        waiters.count += 1;
        waiters.news = true;
        self.changed.notify_one();
        Waiting(self)
    }

    pub(crate) fn close(&self) {
        self.waiters().closed = true;
        self.changed.notify_one();
        self.level.send_modify(|level| level.closed = true);
    }

    /// Looks for the commits of other processes, while somebody waits. Ends when the store is closed.
    pub(crate) fn watch(&self, shared: &Shared, conn: &Connection) {
        let (mut pause, mut seen) = (SOON, None);
        while self.somebody_waits(&mut pause) {
            match look(conn, seen) {
                Ok(None) if shared.anchor.lost().is_none() => pause = (pause * 2).min(LATER),
                Ok(Some((data_version, life, head))) => {
                    (seen, pause) = (Some(data_version), SOON);
                    shared.life.found(life);
                    self.rise(head);
                }
                Ok(None) | Err(_) => {
                    pause = LATER;
                    self.level.send_modify(|level| level.failures += 1);
                }
            }
        }
    }

    /// Sleeps for as long as `pause`, or until somebody comes who waits; `false` once the store is closed.
    fn somebody_waits(&self, pause: &mut Duration) -> bool {
        let mut waiters = self.waiters();
        if waiters.count > 0 && !waiters.news && !waiters.closed {
            let slept = self.changed.wait_timeout(waiters, *pause);
            waiters = slept.unwrap_or_else(PoisonError::into_inner).0;
        }
        while waiters.count == 0 && !waiters.closed {
            waiters = self
                .changed
                .wait(waiters)
                .unwrap_or_else(PoisonError::into_inner);
        }
        if std::mem::take(&mut waiters.news) {
            *pause = SOON;
        }
        !waiters.closed
    }
}

/// The data version, the store's life and the last position, if another connection has committed since the data version was `seen`.
fn look(conn: &Connection, seen: Option<i64>) -> rusqlite::Result<Option<(i64, Life, Position)>> {
    let number = |sql| {
        conn.prepare_cached(sql)?
            .query_row([], |row| row.get::<_, i64>(0))
    };
    // Read before the head: a commit between the two is looked at twice, never missed.
    let data_version = number("PRAGMA data_version")?;
    if seen == Some(data_version) {
        return Ok(None);
    }
    let head = Position(number(HEAD)?.unsigned_abs());
    Ok(Some((data_version, life::life(conn)?, head)))
}
