//! From stored events to today's: by the static tables, those of today's version first.

use serde::de::DeserializeOwned;

use crate::codec::{Codec, CodecError, Encoded};
use crate::event::Event;
use crate::message::{self, MessageReader, MessageSet, Row, UnknownMessage};
use crate::shape::{Former, Found, JsonUpcast};
use crate::stored_event::EventRef;

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
    match former(codec, event)? {
        Parts::One((part, message)) => take(message, part),
        Parts::Several(parts) => parts
            .into_iter()
            .try_for_each(|(part, message)| take(message, part)),
    }
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

/// What is stored under a name and version that are not today's.
#[inline(never)]
fn former<C: Codec, M: MessageSet>(
    codec: &C,
    event: &EventRef<'_>,
) -> Result<Parts<M>, DecodeError> {
    let (name, version) = (event.name, event.schema);
    let read = |row: &Row, found: Found| -> Result<(u16, M), DecodeError> {
        Ok((found.part, read(codec, event, row, Some(found.former))?))
    };
    let find = |row: &'static Row| row.find(name, version).map(|found| (row, found));
    let mut rows = M::ROWS.iter().filter_map(find);
    let (first, second) = match (rows.next(), rows.next()) {
        (Some((row, found)), None) => return read(row, found).map(Parts::One),
        (None, _) if !M::RETIRED.contains(&name) => {
            return Err(UnknownMessage::to(M::ROWS, name, version).into());
        }
        first_two => first_two,
    };
    let mut all: Vec<_> = first.into_iter().chain(second).chain(rows).collect();
    all.sort_by_key(|(_, found)| found.part);
    let all = all.into_iter().map(|(row, found)| read(row, found));
    all.collect::<Result<_, _>>().map(Parts::Several)
}

/// What a stored event of an earlier version is today, each with the number of its part.
enum Parts<M> {
    One((u16, M)),
    /// None, if it was retired; else more than one, in their order.
    Several(Vec<(u16, M)>),
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

/// The event that it is, if it is one.
fn only<M>(event: &EventRef<'_>, parts: Parts<M>) -> Result<M, DecodeError> {
    let (name, version) = (event.name.to_owned(), event.schema);
    match parts {
        Parts::One((_, message)) => Ok(message),
        Parts::Several(none) if none.is_empty() => Err(DecodeError::Retired { name, version }),
        Parts::Several(parts) => Err(DecodeError::Split {
            name,
            version,
            parts: parts.len(),
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
    let (name, version) = (encoded.name, encoded.version);
    let (row, former) = match M::row(name, version) {
        Ok(row) => (row, None),
        Err(unknown) => {
            // Written as an earlier version, for an older reader.
            let mut found = M::ROWS.iter();
            let found = found.find_map(|row| Some((row, Some(row.find(name, version)?.former))));
            found.ok_or_else(|| CodecError::new(unknown))?
        }
    };
    readable(M::read(row.variant, again(codec, encoded, former)))
}

/// Whether an encoded event that belongs to no enum can be decoded again.
pub(crate) fn check_one<C: Codec, E: Event>(
    codec: &C,
    encoded: &Encoded,
) -> Result<(), CodecError> {
    let found = E::ROW.find(encoded.name, encoded.version);
    let former = found.map(|found| found.former);
    readable(E::read_event(again(codec, encoded, former)))
}

/// Reads what was just written.
fn again<'a, C: Codec>(
    codec: &'a C,
    encoded: &'a Encoded,
    former: Option<Former>,
) -> Decode<'a, C> {
    Decode {
        codec,
        format: codec.format(),
        payload: &encoded.payload,
        former,
    }
}

fn readable<T>(read: Result<T, CodecError>) -> Result<(), CodecError> {
    match read {
        Ok(_) => Ok(()),
        Err(error) => Err(CodecError::Unreadable(Box::new(error))),
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
