//! Reading one stream, and what was stored under a key.

use std::ops::ControlFlow;

use eventsource_core::{
    EventRef, Key, StoreError, StoredEvent, StreamName, StreamScan, Version, Visit,
};
use futures_util::future::try_join;

use crate::frame::{self, Under};
use crate::get::{Got, PAGE, Page};
use crate::known::Last;
use crate::open::Shared;
use crate::place;
use crate::turn::Behind;

/// How many events a scan from the last to the first reads at a time.
const BACKWARDS: u64 = 1_000;

/// How far a range has to be read at least.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Goal {
    /// To what there was at a moment not before this message; 0 for what this process has seen.
    Floor(u64),
    /// To this message, which is the last one of the stream, or was.
    Last(u64),
}

/// Streams that are no longer than this are read from the beginning, whatever part of them is asked for.
const SHORT: u64 = 64;

impl Shared {
    /// Shows the events of a stream.
    pub(crate) async fn scan_stream<V: Visit>(
        &self,
        scan: &StreamScan,
        visitor: &mut V,
    ) -> Result<(), StoreError> {
        self.check_open()?;
        self.look_at_life().await?;
        if scan.limit == Some(0) {
            return Ok(());
        }
        if scan.backwards {
            return Box::pin(self.scan_backwards(scan, visitor)).await;
        }
        let floor = match scan.may_lag {
            true => 0,
            false => self.floor().await?,
        };
        let mut left = scan.limit.unwrap_or(usize::MAX);
        let range = (scan.after, scan.until.unwrap_or(Version(u64::MAX)));
        self.range(&scan.stream, range, Goal::Floor(floor), |event| {
            left -= 1;
            match visitor.visit(event) {
                ControlFlow::Continue(()) if left > 0 => ControlFlow::Continue(()),
                _ => ControlFlow::Break(()),
            }
        })
        .await
    }

    async fn scan_backwards<V: Visit>(
        &self,
        scan: &StreamScan,
        visitor: &mut V,
    ) -> Result<(), StoreError> {
        let floor = self.floor().await?;
        let subject = self.subjects.stream(&scan.stream);
        let last = self.fresh_last(&subject, floor).await?;
        let mut high = scan.until.unwrap_or(last.version).min(last.version);
        let mut left = scan.limit.unwrap_or(usize::MAX);
        while high > scan.after && left > 0 {
            let some = BACKWARDS.min(u64::try_from(left).unwrap_or(u64::MAX));
            let low = Version(high.0.saturating_sub(some)).max(scan.after);
            let mut events: Vec<StoredEvent> = Vec::new();
            let goal = Goal::Last(last.sequence);
            self.range(&scan.stream, (low, high), goal, |event| {
                events.push(event.to_stored());
                ControlFlow::Continue(())
            })
            .await?;
            for event in events.iter().rev() {
                left -= 1;
                if visitor.visit(event.as_ref()).is_break() || left == 0 {
                    return Ok(());
                }
            }
            high = low;
        }
        Ok(())
    }

    /// Shows the events of a stream after the one version and up to the other one.
    pub(crate) async fn range(
        &self,
        stream: &StreamName,
        (after, until): (Version, Version),
        goal: Goal,
        mut show: impl FnMut(EventRef<'_>) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let subject = self.subjects.stream(stream);
        let Some(mut from) = self.begin_of(&subject, after).await? else {
            return Ok(());
        };
        let first = self.next(from, &subject, PAGE);
        let (mut end, mut page) = match goal {
            Goal::Last(last) => (last, first.await?),
            // Not behind what this process has seen: its own appends would be refused.
            Goal::Floor(0) => {
                let known = self.known.get(&subject).unwrap_or_default();
                (known.sequence, first.await?)
            }
            // The end, which must be reached, is asked for at the same time.
            Goal::Floor(floor) => {
                let (last, page) = try_join(self.fresh_last(&subject, floor), first).await?;
                if last.sequence == 0 {
                    return Ok(());
                }
                (last.sequence, page)
            }
        };
        let mut behind = Behind::new(self);
        loop {
            let Page { messages, more, .. } = page;
            let mut last = None;
            for message in &messages {
                from = message.sequence + 1;
                let unreadable = |_| self.unreadable(message);
                let front = frame::read_front(&message.body).map_err(unreadable)?;
                last = Some((message.sequence, front));
                let broken = frame::read_events(&message.body, |index, version, event| {
                    if version > until {
                        return false;
                    }
                    let position = place::position(message.sequence, index);
                    version <= after || show(event.at(position, stream, version)).is_continue()
                });
                if broken.map_err(unreadable)? || front.last() >= until {
                    return Ok(());
                }
            }
            if let Some((sequence, front)) = last {
                if !more {
                    let note = Last {
                        sequence,
                        version: front.last(),
                        ..Last::default()
                    };
                    self.known.note(&subject, note);
                }
                self.life.seen(sequence);
                // The rest of an append may be stored a moment later than its beginning: it is there whole, or not yet.
                let whole = sequence + front.rest;
                if !more && front.rest > 0 && self.tail.furthest().looked_at < whole {
                    let last = self.fresh_last(&subject, whole).await?;
                    end = end.max(last.sequence);
                }
            } else if from <= end {
                behind.wait().await?;
            }
            if !more && from > end {
                return Ok(());
            }
            page = self.next(from, &subject, PAGE).await?;
        }
    }

    /// The last message of a stream, of a moment not before `floor`.
    async fn fresh_last(&self, subject: &str, floor: u64) -> Result<Last, StoreError> {
        let subjects = [subject.to_owned()];
        let page = self.fresh_last_of(&subjects, floor).await?;
        match page.messages.first() {
            Some(message) => self.last_in(message),
            None => Ok(Last::default()),
        }
    }

    /// What is to be remembered of the last message of a stream.
    pub(crate) fn last_in(&self, message: &Got) -> Result<Last, StoreError> {
        let front = frame::read_front(&message.body).map_err(|_| self.unreadable(message))?;
        Ok(Last {
            sequence: message.sequence,
            version: front.last(),
            ..Last::default()
        })
    }

    /// Where to begin to read a stream after a version; `None` if no event can be after it.
    async fn begin_of(&self, subject: &str, after: Version) -> Result<Option<u64>, StoreError> {
        let known = self.known.get(subject).unwrap_or_default();
        if after == u64::MAX {
            return Ok(None);
        }
        if known.sequence > 0 && known.version <= after {
            return Ok(Some(known.sequence));
        }
        if after.0 < SHORT {
            return Ok(Some(1));
        }
        self.find(subject, after).await.map(Some)
    }

    /// The number of a message from which on everything after this version is there, by halving.
    pub(crate) async fn find(&self, subject: &str, after: Version) -> Result<u64, StoreError> {
        let Some(last) = self.last_by(subject).await? else {
            return Ok(1);
        };
        let last = self.last_in(&last)?;
        if last.version <= after {
            return Ok(last.sequence);
        }
        // The message at `low` begins not after what is looked for, the one at `high` does.
        let (mut low, mut high) = (1, last.sequence);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            let page = self.next(middle, subject, 1).await?;
            let Some(message) = page.messages.first() else {
                high = middle;
                continue;
            };
            let found = self.last_in(message)?;
            if found.version <= after {
                low = message.sequence;
                if found.version == after {
                    break;
                }
            } else {
                high = middle;
            }
            // A few events too many are read sooner than looked for.
            let front = frame::read_front(&message.body).map_err(|_| self.unreadable(message))?;
            if front.first <= after && found.version > after {
                return Ok(message.sequence);
            }
        }
        Ok(low)
    }

    /// What was stored under a key, as of a moment not before `floor`.
    pub(crate) async fn under(&self, key: Key, floor: u64) -> Result<Option<Under>, StoreError> {
        let page = self
            .fresh_last_of(&[self.subjects.key(key.id)], floor)
            .await?;
        let found = page.messages.first();
        found.map(|message| self.under_in(message)).transpose()
    }

    /// What a key's message says.
    pub(crate) fn under_in(&self, message: &Got) -> Result<Under, StoreError> {
        frame::read_outcome(&message.body, message.sequence).map_err(|_| self.unreadable(message))
    }
}
