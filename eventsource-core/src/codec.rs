//! How payloads become bytes. A stored event says which codec wrote it.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::event::Event;
use crate::message::{self, MessageReader, MessageSet, MessageWriter, Row, UnknownMessage};
use crate::shape::{Former, Found, JsonUpcast};
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

    /// Decodes a payload of an earlier version that becomes today's by `upcast`: as JSON, step by step.
    ///
    /// A codec whose payloads are not JSON has nothing to change here: for it there are structs of the earlier
    /// versions. One that reads JSON beside its own format hands it on to [`Json`].
    fn decode_upcast<T: DeserializeOwned>(
        &self,
        format: &str,
        payload: &[u8],
        steps: &[JsonUpcast],
    ) -> Result<T, CodecError> {
        let _ = (payload, steps);
        Err(CodecError::NotJson {
            format: format.into(),
        })
    }
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
        check_format(format)?;
        let decoded = serde_json::from_slice(payload);
        let other = match payload {
            EMPTY => NULL,
            NULL => EMPTY,
            _ => return decoded.map_err(CodecError::new),
        };
        // A unit struct reads `null`, one with optional fields reads `{}`: the two mean the same here.
        decoded.or_else(|error| serde_json::from_slice(other).map_err(|_| CodecError::new(error)))
    }

    fn decode_upcast<T: DeserializeOwned>(
        &self,
        format: &str,
        payload: &[u8],
        steps: &[JsonUpcast],
    ) -> Result<T, CodecError> {
        check_format(format)?;
        let mut value: Value = serde_json::from_slice(payload).map_err(CodecError::new)?;
        for JsonUpcast { version, upcast } in steps {
            value = upcast(value).map_err(|reason| CodecError::Upcast {
                version: *version,
                reason,
            })?;
        }
        // By way of the text: `null` and `{}` are then read as they are everywhere.
        self.decode(format, value.to_string().as_bytes())
    }
}

fn check_format(format: &str) -> Result<(), CodecError> {
    match format {
        Json::FORMAT => Ok(()),
        _ => Err(CodecError::UnknownFormat {
            format: format.into(),
            known: Json::FORMAT,
        }),
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
    /// It is of a version that becomes today's as JSON, and its format is another one.
    #[error(
        "the payload's format is `{}`, and this codec has no `upcast`: write a struct of this version, with `of` and `from`",
        .format.escape_debug()
    )]
    NotJson {
        /// The stored format.
        format: String,
    },
    /// The function that makes the next version of this one's JSON refused it.
    #[error("the upcast of version {version} failed: {reason}")]
    Upcast {
        /// The version that it was given.
        version: u32,
        /// What it said.
        reason: String,
    },
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
    /// It was split, so that it is several events of the enum.
    #[error("`{}` (version {version}) was split, and is {parts} events here: decode all of them", .name.escape_debug())]
    Split {
        /// The stored name.
        name: String,
        /// The stored version.
        version: u32,
        /// How many events it is.
        parts: usize,
    },
    /// It was retired, so that it is no event of the enum any more.
    #[error("`{}` (version {version}) was retired, and is no event any more", .name.escape_debug())]
    Retired {
        /// The stored name.
        name: String,
        /// The stored version.
        version: u32,
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

/// Decodes a stored event, which is one event of the enum: of today's version, or of an earlier one that becomes it.
///
/// Where it may have been split or retired there is [`decode_all`].
pub fn decode<C: Codec, M: MessageSet>(codec: &C, event: &EventRef<'_>) -> Result<M, DecodeError> {
    match today(codec, event) {
        Some(decoded) => decoded,
        None => only(event, former(codec, event)?),
    }
}

/// Decodes a stored event as the events of the enum that it is today: one; several, in the order in which its `into`
/// names them, if it was split; none, if it was retired. Of an enum that lists only some of the parts, it is those.
pub fn decode_all<C: Codec, M: MessageSet>(
    codec: &C,
    event: &EventRef<'_>,
) -> Result<Vec<M>, DecodeError> {
    let mut decoded = Vec::new();
    each(codec, event, |message, _| {
        decoded.push(message);
        Ok::<_, DecodeError>(())
    })?;
    Ok(decoded)
}

/// Decodes a stored event and hands over each event that it is, with the number of the part: what is of today's version
/// costs no more than [`decode`].
#[inline]
pub(crate) fn each<C: Codec, M: MessageSet, E: From<DecodeError>>(
    codec: &C,
    event: &EventRef<'_>,
    mut take: impl FnMut(M, u16) -> Result<(), E>,
) -> Result<(), E> {
    if let Some(decoded) = today(codec, event) {
        return take(decoded?, 0);
    }
    let parts = former(codec, event)?;
    parts
        .into_iter()
        .try_for_each(|(part, message)| take(message, part))
}

/// What is stored under a name and version of today.
#[inline]
fn today<C: Codec, M: MessageSet>(
    codec: &C,
    event: &EventRef<'_>,
) -> Option<Result<M, DecodeError>> {
    let mut rows = M::ROWS.iter();
    let row = rows.find(|row| row.name == event.name && row.version == event.schema)?;
    Some(read(codec, event, row, None))
}

/// What is stored under a name and version that are not today's, each part with its number.
#[cold]
fn former<C: Codec, M: MessageSet>(
    codec: &C,
    event: &EventRef<'_>,
) -> Result<Vec<(u16, M)>, DecodeError> {
    let (name, version) = (event.name, event.schema);
    let found = |row: &'static Row| row.find(name, version).map(|found| (row, found));
    let mut rows: Vec<_> = M::ROWS.iter().filter_map(found).collect();
    if rows.is_empty() && !M::RETIRED.contains(&name) {
        return Err(UnknownMessage::to(M::ROWS, name, version).into());
    }
    rows.sort_by_key(|(_, found)| found.part);
    let parts = rows.into_iter().map(|(row, Found { former, part })| {
        let message = read(codec, event, row, Some(former))?;
        Ok((part, message))
    });
    parts.collect()
}

fn read<C: Codec, M: MessageSet>(
    codec: &C,
    event: &EventRef<'_>,
    row: &Row,
    former: Option<Former>,
) -> Result<M, DecodeError> {
    let reader = Decode {
        codec,
        format: event.format,
        payload: event.payload,
        former,
    };
    M::read(row.variant, reader).map_err(|source| unreadable(event, source))
}

#[cold]
fn unreadable(event: &EventRef<'_>, source: CodecError) -> DecodeError {
    DecodeError::Payload {
        name: event.name.into(),
        source,
    }
}

/// The only one of the parts.
fn only<M>(event: &EventRef<'_>, mut parts: Vec<(u16, M)>) -> Result<M, DecodeError> {
    let (name, version) = (event.name, event.schema);
    match (parts.pop(), parts.len()) {
        (Some((_, message)), 0) => Ok(message),
        (Some(_), more) => Err(DecodeError::Split {
            name: name.into(),
            version,
            parts: more + 1,
        }),
        (None, _) => Err(DecodeError::Retired {
            name: name.into(),
            version,
        }),
    }
}

/// Decodes a stored event that must be of one type, or become it.
pub(crate) fn decode_one<C: Codec, E: Event>(
    codec: &C,
    event: &EventRef<'_>,
) -> Result<E, DecodeError> {
    let former = match (event.name, event.schema) == (E::NAME, E::VERSION) {
        true => None,
        false => match E::ROW.find(event.name, event.schema) {
            Some(found) => Some(found.former),
            None => {
                let unknown = UnknownMessage::to(&[E::ROW], event.name, event.schema);
                return Err(unknown.into());
            }
        },
    };
    let reader = Decode {
        codec,
        format: event.format,
        payload: event.payload,
        former,
    };
    E::read_event(reader).map_err(|source| unreadable(event, source))
}

/// Whether an encoded event can be decoded again.
pub(crate) fn check<C: Codec, M: MessageSet>(
    codec: &C,
    encoded: &Encoded,
) -> Result<(), CodecError> {
    let row = M::row(encoded.name, encoded.version).map_err(CodecError::new)?;
    let reader = Decode {
        codec,
        format: codec.format(),
        payload: &encoded.payload,
        former: None,
    };
    readable(M::read(row.variant, reader))
}

/// Whether an encoded event that belongs to no enum can be decoded again.
pub(crate) fn check_one<C: Codec, E: Event>(
    codec: &C,
    encoded: &Encoded,
) -> Result<(), CodecError> {
    let reader = Decode {
        codec,
        format: codec.format(),
        payload: &encoded.payload,
        former: None,
    };
    readable(E::read_event(reader))
}

fn readable<T>(read: Result<T, CodecError>) -> Result<(), CodecError> {
    match read {
        Ok(_) => Ok(()),
        Err(error) => Err(CodecError::Unreadable(Box::new(error))),
    }
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
    former: Option<Former>,
}

impl<C: Codec> MessageReader for Decode<'_, C> {
    type Error = CodecError;

    fn read<T: DeserializeOwned>(self) -> Result<T, CodecError> {
        self.codec.decode(self.format, self.payload)
    }

    fn no_such_variant(self) -> CodecError {
        CodecError::new(message::NO_SUCH_VARIANT)
    }

    #[inline]
    fn former(&self) -> Option<Former> {
        self.former
    }

    fn read_upcast<T: DeserializeOwned>(self, steps: &[JsonUpcast]) -> Result<T, CodecError> {
        self.codec.decode_upcast(self.format, self.payload, steps)
    }
}
