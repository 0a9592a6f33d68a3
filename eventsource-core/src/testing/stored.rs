//! A history as it was stored once, by earlier versions of the program.

use serde_json::Value;

use crate::aggregate::{Aggregate, Root};
use crate::codec::Json;
use crate::environment::time::Timestamp;
use crate::event::Event;
use crate::repository::load::{AsOf, Fold};
use crate::store::stored_event::EventRef;
use crate::store::stream::{Position, StreamName, Version};
use crate::store::tag::TagList;

/// An event as it is stored: its name, its version and its payload as JSON. It may be of an earlier version.
#[track_caller]
pub fn stored<E: Event>(event: &E) -> (&'static str, u32, Value) {
    match serde_json::to_value(event) {
        Ok(payload) => (E::NAME, E::VERSION, payload),
        Err(error) => panic!("`{}` cannot be stored as JSON: {error}", E::NAME),
    }
}

/// The aggregate after these events.
#[track_caller]
pub(super) fn fold<'e, A: Aggregate>(
    history: impl IntoIterator<Item = (&'e str, u32, Value)>,
) -> Root<A> {
    let stream = StreamName::new(A::NAME, &1_u64).unwrap_or_else(|error| panic!("{error}"));
    let mut fold = Fold::<A, Json>::new(Json, AsOf::Now);
    for (number, (name, schema, payload)) in (1..).zip(history) {
        let payload = payload.to_string();
        let event = EventRef {
            position: Position(number),
            stream: &stream,
            version: Version(number),
            name,
            schema,
            format: Json::FORMAT,
            payload: payload.as_bytes(),
            metadata: &[],
            recorded_at: Timestamp::default(),
            tags: TagList::from_stored(""),
        };
        if let Err(problem) = fold.apply(&event) {
            panic!("the given history cannot be read: {problem}");
        }
    }
    fold.root
}
