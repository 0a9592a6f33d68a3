//! An event as a store shows it: borrowed while it is looked at, or copied; not decoded yet.

use std::fmt;

use crate::codec::{self, DecodeError, Json};
use crate::environment::time::Timestamp;
use crate::event::{Event, EventSet};
use crate::message::UnknownMessage;
use crate::store::stream::{Position, StreamName, Version};
use crate::store::tag::TagList;
use crate::versions::decode;

/// A stored event, borrowed from the store for as long as it is looked at.
#[derive(Debug, Clone, Copy)]
pub struct EventRef<'a> {
    /// Its position in the store.
    pub position: Position,
    /// The name of its stream.
    pub stream: &'a StreamName,
    /// Its version in its stream.
    pub version: Version,
    /// Its stored name.
    pub name: &'a str,
    /// The version of the payload's shape.
    pub schema: u32,
    /// The codec that wrote the payload.
    pub format: &'a str,
    /// The encoded event.
    pub payload: &'a [u8],
    /// The encoded [`Metadata`](crate::Metadata); may be empty.
    pub metadata: &'a [u8],
    /// When it was decided.
    pub recorded_at: Timestamp,
    /// What it is about, beside its stream.
    pub tags: TagList<'a>,
}

impl EventRef<'_> {
    /// An owned copy.
    #[must_use]
    pub fn to_stored(&self) -> StoredEvent {
        StoredEvent {
            position: self.position,
            stream: self.stream.clone(),
            version: self.version,
            name: self.name.into(),
            schema: self.schema,
            format: self.format.into(),
            payload: self.payload.into(),
            metadata: self.metadata.into(),
            recorded_at: self.recorded_at,
            tags: self.tags.as_stored().into(),
        }
    }
}

/// A stored event, as it was written: not decoded yet.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its position in the store.
    pub position: Position,
    /// The name of its stream.
    pub stream: StreamName,
    /// Its version in its stream.
    pub version: Version,
    /// Its stored name.
    pub name: Box<str>,
    /// The version of the payload's shape.
    pub schema: u32,
    /// The codec that wrote the payload.
    pub format: Box<str>,
    /// The encoded event.
    pub payload: Box<[u8]>,
    /// The encoded [`Metadata`](crate::Metadata); may be empty.
    pub metadata: Box<[u8]>,
    /// When it was decided.
    pub recorded_at: Timestamp,
    /// What it is about, beside its stream, as the text of a [`TagList`].
    pub tags: Box<str>,
}

impl StoredEvent {
    /// Its payload and metadata, in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.payload.len() + self.metadata.len()
    }

    /// What it is about, beside its stream.
    #[must_use]
    pub fn tags(&self) -> TagList<'_> {
        TagList::from_stored(&self.tags)
    }

    /// Decodes the event, which was written as JSON, into an aggregate's enum or one of your own with
    /// `#[derive(Event)]`. For other codecs there is [`codec::decode`](crate::codec::decode).
    pub fn decode<E: EventSet>(&self) -> Result<E, DecodeError> {
        codec::decode(&Json, &self.as_ref())
    }

    /// Decodes the event, which was written as JSON, as the events of `E` that it is today: one; several, if it was
    /// split; none, if it was retired. They share this event's position, so a checkpoint moves when all are done with.
    ///
    /// A type that `E` does not know, or a version newer than those that it knows, is an error that says so. To skip
    /// either is for the caller to say: [`decode_known`](Self::decode_known), or a match on [`DecodeError::Unknown`].
    pub fn decode_all<E: EventSet>(&self) -> Result<Vec<E>, DecodeError> {
        codec::decode_all(&Json, &self.as_ref())
    }

    /// The same, but an event of a type that `E` does not list at all is skipped: it is none of `E`. A newer version of
    /// one that it lists is an error all the same, since it would be missed.
    pub fn decode_known<E: EventSet>(&self) -> Result<Vec<E>, DecodeError> {
        match self.decode_all() {
            Err(DecodeError::Unknown(UnknownMessage { newest: None, .. })) => Ok(Vec::new()),
            decoded => decoded,
        }
    }

    /// Decodes the event, which was written as JSON, into the struct that it was made of, or that it becomes.
    pub fn decode_as<E: Event>(&self) -> Result<E, DecodeError> {
        decode::decode_one(&Json, &self.as_ref())
    }

    /// The same, borrowed.
    #[must_use]
    pub fn as_ref(&self) -> EventRef<'_> {
        EventRef {
            position: self.position,
            stream: &self.stream,
            version: self.version,
            name: &self.name,
            schema: self.schema,
            format: &self.format,
            payload: &self.payload,
            metadata: &self.metadata,
            recorded_at: self.recorded_at,
            tags: self.tags(),
        }
    }
}

impl fmt::Debug for StoredEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredEvent")
            .field("position", &self.position.0)
            .field("stream", &self.stream.as_str())
            .field("version", &self.version.0)
            .field("name", &self.name)
            .field("schema", &self.schema)
            .field("payload", &String::from_utf8_lossy(&self.payload))
            .finish_non_exhaustive()
    }
}
