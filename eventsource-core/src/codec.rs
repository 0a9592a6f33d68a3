//! How payloads become bytes. A stored event says which codec wrote it.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::event::Event;
use crate::message::{MessageSet, MessageWriter};
use crate::versions::shape::JsonUpcast;
use crate::versions::upcast::OlderVersion;

pub use crate::versions::decode::{DecodeError, decode, decode_all};

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

    /// As which version it writes events of this name, if not as today's.
    #[inline]
    fn writes(&self, name: &str) -> Option<u32> {
        let _ = name;
        None
    }

    /// The same codec, which writes `F` in place of the versions after it: while a program is replaced on several
    /// machines, those that are not replaced yet can read what the new ones write.
    ///
    /// ```
    /// use eventsource_core::prelude::*;
    /// use eventsource_core::{Codec, Json, codec};
    ///
    /// #[event(version = 1, of = Opened)]
    /// pub struct OpenedV1 {
    ///     pub name: String,
    /// }
    ///
    /// #[event(name = "account.opened", version = 2, from = OpenedV1, down = OpenedV1)]
    /// pub struct Opened {
    ///     pub owner: String,
    /// }
    ///
    /// impl From<OpenedV1> for Opened {
    ///     fn from(old: OpenedV1) -> Self {
    ///         Self { owner: old.name }
    ///     }
    /// }
    ///
    /// impl From<&Opened> for OpenedV1 {
    ///     fn from(event: &Opened) -> Self {
    ///         Self { name: event.owner.clone() }
    ///     }
    /// }
    ///
    /// #[derive(Event)]
    /// enum Happening {
    ///     Opened(Opened),
    /// }
    ///
    /// let opened = Happening::Opened(Opened { owner: "me".into() });
    /// let encoded = codec::encode(&Json.writing::<OpenedV1>(), &opened)?;
    /// assert_eq!((encoded.version, &*encoded.payload), (1, &br#"{"name":"me"}"#[..]));
    /// # Ok::<(), eventsource_core::CodecError>(())
    /// ```
    fn writing<F: Event + OlderVersion>(self) -> Writing<Self> {
        Writing {
            codec: self,
            name: F::NAME,
            version: F::VERSION,
        }
    }

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

/// A codec that writes events of one name as an earlier version: [`Codec::writing`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Writing<C> {
    codec: C,
    name: &'static str,
    version: u32,
}

impl<C: Codec> Codec for Writing<C> {
    fn format(&self) -> &'static str {
        self.codec.format()
    }

    fn encode<T: Serialize>(&self, value: &T, into: &mut Vec<u8>) -> Result<(), CodecError> {
        self.codec.encode(value, into)
    }

    fn decode<T: DeserializeOwned>(&self, format: &str, payload: &[u8]) -> Result<T, CodecError> {
        self.codec.decode(format, payload)
    }

    fn writes(&self, name: &str) -> Option<u32> {
        match name == self.name {
            true => Some(self.version),
            false => self.codec.writes(name),
        }
    }

    fn decode_upcast<T: DeserializeOwned>(
        &self,
        format: &str,
        payload: &[u8],
        steps: &[JsonUpcast],
    ) -> Result<T, CodecError> {
        self.codec.decode_upcast(format, payload, steps)
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
        if format != Self::FORMAT {
            return Err(unknown_format(format));
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

    fn decode_upcast<T: DeserializeOwned>(
        &self,
        format: &str,
        payload: &[u8],
        steps: &[JsonUpcast],
    ) -> Result<T, CodecError> {
        if format != Self::FORMAT {
            return Err(unknown_format(format));
        }
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

#[cold]
fn unknown_format(format: &str) -> CodecError {
    CodecError::UnknownFormat {
        format: format.into(),
        known: Json::FORMAT,
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
    /// It was to be written as an earlier version, and nothing makes that of it.
    #[error(
        "it was to be written as version {wanted}, and nothing makes that of version {version}: write `down = …` on it"
    )]
    NoDowncast {
        /// The version that it has.
        version: u32,
        /// The version that the codec writes.
        wanted: u32,
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

struct Encode<'a, C>(&'a C);

impl<C: Codec> MessageWriter for Encode<'_, C> {
    type Ok = Encoded;
    type Error = CodecError;

    #[inline]
    fn writes(&self, name: &str) -> Option<u32> {
        self.0.writes(name)
    }

    fn write<T: Serialize>(
        self,
        name: &'static str,
        version: u32,
        payload: &T,
    ) -> Result<Encoded, CodecError> {
        if let Some(wanted) = self.0.writes(name)
            && wanted < version
        {
            return Err(CodecError::NoDowncast { version, wanted });
        }
        let mut bytes = Vec::with_capacity(128);
        self.0.encode(payload, &mut bytes)?;
        Ok(Encoded {
            name,
            version,
            payload: bytes,
        })
    }
}
