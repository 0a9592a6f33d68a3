//! Events, streams and random numbers for the tests.

use std::sync::Arc;

use eventsource_core::{
    Append, AppendError, Appended, NewEvent, Store, StreamName, Tag, Timestamp, Version,
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
) -> Result<Version, eventsource_core::StoreError> {
    let events = store
        .read_stream(eventsource_core::StreamScan::of(stream))
        .await?;
    Ok(events.last().map_or(Version::NONE, |event| event.version))
}

/// Numbers that look random and are the same each time (SplitMix64).
#[derive(Debug, Clone)]
pub struct Random(pub u64);

impl Random {
    /// A number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit.max(1)
    }

    /// True once in `times` calls, about.
    pub fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }
}
