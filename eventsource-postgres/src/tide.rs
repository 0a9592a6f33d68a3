//! Waking those who wait for events: at once after an append of this process, soon after one of another, for which one
//! task looks at the head while somebody waits, whoever and how many they are.

use std::time::Duration;

use eventsource_core::{Position, StoreError, Uuid};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::open::Shared;
use crate::session::Session;

const SOON: Duration = Duration::from_millis(1);
const LATER: Duration = Duration::from_millis(25);
/// The pause where looking has failed: whoever waits goes and sees for itself.
const AFTER_FAILURE: Duration = Duration::from_millis(250);

/// What is known of the last event, and who waits for more.
#[derive(Debug)]
pub(crate) struct Tide {
    level: watch::Sender<Level>,
    waiters: watch::Sender<Waiters>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Level {
    /// The store's incarnation in which the head is so.
    life: Uuid,
    head: u64,
    closed: bool,
    /// How often looking has failed: those who wait go and see for themselves.
    failures: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Waiters {
    count: usize,
    /// Counts those who came.
    came: u64,
    closed: bool,
}

/// Somebody who waits, until it is dropped.
struct Waiting<'a>(&'a Tide);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiters.send_modify(|waiters| waiters.count -= 1);
    }
}

impl Tide {
    pub(crate) fn new() -> Self {
        Self {
            level: watch::Sender::default(),
            waiters: watch::Sender::default(),
        }
    }

    /// The last position that is known in this life of the store.
    pub(crate) fn head(&self) -> Position {
        Position(self.level.borrow().head)
    }

    /// Tells everyone who waits for it that the last event stands here. Another life has another head.
    pub(crate) fn rise(&self, life: Uuid, head: Position) {
        self.level.send_if_modified(|level| {
            let rises = level.life == life && level.head < head.0;
            if rises {
                level.head = head.0;
            }
            rises
        });
    }

    /// The store begins a life in which nothing is known yet. Those who wait go and see for themselves.
    pub(crate) fn turn(&self, life: Uuid) {
        self.level.send_modify(|level| {
            (level.life, level.head) = (life, 0);
            level.failures += 1;
        });
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
        self.waiters.send_modify(|waiters| {
            waiters.count += 1;
            waiters.came += 1;
        });
        Waiting(self)
    }

    pub(crate) fn close(&self) {
        self.waiters.send_modify(|waiters| waiters.closed = true);
        self.level.send_modify(|level| level.closed = true);
    }

    /// Looks for the appends of other processes, while somebody waits. Ends when the store is closed.
    pub(crate) async fn watch(&self, shared: &Shared) {
        let mut waiters = self.waiters.subscribe();
        let (mut pause, mut came, mut session) = (SOON, 0, None);
        loop {
            // Asleep while nobody waits; awake at once when somebody comes.
            let Ok(now) = waiters
                .wait_for(|waiters| waiters.closed || waiters.count > 0)
                .await
                .map(|now| *now)
            else {
                return;
            };
            if now.closed {
                return;
            }
            if now.came == came {
                let news = waiters.wait_for(|waiters| waiters.closed || waiters.came != came);
                if let Ok(Ok(_)) = timeout(pause, news).await {
                    continue;
                }
            } else {
                (came, pause) = (now.came, SOON);
            }
            let before = self.head();
            match look(shared, &mut session).await {
                Ok(head) if head > before => pause = SOON,
                Ok(_) => pause = (pause * 2).min(LATER),
                Err(error) => {
                    tracing::debug!(%error, "looking for the head has failed");
                    (pause, session) = (AFTER_FAILURE, None);
                    self.level.send_modify(|level| level.failures += 1);
                }
            }
        }
    }
}

/// Reads the head on the connection that is for it.
async fn look(shared: &Shared, session: &mut Option<Session>) -> Result<Position, StoreError> {
    if session.as_ref().is_none_or(Session::is_closed) {
        *session = Some(shared.reconnect().await?);
    }
    let session = session.as_ref().ok_or(StoreError::Closed)?;
    shared.head(session).await
}
