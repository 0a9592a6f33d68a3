//! What stands in a message: all events that one append stores at one place of one stream, or copies of the events with one
//! tag, or what was stored under a key.
//!
//! Numbers are varints (seven bits a byte, the least significant first), texts and bytes have their length in front. The
//! first byte of a message says which of the three it is, and is another one if the form ever changes.

use bytes::{BufMut, Bytes};
use eventsource_core::{
    EventRef, Key, NewEvent, Outcome, Placed, Position, StreamName, TagList, Timestamp, Uuid,
    Version,
};

use crate::place;

const EVENTS: u8 = 1;
const COPIES: u8 = 2;
const OUTCOME: u8 = 3;

/// A copy of an event that is larger says only where the event is.
pub(crate) const COPIED: usize = 16 << 10;

/// What an event takes in a message at most, beside its own bytes.
pub(crate) const OVERHEAD: usize = 64;

/// A message that this version of the software cannot read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unreadable;

// ---------------------------------------------------------------------------------------------------------- writing

fn put_number(mut number: u64, into: &mut Vec<u8>) {
    while number >= 0x80 {
        into.push(u8::try_from(number & 0x7f).unwrap_or(0) | 0x80);
        number >>= 7;
    }
    into.push(u8::try_from(number).unwrap_or(0));
}

fn put_bytes(bytes: &[u8], into: &mut Vec<u8>) {
    put_number(bytes.len() as u64, into);
    into.extend_from_slice(bytes);
}

fn put_key(key: Option<&Key>, into: &mut Vec<u8>) {
    into.push(u8::from(key.is_some()));
    if let Some(key) = key {
        into.extend_from_slice(key.id.as_bytes());
        into.extend_from_slice(key.digest.as_bytes());
    }
}

/// `before`: the metadata of the event before this one, which is not written twice.
fn put_event(event: &NewEvent, before: Option<&[u8]>, into: &mut Vec<u8>) {
    put_number(u64::from(event.schema), into);
    into.put_i64_le(event.recorded_at.as_micros());
    put_bytes(event.name.as_bytes(), into);
    put_bytes(event.format.as_bytes(), into);
    put_bytes(TagList::store(&event.tags).as_bytes(), into);
    if before == Some(&event.metadata) {
        put_number(0, into);
    } else {
        put_number(event.metadata.len() as u64 + 1, into);
        into.extend_from_slice(&event.metadata);
    }
    put_bytes(&event.payload, into);
}

/// The events that one append stores at one place of one stream. So many messages of the append come after this one.
pub(crate) fn events(first: Version, rest: u64, key: Option<&Key>, events: &[&NewEvent]) -> Bytes {
    let size = |event: &&NewEvent| event.size() + OVERHEAD;
    let mut body = Vec::with_capacity(64 + events.iter().map(size).sum::<usize>());
    body.push(EVENTS);
    put_number(first.0, &mut body);
    put_number(rest, &mut body);
    put_key(key, &mut body);
    put_number(events.len() as u64, &mut body);
    let mut before: Option<&[u8]> = None;
    for event in events {
        put_event(event, before, &mut body);
        before = Some(&event.metadata);
    }
    body.into()
}

/// An event of the append that is copied, and where it will be: so many messages before the copy, with this index.
pub(crate) struct ToCopy<'a> {
    pub(crate) back: u64,
    pub(crate) index: usize,
    pub(crate) stream: &'a StreamName,
    pub(crate) version: Version,
    pub(crate) event: &'a NewEvent,
}

/// Copies of the events of one append that have one tag.
pub(crate) fn copies(copies: &[ToCopy<'_>]) -> Bytes {
    let mut body = vec![COPIES];
    put_number(copies.len() as u64, &mut body);
    let mut room = COPIED;
    for copy in copies {
        put_number(copy.back, &mut body);
        put_number(copy.index as u64, &mut body);
        let size = copy.event.size() + OVERHEAD;
        if size > room {
            body.push(0);
            continue;
        }
        room -= size;
        body.push(1);
        put_bytes(copy.stream.as_str().as_bytes(), &mut body);
        put_number(copy.version.0, &mut body);
        put_event(copy.event, None, &mut body);
    }
    body.into()
}

/// What an append stores: its records begin so many messages before this one, and this is how many of them each message
/// has, and the version of its first one. `request` is the request's own number, which its later tries know it by.
pub(crate) fn outcome(key: &Key, request: u64, runs: &[(Version, usize)], back: u64) -> Bytes {
    let mut body = vec![OUTCOME];
    body.extend_from_slice(key.digest.as_bytes());
    body.extend_from_slice(&request.to_le_bytes());
    put_number(back, &mut body);
    put_number(runs.len() as u64, &mut body);
    for (first, count) in runs {
        put_number(first.0, &mut body);
        put_number(*count as u64, &mut body);
    }
    body.into()
}

// ---------------------------------------------------------------------------------------------------------- reading

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Unreadable> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Unreadable)?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, Unreadable> {
        Ok(self.take(1)?[0])
    }

    fn number(&mut self) -> Result<u64, Unreadable> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Unreadable)
    }

    fn size(&mut self) -> Result<usize, Unreadable> {
        usize::try_from(self.number()?).map_err(|_| Unreadable)
    }

    fn bytes(&mut self) -> Result<&'a [u8], Unreadable> {
        let count = self.size()?;
        self.take(count)
    }

    fn text(&mut self) -> Result<&'a str, Unreadable> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Unreadable)
    }

    fn uuid(&mut self) -> Result<Uuid, Unreadable> {
        Uuid::from_slice(self.take(16)?).map_err(|_| Unreadable)
    }

    fn is(&mut self, kind: u8) -> Result<(), Unreadable> {
        (self.byte()? == kind).then_some(()).ok_or(Unreadable)
    }

    fn event(&mut self, before: &mut &'a [u8]) -> Result<Stored<'a>, Unreadable> {
        let schema = u32::try_from(self.number()?).map_err(|_| Unreadable)?;
        let micros = self.take(8)?.try_into().map_err(|_| Unreadable)?;
        let recorded_at = Timestamp::from_micros(i64::from_le_bytes(micros));
        let name = self.text()?;
        let format = self.text()?;
        let tags = TagList::from_stored(self.text()?);
        if let Some(length) = self.size()?.checked_sub(1) {
            *before = self.take(length)?;
        }
        let payload = self.bytes()?;
        Ok(Stored {
            schema,
            recorded_at,
            name,
            format,
            tags,
            metadata: before,
            payload,
        })
    }
}

/// An event as it stands in a message.
pub(crate) struct Stored<'a> {
    schema: u32,
    recorded_at: Timestamp,
    name: &'a str,
    format: &'a str,
    tags: TagList<'a>,
    metadata: &'a [u8],
    payload: &'a [u8],
}

impl<'a> Stored<'a> {
    pub(crate) fn at(
        &self,
        position: Position,
        stream: &'a StreamName,
        version: Version,
    ) -> EventRef<'a> {
        EventRef {
            position,
            stream,
            version,
            name: self.name,
            schema: self.schema,
            format: self.format,
            payload: self.payload,
            metadata: self.metadata,
            recorded_at: self.recorded_at,
            tags: self.tags,
        }
    }
}

/// The front of a message of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Front {
    pub(crate) first: Version,
    /// How many messages of the same append come after it.
    pub(crate) rest: u64,
    pub(crate) key: Option<Key>,
    pub(crate) count: usize,
}

impl Front {
    /// The version of its last event.
    pub(crate) fn last(&self) -> Version {
        Version(self.first.0 + self.count as u64 - 1)
    }
}

fn front(body: &[u8]) -> Result<(Front, Reader<'_>), Unreadable> {
    let mut reader = Reader(body);
    reader.is(EVENTS)?;
    let first = Version(reader.number()?);
    let rest = reader.number()?;
    let key = match reader.byte()? {
        0 => None,
        _ => Some(Key {
            id: reader.uuid()?,
            digest: reader.uuid()?,
        }),
    };
    let count = reader.size()?;
    if count == 0 || count > place::IN_ONE_MESSAGE {
        return Err(Unreadable);
    }
    Ok((
        Front {
            first,
            rest,
            key,
            count,
        },
        reader,
    ))
}

/// What a message of events says of itself.
pub(crate) fn read_front(body: &[u8]) -> Result<Front, Unreadable> {
    Ok(front(body)?.0)
}

/// Shows the events of a message with their indices and versions, until `show` has seen enough. Says whether it has.
pub(crate) fn read_events<'a>(
    body: &'a [u8],
    mut show: impl FnMut(usize, Version, Stored<'a>) -> bool,
) -> Result<bool, Unreadable> {
    let (front, mut reader) = front(body)?;
    let mut before: &[u8] = &[];
    for index in 0..front.count {
        let event = reader.event(&mut before)?;
        if !show(index, place::version(front.first, index), event) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// One entry of a message of copies.
pub(crate) struct Copied<'a> {
    /// So many messages before this one the event is.
    pub(crate) back: u64,
    /// Its index there.
    pub(crate) index: usize,
    /// The event, unless it was too large to be copied.
    pub(crate) event: Option<(&'a str, Version, Stored<'a>)>,
}

pub(crate) fn read_copies(body: &[u8]) -> Result<Vec<Copied<'_>>, Unreadable> {
    let mut reader = Reader(body);
    reader.is(COPIES)?;
    let count = reader.size()?;
    let mut copies = Vec::with_capacity(count.min(64));
    for _ in 0..count {
        let back = reader.number()?;
        let index = reader.size()?;
        let event = match reader.byte()? {
            0 => None,
            _ => {
                let stream = reader.text()?;
                let version = Version(reader.number()?);
                let mut before: &[u8] = &[];
                Some((stream, version, reader.event(&mut before)?))
            }
        };
        copies.push(Copied { back, index, event });
    }
    Ok(copies)
}

/// What was stored under a key, and by which request.
#[derive(Debug)]
pub(crate) struct Under {
    pub(crate) request: u64,
    pub(crate) outcome: Outcome,
}

/// What the message with this sequence number says was stored under its key.
pub(crate) fn read_outcome(body: &[u8], sequence: u64) -> Result<Under, Unreadable> {
    let mut reader = Reader(body);
    reader.is(OUTCOME)?;
    let digest = reader.uuid()?;
    let request = reader.take(8)?.try_into().map_err(|_| Unreadable)?;
    let request = u64::from_le_bytes(request);
    let back = reader.number()?;
    let runs = reader.number()?;
    let begin = sequence.checked_sub(back).ok_or(Unreadable)?;
    let mut placed = Vec::new();
    for run in 0..runs {
        let first = Version(reader.number()?);
        let count = reader.size()?;
        if count > place::IN_ONE_MESSAGE {
            return Err(Unreadable);
        }
        placed.extend((0..count).map(|index| Placed {
            position: place::position(begin + run, index),
            version: place::version(first, index),
        }));
    }
    Ok(Under {
        request,
        outcome: Outcome { digest, placed },
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// What somebody else has written is an error, and never a panic.
        #[test]
        fn any_bytes_can_be_read(mut body: Vec<u8>, kind in 0u8..4) {
            if let Some(first) = body.first_mut() {
                *first = kind;
            }
            let _ = read_events(&body, |_, _, _| true);
            let _ = read_copies(&body);
            let _ = read_outcome(&body, 1_000);
        }

        #[test]
        fn numbers_come_back(number: u64) {
            let mut body = Vec::new();
            put_number(number, &mut body);
            prop_assert_eq!(Reader(&body).number(), Ok(number));
        }
    }
}
