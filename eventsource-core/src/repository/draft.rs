//! From an event that was decided to one that can be stored.

use std::sync::Arc;

use crate::codec::{self, Codec, CodecError, Encoded};
use crate::environment::time::Timestamp;
use crate::event::{Event, EventSet};
use crate::message::MessageSet;
use crate::store::append::NewEvent;
use crate::store::tag::Tags;
use crate::versions::decode;

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
    /// An event of an enum, and the same as it will be read again: that is what happened, for everybody.
    pub(crate) fn of_set<E: EventSet>(&self, event: &E) -> Result<(NewEvent, E), Unencodable> {
        let name = MessageSet::name(event);
        let encoded = codec::encode(self.codec, event);
        let (encoded, read) = self.read_back(name, encoded, decode::read_back::<C, E>)?;
        let mut tags = Tags::default();
        event.tags(&mut tags);
        Ok((self.stored(encoded, tags), read))
    }

    /// An event alone.
    pub(crate) fn of_event<E: Event>(&self, event: &E) -> Result<NewEvent, Unencodable> {
        let encoded = codec::encode_one(self.codec, event);
        let (encoded, _) = self.read_back(E::NAME, encoded, decode::read_back_one::<C, E>)?;
        let mut tags = Tags::default();
        event.tags(&mut tags);
        Ok(self.stored(encoded, tags))
    }

    /// What is stored must be readable: a codec may write what it cannot read (JSON has no NaN, and writes `null`).
    fn read_back<E>(
        &self,
        name: &'static str,
        encoded: Result<Encoded, CodecError>,
        read: fn(&C, &Encoded) -> Result<E, CodecError>,
    ) -> Result<(Encoded, E), Unencodable> {
        let read = encoded.and_then(|encoded| {
            let event = read(self.codec, &encoded)?;
            Ok((encoded, event))
        });
        read.map_err(|source| Unencodable { name, source })
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
