//! From an event that was decided to one that can be stored.

use std::sync::Arc;

use crate::append::NewEvent;
use crate::codec::{self, Codec, CodecError, Encoded};
use crate::decode;
use crate::event::{Event, EventSet};
use crate::message::MessageSet;
use crate::tag::Tags;
use crate::time::Timestamp;

/// What the events of one decision have in common.
pub(crate) struct Draft<'a, C> {
    pub(crate) codec: &'a C,
    pub(crate) now: Timestamp,
    pub(crate) metadata: &'a Arc<[u8]>,
}

/// An event that cannot be stored, or could not be read again.
pub(crate) struct Unencodable {
    pub(crate) name: &'static str,
    pub(crate) source: CodecError,
}

impl<C: Codec> Draft<'_, C> {
    /// An event of an enum.
    pub(crate) fn of_set<E: EventSet>(&self, event: &E) -> Result<NewEvent, Unencodable> {
        let name = MessageSet::name(event);
        let encoded = codec::encode(self.codec, event);
        let (encoded, mut tags) = (
            self.read_back(name, encoded, decode::check::<C, E>)?,
            Tags::default(),
        );
        event.tags(&mut tags);
        Ok(self.stored(encoded, tags))
    }

    /// An event alone.
    pub(crate) fn of_event<E: Event>(&self, event: &E) -> Result<NewEvent, Unencodable> {
        let encoded = codec::encode_one(self.codec, event);
        let (encoded, mut tags) = (
            self.read_back(E::NAME, encoded, decode::check_one::<C, E>)?,
            Tags::default(),
        );
        event.tags(&mut tags);
        Ok(self.stored(encoded, tags))
    }

    /// What is stored must be readable: a codec may write what it cannot read (JSON has no NaN, and writes `null`).
    fn read_back(
        &self,
        name: &'static str,
        encoded: Result<Encoded, CodecError>,
        check: fn(&C, &Encoded) -> Result<(), CodecError>,
    ) -> Result<Encoded, Unencodable> {
        let checked = encoded.and_then(|encoded| {
            check(self.codec, &encoded)?;
            Ok(encoded)
        });
        checked.map_err(|source| Unencodable { name, source })
    }

    fn stored(&self, encoded: Encoded, tags: Tags) -> NewEvent {
        NewEvent {
            name: encoded.name.into(),
            schema: encoded.version,
            format: self.codec.format().into(),
            payload: encoded.payload,
            metadata: Arc::clone(self.metadata),
            recorded_at: self.now,
            tags: tags.into_vec(),
        }
    }
}
