//! How payloads become bytes. A stored event says which codec wrote it.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::event::Event;
use crate::message::{self, MessageReader, MessageSet, MessageWriter, UnknownMessage};
use crate::stored_event::EventRef;

/// Encodes and decodes payloads.
///
/// A codec may read more formats than the one that it writes, so that a store can hold a mixture.
pub trait Codec: Clone + Send + Sync + 'static {
    /// The name of the format that it writes, stored with each event.
    fn format(&self) -> &'static str;

    /// Adds the encoded value to `into`.
    fn encode<T: Serialize>(&self, value: &T, into: &mut Vec<u8>) -> Result<(), CodecError>;

    /// Decodes a payload that was written in `format`.
    fn decode<T: DeserializeOwned>(&self, format: &str, payload: &[u8]) -> Result<T, CodecError>;
}

/// JSON, the default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Json;

impl Json {
    /// The name of the format.
    pub const FORMAT: &'static str = "json";
}

impl Codec for Json {
    fn format(&self) -> &'static str {
        Self::FORMAT
    }

    /// Nothing is written as `{}`, as a struct without fields is: it may get some later.
    fn encode<T: Serialize>(&self, value: &T, into: &mut Vec<u8>) -> Result<(), CodecError> {
        let start = into.len();
        serde_json::to_writer(&mut *into, value).map_err(CodecError::new)?;
        if into[start..] == *NULL {
            into.truncate(start);
            into.extend_from_slice(EMPTY);
        }
        Ok(())
    }

    fn decode<T: DeserializeOwned>(&self, format: &str, payload: &[u8]) -> Result<T, CodecError> {
        if format != Self::FORMAT {
            return Err(CodecError::UnknownFormat {
                format: format.into(),
                known: Self::FORMAT,
            });
        }
        let decoded = serde_json::from_slice(payload);
        let other = match payload {
            EMPTY => NULL,
            NULL => EMPTY,
            _ => return decoded.map_err(CodecError::new),
        };
        // A unit struct reads `null`, one with optional fields reads `{}`: the two mean the same here.
        decoded.or_else(|error| serde_json::from_slice(other).map_err(|_| CodecError::new(error)))
    }
}

const NULL: &[u8] = b"null";
const EMPTY: &[u8] = b"{}";

/// A payload that could not be encoded or decoded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// It was written by a codec that is not there.
    #[error("the payload's format is `{}`, and the codec here reads `{known}`", .format.escape_debug())]
    UnknownFormat {
        /// The stored format.
        format: String,
        /// What the codec reads.
        known: &'static str,
    },
    /// What the codec has written cannot be read again: a NaN in JSON, or serde attributes that do not agree.
    #[error("what was written cannot be read again: {0}")]
    Unreadable(Box<CodecError>),
    /// The codec refused it.
    #[error("{0}")]
    Payload(Box<dyn std::error::Error + Send + Sync>),
}

impl CodecError {
    /// Wraps the error of a codec.
    pub fn new(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Payload(error.into())
    }
}

/// A stored event that is not one of the enum's, or whose payload cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Its name or version is not known.
    #[error(transparent)]
    Unknown(#[from] UnknownMessage),
    /// Its payload does not decode.
    #[error("the payload of `{}` does not decode: {source}", .name.escape_debug())]
    Payload {
        /// The stored name.
        name: String,
        /// Why.
        source: CodecError,
    },
}

/// A message as name, version and bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// The stored name.
    pub name: &'static str,
    /// The version of the payload's shape.
    pub version: u32,
    /// The encoded payload.
    pub payload: Vec<u8>,
}

/// Encodes an event or a command.
///
/// ```
/// use eventsource_core::prelude::*;
/// use eventsource_core::{Json, codec};
///
/// #[derive(Event, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
/// enum Light {
///     #[event(name = "light.dimmed")]
///     Dimmed { to: u8 },
/// }
///
/// let encoded = codec::encode(&Json, &Light::Dimmed { to: 7 })?;
/// assert_eq!((encoded.name, encoded.version, &*encoded.payload), ("light.dimmed", 1, &br#"{"to":7}"#[..]));
/// # Ok::<(), eventsource_core::CodecError>(())
/// ```
pub fn encode<C: Codec, M: MessageSet>(codec: &C, message: &M) -> Result<Encoded, CodecError> {
    message.write(Encode(codec))
}

/// Encodes an event that belongs to no enum.
pub(crate) fn encode_one<C: Codec, E: Event>(codec: &C, event: &E) -> Result<Encoded, CodecError> {
    event.write_event(Encode(codec))
}

/// Decodes a stored event.
pub fn decode<C: Codec, M: MessageSet>(codec: &C, event: &EventRef<'_>) -> Result<M, DecodeError> {
    let row = M::row(event.name, event.schema)?;
    let decoded = M::read(
        row.variant,
        Decode {
            codec,
            format: event.format,
            payload: event.payload,
        },
    );
    decoded.map_err(|source| DecodeError::Payload {
        name: event.name.into(),
        source,
    })
}

/// Decodes a stored event that must be of one type.
pub(crate) fn decode_one<C: Codec, E: Event>(
    codec: &C,
    event: &EventRef<'_>,
) -> Result<E, DecodeError> {
    if (event.name, event.schema) != (E::NAME, E::VERSION) {
        return Err(DecodeError::Unknown(UnknownMessage {
            name: event.name.into(),
            version: event.schema,
            newest: (event.name == E::NAME).then_some(E::VERSION),
        }));
    }
    let reader = Decode {
        codec,
        format: event.format,
        payload: event.payload,
    };
    E::read_event(reader).map_err(|source| DecodeError::Payload {
        name: event.name.into(),
        source,
    })
}

/// An encoded event, decoded again.
pub(crate) fn read_back<C: Codec, M: MessageSet>(
    codec: &C,
    encoded: &Encoded,
) -> Result<M, CodecError> {
    let row = M::row(encoded.name, encoded.version).map_err(CodecError::new)?;
    let reader = Decode {
        codec,
        format: codec.format(),
        payload: &encoded.payload,
    };
    M::read(row.variant, reader).map_err(unreadable)
}

/// An encoded event that belongs to no enum, decoded again.
pub(crate) fn read_back_one<C: Codec, E: Event>(
    codec: &C,
    encoded: &Encoded,
) -> Result<E, CodecError> {
    let reader = Decode {
        codec,
        format: codec.format(),
        payload: &encoded.payload,
    };
    E::read_event(reader).map_err(unreadable)
}

fn unreadable(error: CodecError) -> CodecError {
    CodecError::Unreadable(Box::new(error))
}

struct Encode<'a, C>(&'a C);

impl<C: Codec> MessageWriter for Encode<'_, C> {
    type Ok = Encoded;
    type Error = CodecError;

    fn write<T: Serialize>(
        self,
        name: &'static str,
        version: u32,
        payload: &T,
    ) -> Result<Encoded, CodecError> {
        let mut bytes = Vec::with_capacity(128);
        self.0.encode(payload, &mut bytes)?;
        Ok(Encoded {
            name,
            version,
            payload: bytes,
        })
    }
}

struct Decode<'a, C> {
    codec: &'a C,
    format: &'a str,
    payload: &'a [u8],
}

impl<C: Codec> MessageReader for Decode<'_, C> {
    type Error = CodecError;

    fn read<T: DeserializeOwned>(self) -> Result<T, CodecError> {
        self.codec.decode(self.format, self.payload)
    }

    fn no_such_variant(self) -> CodecError {
        CodecError::new(message::NO_SUCH_VARIANT)
    }
}
