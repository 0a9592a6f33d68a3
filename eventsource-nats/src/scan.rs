//! Reading the log: all events, or those under the subjects of tags and indexed types, of which the server has copies. Types
//! that are not indexed are sifted here.

use std::collections::VecDeque;
use std::ops::ControlFlow;

use eventsource_core::{
    EventRef, LogScan, Position, Query, QueryItem, StoreError, StoredEvent, StreamName, Visit,
};

use crate::frame;
use crate::get::{Got, PAGE};
use crate::known::Last;
use crate::open::Shared;
use crate::place;
use crate::tail::End;
use crate::turn::Behind;

impl Shared {
    /// The subjects of which at least one has a copy of every event that matches this alternative; `None` if that are no
    /// others than those of all events. Of several tags the first will do, since a matching event has them all.
    pub(crate) fn terms(&self, item: &QueryItem) -> Option<Vec<String>> {
        if let Some(tag) = item.tags.first() {
            return Some(vec![self.subjects.tag(tag)]);
        }
        let indexed = |name: &str| self.indexed_types.iter().any(|own| own == name);
        let all = !item.types.is_empty() && item.types.iter().all(|name| indexed(name));
        all.then(|| {
            let types = item.types.iter();
            types.map(|name| self.subjects.kind(name)).collect()
        })
    }

    /// The same for a query.
    pub(crate) fn terms_of(&self, query: &Query) -> Option<Vec<String>> {
        if query.items().is_empty() {
            return None;
        }
        let terms: Option<Vec<_>> = query.items().iter().map(|item| self.terms(item)).collect();
        let mut terms = terms?.concat();
        terms.sort_unstable();
        terms.dedup();
        Some(terms)
    }

    /// Shows events of the log, and says up to where everything was looked at.
    pub(crate) async fn scan_all<V: Visit>(
        &self,
        scan: &LogScan,
        visitor: &mut V,
    ) -> Result<Position, StoreError> {
        self.check_open()?;
        self.look_at_life().await?;
        let floor = self.floor().await?;
        let mut left = scan.limit.unwrap_or(usize::MAX);
        let show = |event: EventRef<'_>| {
            left -= 1;
            match visitor.visit(event) {
                ControlFlow::Continue(()) if left > 0 => ControlFlow::Continue(()),
                _ => ControlFlow::Break(()),
            }
        };
        self.look(scan, floor, show).await
    }

    /// The same with a closure, as of a moment not before `floor`.
    pub(crate) async fn look(
        &self,
        scan: &LogScan,
        floor: u64,
        show: impl FnMut(EventRef<'_>) -> ControlFlow<()>,
    ) -> Result<Position, StoreError> {
        if scan.limit == Some(0) {
            self.end_beyond(scan.after, floor).await?;
            return Ok(scan.after);
        }
        match self.terms_of(&scan.query) {
            Some(terms) => self.look_at_copies(scan, terms, floor, show).await,
            None => self.look_at_all(scan, floor, show).await,
        }
    }

    /// The end of the log, which must not be before this position.
    async fn end_beyond(&self, after: Position, floor: u64) -> Result<End, StoreError> {
        let end = self.end(floor).await?;
        if after > end.head {
            return Err(StoreError::BeyondHead {
                asked: after,
                head: end.head,
            });
        }
        Ok(end)
    }

    async fn look_at_all(
        &self,
        scan: &LogScan,
        floor: u64,
        mut show: impl FnMut(EventRef<'_>) -> ControlFlow<()>,
    ) -> Result<Position, StoreError> {
        let mut sifted = |message: &Got| -> Result<Looked, StoreError> {
            let stream = self.subjects.stream_in(&message.subject);
            let stream = stream.ok_or_else(|| self.unreadable(message))?;
            let (mut last, mut stopped) = (Position::START, false);
            let read = frame::read_events(&message.body, |index, version, event| {
                let position = place::position(message.sequence, index);
                last = position;
                let event = event.at(position, &stream, version);
                stopped = position > scan.after
                    && scan.query.matches_event(&event)
                    && show(event).is_break();
                !stopped
            });
            read.map_err(|_| self.unreadable(message))?;
            let front = frame::read_front(&message.body).map_err(|_| self.unreadable(message))?;
            Ok(Looked {
                last,
                whole: message.sequence + front.rest,
                stopped,
            })
        };
        // From the message on that the position is in: it is there, unless the position is of another life.
        let mut from = place::sequence(scan.after).max(1);
        let (mut seen, mut whole) = (Position::START, 0);
        loop {
            let page = self.next(from, &self.subjects.events, page(scan)).await?;
            for message in &page.messages {
                from = message.sequence + 1;
                let looked = sifted(message)?;
                (seen, whole) = (looked.last, looked.whole);
                if looked.stopped {
                    return Ok(seen);
                }
            }
            if !page.more {
                break;
            }
        }
        if seen < scan.after {
            // Nothing is there: the end, or a position that there never was.
            seen = scan.after;
            let end = self.end_beyond(scan.after, floor).await?;
            if end.head == scan.after {
                return Ok(seen);
            }
        }
        // Up to the floor there may be events that this replica does not have yet, and the last append may be there in part.
        let (mut behind, mut floor) = (Behind::new(self), floor.max(whole));
        if from <= self.tail.furthest().looked_at && self.tail.furthest().head <= seen {
            from = self.tail.furthest().looked_at + 1;
        }
        while from <= floor {
            let page = self.next(from, &self.subjects.everything, PAGE).await?;
            if page.messages.is_empty() {
                behind.wait().await?;
                // The message that it waits for is gone after a second.
                floor = self.floor().await?.max(whole);
            }
            for message in &page.messages {
                from = message.sequence + 1;
                if self.subjects.stream_in(&message.subject).is_some() {
                    let looked = sifted(message)?;
                    (seen, floor) = (looked.last, floor.max(looked.whole));
                    if looked.stopped {
                        return Ok(seen);
                    }
                }
            }
        }
        self.tide.rise(seen);
        Ok(seen)
    }

    /// Reads the copies under these subjects side by side, in the order of the events.
    async fn look_at_copies(
        &self,
        scan: &LogScan,
        terms: Vec<String>,
        floor: u64,
        mut show: impl FnMut(EventRef<'_>) -> ControlFlow<()>,
    ) -> Result<Position, StoreError> {
        let end = self.end_beyond(scan.after, floor).await?;
        if end.head == scan.after {
            return Ok(end.head);
        }
        // The copies of an append come after its events.
        let last = self.fresh_last_of(&terms, floor.max(end.whole)).await?;
        let mut columns: Vec<Column> = Vec::new();
        for message in last.messages {
            self.note_copies(&message)?;
            columns.push(Column {
                from: place::sequence(scan.after).max(1),
                last: message.sequence,
                term: message.subject,
                events: VecDeque::new(),
            });
        }
        loop {
            for column in &mut columns {
                while column.events.is_empty() && column.from <= column.last {
                    self.fill(column, scan, end.head).await?;
                }
            }
            let first = columns
                .iter()
                .filter_map(|column| column.events.front())
                .map(|event| event.position)
                .min();
            let Some(first) = first else {
                return Ok(end.head);
            };
            let mut shown = false;
            for column in &mut columns {
                if column
                    .events
                    .front()
                    .is_some_and(|event| event.position == first)
                    && let Some(event) = column.events.pop_front()
                    && !std::mem::replace(&mut shown, true)
                    && show(event.as_ref()).is_break()
                {
                    return Ok(first);
                }
            }
        }
    }

    /// Reads more of the copies under one subject: those after the position and not after the head that match.
    async fn fill(
        &self,
        column: &mut Column,
        scan: &LogScan,
        head: Position,
    ) -> Result<(), StoreError> {
        let page = self.next(column.from, &column.term, PAGE).await?;
        if page.messages.is_empty() {
            // It was there a moment ago, on another replica.
            return Behind::new(self).wait().await;
        }
        for message in page.messages {
            column.from = message.sequence + 1;
            let copies =
                frame::read_copies(&message.body).map_err(|_| self.unreadable(&message))?;
            for copy in copies {
                let sequence = message.sequence.saturating_sub(copy.back);
                let position = place::position(sequence, copy.index);
                if position <= scan.after || position > head {
                    continue;
                }
                let event = match &copy.event {
                    Some((stream, version, event)) => {
                        let stream =
                            StreamName::parse(stream).map_err(|_| self.unreadable(&message))?;
                        event.at(position, &stream, *version).to_stored()
                    }
                    None => self.event_at(position, &message).await?,
                };
                if scan.query.matches_event(&event.as_ref()) {
                    column.events.push_back(event);
                }
            }
        }
        Ok(())
    }

    /// The event at this position, which is named by this message.
    async fn event_at(
        &self,
        position: Position,
        named_by: &Got,
    ) -> Result<StoredEvent, StoreError> {
        let sequence = place::sequence(position);
        let mut behind = Behind::new(self);
        let message = loop {
            let page = self.next(sequence, &self.subjects.events, 1).await?;
            match page.messages.into_iter().next() {
                Some(message) => break message,
                None => behind.wait().await?,
            }
        };
        let stream = self.subjects.stream_in(&message.subject);
        let stream = stream.ok_or_else(|| self.unreadable(&message))?;
        let mut found = None;
        let read = frame::read_events(&message.body, |index, version, event| {
            if place::position(message.sequence, index) == position {
                found = Some(event.at(position, &stream, version).to_stored());
            }
            found.is_none()
        });
        read.map_err(|_| self.unreadable(&message))?;
        found.ok_or_else(|| self.unreadable(named_by))
    }

    /// Remembers the last message of copies under a subject.
    pub(crate) fn note_copies(&self, message: &Got) -> Result<Last, StoreError> {
        let copies = frame::read_copies(&message.body).map_err(|_| self.unreadable(message))?;
        let position = copies
            .last()
            .map(|copy| place::position(message.sequence.saturating_sub(copy.back), copy.index));
        let last = Last {
            sequence: message.sequence,
            position: position.unwrap_or_default(),
            ..Last::default()
        };
        self.known.note(&message.subject, last);
        Ok(last)
    }
}

/// What came of looking at one message.
struct Looked {
    last: Position,
    /// The last message of the append that stored it.
    whole: u64,
    stopped: bool,
}

/// The copies under one subject, as far as they were read and not shown.
struct Column {
    term: String,
    from: u64,
    last: u64,
    events: VecDeque<StoredEvent>,
}

/// How many messages to ask for: where few events are wanted and each will do, not many.
fn page(scan: &LogScan) -> usize {
    match scan.limit {
        Some(limit) if scan.query.items().is_empty() => limit.saturating_add(1).min(PAGE),
        _ => PAGE,
    }
}
