//! Payloads as [MessagePack](https://msgpack.org): shorter than JSON, and as tolerant of change, since fields go by their
//! names.
//!
//! A stored event says which format it is in. So a store may hold a mixture: what was written as JSON is read as it is,
//! and only new events become shorter.
//!
//! ```
//! use eventsource_core::MemoryStore;
//! use eventsource_core::prelude::*;
//! use eventsource_messagepack::MessagePack;
//! # #[event(name = "counted")] pub struct Counted;
//! # #[derive(Debug, thiserror::Error)] #[error("never")] pub struct Never;
//! # #[aggregate(id = String, error = Never, events(Counted), commands(Count))]
//! # #[derive(Default)] pub struct Counter { count: u64 }
//! # #[apply] impl Counter { fn counted(&mut self, _: &Counted) { self.count += 1 } }
//! # #[handle] impl Counter { #[command] pub fn count(&self) -> Result<Counted, Never> { Ok(Counted) } }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (store, id) = (MemoryStore::new(), "visits".to_owned());
//! Repository::<Counter, _>::new(store.clone()).execute(&id, Count).await?;
//!
//! let counters = Repository::<Counter, _>::new(store).codec(MessagePack);
//! counters.execute(&id, Count).await?;
//! assert_eq!(counters.load(&id).await?.count, 2);
//! # Ok(()) }
//! ```
//!
//! Whoever reads such events decodes them with this codec: `events.decode_with(&MessagePack)`, `store.decide_with(MessagePack,
//! …)`, `Repository::codec`. An earlier version whose JSON becomes today's by `upcast` must be stored as JSON; for one that
//! is stored as MessagePack there are structs of the earlier versions.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

use eventsource_core::{Codec, CodecError, Json, JsonUpcast};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Writes MessagePack with the names of the fields; reads it, and JSON.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MessagePack;

impl MessagePack {
    /// The name of the format.
    pub const FORMAT: &'static str = "messagepack";
}

impl Codec for MessagePack {
    fn format(&self) -> &'static str {
        Self::FORMAT
    }

    /// Nothing is written as a map without entries, as a struct without fields is: it may get some later.
    fn encode<T: Serialize>(&self, value: &T, into: &mut Vec<u8>) -> Result<(), CodecError> {
        let start = into.len();
        let mut serializer = rmp_serde::Serializer::new(&mut *into).with_struct_map();
        value.serialize(&mut serializer).map_err(CodecError::new)?;
        if NOTHING.contains(&&into[start..]) {
            into.truncate(start);
            into.extend_from_slice(EMPTY_MAP);
        }
        Ok(())
    }

    fn decode<T: DeserializeOwned>(&self, format: &str, payload: &[u8]) -> Result<T, CodecError> {
        match format {
            Self::FORMAT => decode(payload),
            Json::FORMAT => Json.decode(format, payload),
            _ => Err(CodecError::UnknownFormat {
                format: format.into(),
                known: "messagepack` and `json",
            }),
        }
    }

    fn decode_upcast<T: DeserializeOwned>(
        &self,
        format: &str,
        payload: &[u8],
        steps: &[JsonUpcast],
    ) -> Result<T, CodecError> {
        match format {
            Json::FORMAT => Json.decode_upcast(format, payload, steps),
            _ => Err(CodecError::NotJson {
                format: format.into(),
            }),
        }
    }
}

const EMPTY_MAP: &[u8] = &[0x80];
/// How nothing is written: as a struct without fields, a unit struct, a unit.
const NOTHING: [&[u8]; 3] = [EMPTY_MAP, &[0x90], &[0xc0]];

fn decode<T: DeserializeOwned>(payload: &[u8]) -> Result<T, CodecError> {
    let decoded = whole(payload);
    if decoded.is_ok() || !NOTHING.contains(&payload) {
        return decoded;
    }
    // A unit struct reads one of them, one with optional fields another: they mean the same here.
    let other = NOTHING.iter().find_map(|nothing| whole(nothing).ok());
    other.map_or(decoded, Ok)
}

/// Reads a value that takes up the payload: bytes left over are a damaged payload, or the wrong type.
fn whole<T: DeserializeOwned>(payload: &[u8]) -> Result<T, CodecError> {
    let mut rest = payload;
    let value = rmp_serde::from_read(&mut rest).map_err(CodecError::new)?;
    match rest.len() {
        0 => Ok(value),
        left => Err(CodecError::new(format!(
            "{left} bytes are left over after the value"
        ))),
    }
}
