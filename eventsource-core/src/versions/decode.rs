//! From stored events to today's: by the static tables, those of today's version first.

use serde::de::DeserializeOwned;

use crate::codec::{Codec, CodecError, Encoded};
use crate::event::Event;
use crate::message::{self, MessageReader, MessageSet, Row, UnknownMessage};
use crate::store::stored_event::EventRef;
use crate::versions::shape::{Former, Found, JsonUpcast};

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
    match today::<M>(event) {
        Some(row) => read(codec, event, row),
        None => decode_former(codec, event),
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
    if let Some(row) = today::<M>(event) {
        return take(read(codec, event, row)?, 0);
    }
    match former(codec, event)? {
        Parts::One((part, message)) => take(message, part),
        Parts::Several(parts) => parts
            .into_iter()
            .try_for_each(|(part, message)| take(message, part)),
    }
}

/// The line of the table, if the name and version are of today.
#[inline]
fn today<M: MessageSet>(event: &EventRef<'_>) -> Option<&'static Row> {
    let mut rows = M::ROWS.iter();
    rows.find(|row| row.version == event.schema && row.name == event.name)
}

#[inline]
fn read<C: Codec, M: MessageSet>(
    codec: &C,
    event: &EventRef<'_>,
    row: &Row,
) -> Result<M, DecodeError> {
    M::read(row.variant, Today::of(codec, event)).map_err(|source| unreadable(event, source))
}

/// The one event that is stored under a name and version that are not today's.
#[inline(never)]
fn decode_former<C: Codec, M: MessageSet>(
    codec: &C,
    event: &EventRef<'_>,
) -> Result<M, DecodeError> {
    match in_line::<M>(event) {
        Some((row, former)) => read_former(codec, event, row, former),
        None => only(event, former(codec, event)?),
    }
}

/// The line of the table, if versions went up one by one from that of the event to today's.
fn in_line<M: MessageSet>(event: &EventRef<'_>) -> Option<(&'static Row, Former)> {
    let mut rows = M::ROWS.iter();
    rows.find_map(|row| Some((row, row.find_in_line(event.name, event.schema)?)))
}

#[inline]
fn read_former<C: Codec, M: MessageSet>(
    codec: &C,
    event: &EventRef<'_>,
    row: &Row,
    former: Former,
) -> Result<M, DecodeError> {
    let payload = Today::of(codec, event);
    M::read(row.variant, Earlier { payload, former }).map_err(|source| unreadable(event, source))
}

/// What is stored under a name and version that are not today's.
#[inline(never)]
fn former<C: Codec, M: MessageSet>(
    codec: &C,
    event: &EventRef<'_>,
) -> Result<Parts<M>, DecodeError> {
    let (name, version) = (event.name, event.schema);
    let read = |row: &Row, Found { part, former }| {
        read_former(codec, event, row, former).map(|message| (part, message))
    };
    if let Some((row, former)) = in_line::<M>(event) {
        return read(row, Found { former, part: 0 }).map(Parts::One);
    }
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

#[cold]
fn unreadable(event: &EventRef<'_>, source: CodecError) -> DecodeError {
    DecodeError::Payload {
        name: event.name.into(),
        source,
    }
}

/// The event that it is, if it is one.
fn only<M>(event: &EventRef<'_>, parts: Parts<M>) -> Result<M, DecodeError> {
    let parts = match parts {
        Parts::One((_, message)) => return Ok(message),
        Parts::Several(parts) => parts.len(),
    };
    let (name, version) = (event.name.to_owned(), event.schema);
    Err(match parts {
        0 => DecodeError::Retired { name, version },
        parts => DecodeError::Split {
            name,
            version,
            parts,
        },
    })
}

/// Decodes a stored event that must be of one type, or become it.
pub(crate) fn decode_one<C: Codec, E: Event>(
    codec: &C,
    event: &EventRef<'_>,
) -> Result<E, DecodeError> {
    match one(Today::of(codec, event), event.name, event.schema) {
        Some(decoded) => decoded.map_err(|source| unreadable(event, source)),
        None => Err(UnknownMessage::to(&[E::ROW], event.name, event.schema).into()),
    }
}

/// An event of one type, if the stored name and version are its own or become it.
fn one<C: Codec, E: Event>(
    payload: Today<'_, C>,
    name: &str,
    version: u32,
) -> Option<Result<E, CodecError>> {
    if (name, version) == (E::NAME, E::VERSION) {
        return Some(E::read_event(payload));
    }
    let former = E::ROW.find(name, version)?.former;
    Some(E::read_event(Earlier { payload, former }))
}

/// An encoded event, decoded again.
pub(crate) fn read_back<C: Codec, M: MessageSet>(
    codec: &C,
    encoded: &Encoded,
) -> Result<M, CodecError> {
    let (name, version) = (encoded.name, encoded.version);
    let payload = Today::again(codec, encoded);
    let unknown = match M::row(name, version) {
        Ok(row) => return M::read(row.variant, payload).map_err(not_read_back),
        Err(unknown) => unknown,
    };
    // Written as an earlier version, for an older reader.
    let mut rows = M::ROWS.iter();
    match rows.find_map(|row| Some((row, row.find(name, version)?.former))) {
        Some((row, former)) => {
            M::read(row.variant, Earlier { payload, former }).map_err(not_read_back)
        }
        None => Err(CodecError::new(unknown)),
    }
}

/// An encoded event that belongs to no enum, decoded again.
pub(crate) fn read_back_one<C: Codec, E: Event>(
    codec: &C,
    encoded: &Encoded,
) -> Result<E, CodecError> {
    let payload = Today::again(codec, encoded);
    match one::<C, E>(payload, encoded.name, encoded.version) {
        Some(read) => read.map_err(not_read_back),
        None => {
            let unknown = UnknownMessage::to(&[E::ROW], encoded.name, encoded.version);
            Err(CodecError::new(unknown))
        }
    }
}

fn not_read_back(error: CodecError) -> CodecError {
    CodecError::Unreadable(Box::new(error))
}

/// A payload of today's version.
struct Today<'a, C> {
    codec: &'a C,
    format: &'a str,
    payload: &'a [u8],
}

impl<'a, C: Codec> Today<'a, C> {
    #[inline]
    fn of(codec: &'a C, event: &EventRef<'a>) -> Self {
        Self {
            codec,
            format: event.format,
            payload: event.payload,
        }
    }

    /// What was just written.
    fn again(codec: &'a C, encoded: &'a Encoded) -> Self {
        Self {
            codec,
            format: codec.format(),
            payload: &encoded.payload,
        }
    }
}

impl<C: Codec> MessageReader for Today<'_, C> {
    type Error = CodecError;

    fn read<T: DeserializeOwned>(self) -> Result<T, CodecError> {
        self.codec.decode(self.format, self.payload)
    }

    fn no_such_variant(self) -> CodecError {
        CodecError::new(message::NO_SUCH_VARIANT)
    }
}

/// A payload of an earlier version. It is a reader of its own, so that reading today's asks for nothing of the kind.
struct Earlier<'a, C> {
    payload: Today<'a, C>,
    former: Former,
}

impl<C: Codec> MessageReader for Earlier<'_, C> {
    type Error = CodecError;

    fn read<T: DeserializeOwned>(self) -> Result<T, CodecError> {
        self.payload.read()
    }

    fn no_such_variant(self) -> CodecError {
        self.payload.no_such_variant()
    }

    fn former(&self) -> Option<Former> {
        Some(self.former)
    }

    fn read_upcast<T: DeserializeOwned>(self, steps: &[JsonUpcast]) -> Result<T, CodecError> {
        let Today {
            codec,
            format,
            payload,
        } = self.payload;
        codec.decode_upcast(format, payload, steps)
    }
}
