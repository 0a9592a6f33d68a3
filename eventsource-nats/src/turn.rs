//! Knowing that what is read is not out of date.
//!
//! A replica may be behind, and so may be one that was the leader and has not heard yet that it is not. What the log alone
//! can tell: a message that was stored after a read began stands behind everything that was acknowledged before. So a read
//! has one stored, of which nothing but its number matters, and takes no answer of a replica that has not got that far.
//! Reads that begin while such a message is under way share the next one. A stream of one replica needs none of this.

use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use eventsource_core::StoreError;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};

use crate::error::backend;
use crate::get::Page;
use crate::metrics::count;
use crate::open::Shared;
use crate::options::Kept;
use crate::wire::{Outgoing, Sent};

/// The messages that were stored for reads.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    /// How many were begun.
    begun: AtomicU64,
    /// The last one that has ended: which one it was, and its sequence number.
    ended: Mutex<(u64, u64)>,
}

impl Shared {
    /// A sequence number that is not below that of anything which was acknowledged before this was called.
    pub(crate) async fn floor(&self) -> Result<u64, StoreError> {
        if self.replicas.load(Ordering::SeqCst) == 1 {
            return Ok(0);
        }
        let begun = self.turns.begun.load(Ordering::SeqCst);
        let mut ended = self.turns.ended.lock().await;
        if ended.0 > begun {
            return Ok(ended.1);
        }
        let asked = Instant::now();
        loop {
            self.check_open()?;
            let number = self.turns.begun.fetch_add(1, Ordering::SeqCst) + 1;
            let message = Outgoing {
                subject: self.subjects.turn.clone(),
                expected: None,
                body: Bytes::new(),
            };
            count(&self.counters.turns, 1);
            let reason = match self.wire.store(vec![message], None).await {
                Sent::Stored(sequence) => {
                    self.life.seen(sequence);
                    *ended = (number, sequence);
                    return Ok(sequence);
                }
                Sent::Failed(error) => return Err(error),
                Sent::Refused => "it was refused".into(),
                Sent::NotTaken(reason) | Sent::Unknown(reason) => reason,
            };
            self.life.suspect();
            if asked.elapsed() > self.options.patience {
                return Err(backend(
                    &self.wire.place,
                    "asking for the newest state",
                    reason,
                ));
            }
            sleep(Kept::PAUSE).await;
        }
    }

    /// The last messages of these subjects, of a moment not before `floor`.
    pub(crate) async fn fresh_last_of(
        &self,
        subjects: &[String],
        floor: u64,
    ) -> Result<Page, StoreError> {
        let mut behind = Behind::new(self);
        loop {
            let page = self.last_of(subjects).await?;
            if page.up_to >= floor {
                return Ok(page);
            }
            behind.wait().await?;
        }
    }
}

/// Waits for a replica that is behind.
pub(crate) struct Behind<'s> {
    shared: &'s Shared,
    begin: Instant,
    pause: std::time::Duration,
}

impl<'s> Behind<'s> {
    pub(crate) fn new(shared: &'s Shared) -> Self {
        Self {
            shared,
            begin: Instant::now(),
            pause: std::time::Duration::from_micros(200),
        }
    }

    pub(crate) async fn wait(&mut self) -> Result<(), StoreError> {
        self.shared.check_open()?;
        count(&self.shared.counters.stale_reads, 1);
        if self.begin.elapsed() > self.shared.options.patience {
            let place = &self.shared.wire.place;
            return Err(backend(
                place,
                "reading",
                "the replica that answers stays behind",
            ));
        }
        sleep(self.pause).await;
        self.pause = (self.pause * 2).min(Kept::PAUSE);
        Ok(())
    }
}
