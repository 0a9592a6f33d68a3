//! Events, streams and their positions for the tests.

use std::sync::Arc;

use eventsource_core::{
    Append, AppendError, Appended, LogScan, NewEvent, Position, Store, StoreError, StreamName, Tag,
    Timestamp, Version,
};

/// An event called `name`, with `number` as its payload.
#[must_use]
pub fn event(name: &str, number: u64) -> NewEvent {
    NewEvent {
        name: name.to_owned().into(),
        schema: 1,
        format: "json".into(),
        payload: number.to_string().into_bytes(),
        metadata: [].into(),
        recorded_at: Timestamp::from_micros(1_700_000_000_000_000),
        tags: Vec::new(),
    }
}

/// The same with tags.
#[must_use]
pub fn tagged(name: &str, number: u64, tags: &[Tag]) -> NewEvent {
    NewEvent {
        tags: tags.to_vec(),
        ..event(name, number)
    }
}

/// The stream `sample/<id>`.
#[must_use]
pub fn stream(id: u64) -> StreamName {
    StreamName::new("sample", &id)
        .unwrap_or_else(|error| unreachable!("a number is a good id: {error}"))
}

/// `count` events for a stream, without a check.
#[must_use]
pub fn some(stream: StreamName, count: u64) -> Append {
    (0..count).fold(Append::to(stream), |append, number| {
        append.event(event("sample.made", number))
    })
}

pub(crate) async fn fill<S: Store>(
    store: &S,
    stream: StreamName,
    count: u64,
) -> Result<Appended, AppendError> {
    store.append(Arc::new(some(stream, count))).await
}

pub(crate) async fn version<S: Store>(
    store: &S,
    stream: StreamName,
) -> Result<Version, StoreError> {
    let events = store
        .read_stream(eventsource_core::StreamScan::of(stream))
        .await?;
    Ok(events.last().map_or(Version::NONE, |event| event.version))
}

/// Where the events of a store are, so that a test can count them without knowing how positions are given out.
#[derive(Debug)]
pub(crate) struct Positions(Vec<Position>);

impl Positions {
    pub(crate) async fn of<S: Store>(store: &S) -> Result<Self, StoreError> {
        let events = store.read_all(LogScan::default()).await?;
        let positions = events.iter().map(|event| event.position);
        Ok(Self(
            std::iter::once(Position::START).chain(positions).collect(),
        ))
    }

    /// The position of the event with this number, counted from 1; 0 is the start.
    pub(crate) fn at(&self, number: u64) -> Position {
        let index = usize::try_from(number).unwrap_or(usize::MAX);
        self.0.get(index).copied().unwrap_or(Position(u64::MAX))
    }

    /// The number of the event at this position; `None` if there is none.
    pub(crate) fn number(&self, position: Position) -> Option<u64> {
        self.0
            .binary_search(&position)
            .ok()
            .map(|index| index as u64)
    }

    /// The positions of the events with these numbers.
    pub(crate) fn all(&self, numbers: impl IntoIterator<Item = u64>) -> Vec<u64> {
        numbers
            .into_iter()
            .map(|number| self.at(number).0)
            .collect()
    }
}
