//! The end of the log: the position of the last event, of a moment after it was asked for.

use std::sync::{Mutex, PoisonError};

use eventsource_core::{Position, StoreError};

use crate::error::damaged;
use crate::frame;
use crate::get::{Got, PAGE};
use crate::open::Shared;
use crate::place;
use crate::turn::Behind;

/// The last event of the log, as far as the log was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct End {
    /// The position of the last event.
    pub(crate) head: Position,
    /// The last message of the append that stored it: once that is there, all of it is.
    pub(crate) whole: u64,
    /// All messages up to this one were looked at.
    pub(crate) looked_at: u64,
}

/// The furthest that this process has looked.
#[derive(Debug, Default)]
pub(crate) struct Tail(Mutex<End>);

impl Tail {
    pub(crate) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = End::default();
    }

    pub(crate) fn furthest(&self) -> End {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, end: End) {
        let mut furthest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if end.looked_at > furthest.looked_at {
            *furthest = end;
        }
    }
}

impl Shared {
    /// The end of the log at a moment not before `floor`.
    pub(crate) async fn end(&self, floor: u64) -> Result<End, StoreError> {
        let mut end = self.tail.furthest();
        if floor > 0 && end.looked_at >= floor {
            return Ok(end);
        }
        // Whoever answers, what it has is there; what may be missing is looked for.
        if let Some(last) = self.last_by(&self.subjects.events).await?
            && last.sequence > end.looked_at
        {
            end = self.end_at(&last)?;
        }
        let mut behind = Behind::new(self);
        let mut floor = floor;
        while end.looked_at < floor {
            let from = end.looked_at + 1;
            let page = self.next(from, &self.subjects.everything, PAGE).await?;
            if page.messages.is_empty() {
                behind.wait().await?;
                // The message that it waits for is gone after a second.
                floor = self.floor().await?;
            }
            for message in &page.messages {
                if self.subjects.stream_in(&message.subject).is_some() {
                    end = self.end_at(message)?;
                }
                end.looked_at = message.sequence;
            }
        }
        self.tail.note(end);
        self.tide.rise(end.head);
        Ok(end)
    }

    fn end_at(&self, message: &Got) -> Result<End, StoreError> {
        let front = frame::read_front(&message.body).map_err(|_| self.unreadable(message))?;
        Ok(End {
            head: place::position(message.sequence, front.count - 1),
            whole: message.sequence + front.rest,
            looked_at: message.sequence,
        })
    }

    pub(crate) fn unreadable(&self, message: &Got) -> StoreError {
        let Got {
            sequence, subject, ..
        } = message;
        damaged(
            &self.wire.place,
            format!("message {sequence} on `{subject}` is not one of this store"),
        )
    }
}
