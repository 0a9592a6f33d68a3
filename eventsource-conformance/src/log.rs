//! The log of a store as it is in the end: the order that every recorded answer is measured by.

use std::collections::HashMap;
use std::ops::Range;

use eventsource_core::{LogScan, Store, StoredEvent, StreamScan};

use crate::broken::{Kept, Problem, ensure};
use crate::history::Seen;
use crate::sample::stream;

/// The events of a store, all of them. The state of the store at a moment is a prefix of it.
#[derive(Debug)]
pub(crate) struct Log {
    pub(crate) events: Vec<Entry>,
    /// The places of the events of each stream.
    streams: HashMap<u64, Vec<usize>>,
    /// The places of the events of each request.
    requests: HashMap<u64, Vec<usize>>,
}

/// An event in the log.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) seen: Seen,
    pub(crate) kind: u64,
    pub(crate) tags: Vec<u64>,
}

impl Log {
    /// Reads the log, and sees that it is one: positions increase, and the versions of each stream are dense.
    pub(crate) async fn read<S: Store>(store: &S) -> Kept<Self> {
        Self::of(&store.read_all(LogScan::default()).await?)
    }

    /// Sees that each stream, read by itself, is as in the log. An append that was given up may have been made since.
    pub(crate) async fn agrees_with_streams<S: Store>(&self, store: &S) -> Kept {
        for (id, places) in &self.streams {
            let own = Seen::all(&store.read_stream(StreamScan::of(stream(*id))).await?);
            let there = places.iter().map(|place| &self.events[*place].seen);
            let same = own
                .as_ref()
                .is_ok_and(|own| there.eq(own.iter().take(places.len())));
            ensure(same, || {
                format!("stream {id} by itself is not as in the log: {own:?}")
            })?;
        }
        Ok(())
    }

    fn of(events: &[StoredEvent]) -> Kept<Self> {
        let mut log = Self {
            events: Vec::new(),
            streams: HashMap::new(),
            requests: HashMap::new(),
        };
        for (place, event) in events.iter().enumerate() {
            let entry = Entry::of(event);
            let entry = entry
                .ok_or_else(|| Problem(format!("an event that nobody has written: {event:?}")))?;
            let last = log.events.last().map_or(0, |last| last.seen.position);
            ensure(entry.seen.position > last, || {
                format!("position {} comes after {last}", entry.seen.position)
            })?;
            let of_stream = log.streams.entry(entry.seen.stream).or_default();
            of_stream.push(place);
            ensure(entry.seen.version == of_stream.len() as u64, || {
                format!(
                    "event {} of stream {} has version {}",
                    of_stream.len(),
                    entry.seen.stream,
                    entry.seen.version
                )
            })?;
            log.requests
                .entry(entry.seen.request)
                .or_default()
                .push(place);
            log.events.push(entry);
        }
        Ok(log)
    }

    /// How many events stand at or before this position.
    pub(crate) fn up_to(&self, position: u64) -> usize {
        self.events
            .partition_point(|entry| entry.seen.position <= position)
    }

    /// The version of a stream after so many events.
    pub(crate) fn version(&self, stream: u64, events: usize) -> u64 {
        let places = self.streams.get(&stream).map_or(&[][..], Vec::as_slice);
        places.partition_point(|place| *place < events) as u64
    }

    /// The event of a stream with this version.
    pub(crate) fn at_version(&self, stream: u64, version: u64) -> Option<&Seen> {
        let index = usize::try_from(version.checked_sub(1)?).ok()?;
        Some(&self.events[*self.streams.get(&stream)?.get(index)?].seen)
    }

    /// Which requests are in the log, in no order.
    pub(crate) fn requests(&self) -> impl Iterator<Item = u64> {
        self.requests.keys().copied()
    }

    /// Where the events of a request are, if they are there; they must be all of them, once, and side by side.
    pub(crate) fn request(&self, id: u64, records: usize) -> Kept<Option<Range<usize>>> {
        let Some(places) = self.requests.get(&id) else {
            return Ok(None);
        };
        let range = places[0]..places[0] + records;
        let indexes = places.iter().map(|place| self.events[*place].seen.index);
        ensure(
            places.iter().copied().eq(range.clone()) && indexes.eq(0..records),
            || {
                let there: Vec<_> = places
                    .iter()
                    .map(|place| &self.events[*place].seen)
                    .collect();
                format!(
                    "request {id} of {records} events is not there once, whole and in order: {there:?}"
                )
            },
        )?;
        Ok(Some(range))
    }
}

impl Entry {
    fn of(event: &StoredEvent) -> Option<Self> {
        let tags = event
            .tags()
            .iter()
            .map(|tag| tag.strip_prefix("t:")?.parse().ok());
        Some(Self {
            seen: Seen::of(event)?,
            kind: event.name.strip_prefix("type.")?.parse().ok()?,
            tags: tags.collect::<Option<_>>()?,
        })
    }
}
