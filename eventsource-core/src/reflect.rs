//! Messages whose types are forgotten: read, written and applied by those who know no more than the registry.
//!
//! The schema lock and the catalogue learn the shapes of payloads here, and try stored examples on today's code. It is
//! behind the feature `reflect`, so that a program that only runs has none of it.

use std::fmt;

use erased_serde::{Deserializer, Error};
use serde::Deserialize;
use serde::de::{self, DeserializeOwned};
use serde_json::Value;

use crate::aggregate::{Aggregate, Misapplied, Root};
use crate::codec::{self, DecodeError, Encoded, Json};
use crate::event::{Event, EventMeta};
use crate::message::{MessageReader, MessageSet, MessageWriter, NO_SUCH_VARIANT, Row};
use crate::process::Timer;
use crate::snapshot::{Fingerprint, Snapshotted};
use crate::store::stored_event::{EventRef, StoredEvent};
use crate::versions::decode;
use crate::versions::shape::{Former, JsonUpcast};

/// A set of messages, its type forgotten.
#[derive(Clone, Copy)]
pub struct Reflected {
    /// Its messages, by their names and versions of today.
    pub rows: &'static [Row],
    /// The stored names of events that were retired.
    pub retired: &'static [&'static str],
    read: fn(u16, Option<Former>, &mut dyn Deserializer<'_>) -> Result<(), Error>,
    today: fn(&EventRef<'_>) -> Result<Vec<Encoded>, DecodeError>,
}

impl Reflected {
    pub(crate) const fn of<M: MessageSet>() -> Self {
        Self {
            rows: M::ROWS,
            retired: M::RETIRED,
            read: |variant, former, from| M::read(variant, Payload { from, former }).map(drop),
            today: |event| {
                let messages = codec::decode_all::<Json, M>(&Json, event)?;
                let written = messages.iter().map(|it| codec::encode(&Json, it));
                written
                    .collect::<Result<_, _>>()
                    .map_err(|source| DecodeError::Payload {
                        name: event.name.into(),
                        source,
                    })
            },
        }
    }

    /// An event by itself.
    pub(crate) fn event<E: Event>() -> Self {
        Self::of::<OneEvent<E>>()
    }

    /// A timer by itself.
    pub(crate) fn timer<T: Timer>() -> Self {
        Self::of::<OneTimer<T>>()
    }

    /// Has the payload of a row read from `from`; of a former version that becomes it, if one is given. It is read as the
    /// one element of a tuple: so `from` sees each error of the payload itself as the kind of error that it is.
    ///
    /// A version that becomes the next one as JSON has no type, and cannot be read so.
    pub fn read(
        &self,
        row: &Row,
        former: Option<Former>,
        from: &mut dyn Deserializer<'_>,
    ) -> Result<(), Error> {
        (self.read)(row.variant, former, from)
    }

    /// The row that a stored name and version becomes, or a part of it, and how the tree of that row calls them.
    #[must_use]
    pub fn find(&self, name: &str, version: u32) -> Option<(&'static Row, Option<Former>)> {
        let is_today = |row: &&Row| row.name == name && row.version == version;
        if let Some(row) = self.rows.iter().find(is_today) {
            return Some((row, None));
        }
        self.rows.iter().find_map(|row| {
            let found = row.find(name, version)?;
            Some((row, Some(found.former)))
        })
    }

    /// What a stored event, in JSON, is to today's code, as it would be stored now: several, if it was split; none, if it
    /// was retired.
    pub fn today(&self, event: &EventRef<'_>) -> Result<Vec<Encoded>, DecodeError> {
        (self.today)(event)
    }
}

impl fmt::Debug for Reflected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reflected")
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

/// An event by itself, as a set.
struct OneEvent<E>(E);

impl<E: Event> MessageSet for OneEvent<E> {
    const ROWS: &'static [Row] = &[E::ROW];

    fn write<W: MessageWriter>(&self, writer: W) -> Result<W::Ok, W::Error> {
        self.0.write_event(writer)
    }

    fn read<R: MessageReader>(_: u16, reader: R) -> Result<Self, R::Error> {
        E::read_event(reader).map(Self)
    }
}

/// A timer by itself, as a set.
struct OneTimer<T>(T);

impl<T: Timer> MessageSet for OneTimer<T> {
    const ROWS: &'static [Row] = &[T::ROW];

    fn write<W: MessageWriter>(&self, writer: W) -> Result<W::Ok, W::Error> {
        writer.write(T::NAME, T::ROW.version, &self.0)
    }

    fn read<R: MessageReader>(_: u16, reader: R) -> Result<Self, R::Error> {
        reader.read().map(Self)
    }
}

/// An aggregate, its type forgotten.
#[derive(Clone, Copy)]
pub(crate) struct ReflectedAggregate {
    pub(crate) events: Reflected,
    pub(crate) commands: Reflected,
    pub(crate) fold: fn(&[StoredEvent]) -> Result<(), FoldError>,
}

impl ReflectedAggregate {
    pub(crate) const fn of<A: Aggregate>() -> Self {
        Self {
            events: Reflected::of::<A::Event>(),
            commands: Reflected::of::<A::Command>(),
            fold: |events| {
                let mut root = Root::<A>::new();
                for stored in events {
                    let event = stored.as_ref();
                    decode::each(&Json, &event, |part, number| {
                        let meta = EventMeta::of(&event, number);
                        root.apply_part(&part, &meta).map_err(FoldError::from)
                    })?;
                    root.pass();
                }
                Ok(())
            },
        }
    }
}

/// How the states of an aggregate are kept in snapshots, its type forgotten.
#[derive(Debug, Clone, Copy)]
pub struct ReflectedSnapshots {
    /// The code that makes the states.
    pub fingerprint: Fingerprint,
    state: fn(&[StoredEvent], Option<usize>) -> Result<Value, FoldError>,
}

impl ReflectedSnapshots {
    pub(crate) const fn of<A: Snapshotted>() -> Self {
        Self {
            fingerprint: A::FINGERPRINT,
            state: |events, kept_after| {
                let mut root = Root::<A>::new();
                for (number, stored) in events.iter().enumerate() {
                    let event = stored.as_ref();
                    decode::each(&Json, &event, |part, number| {
                        let meta = EventMeta::of(&event, number);
                        root.apply_part(&part, &meta).map_err(FoldError::from)
                    })?;
                    root.pass();
                    if kept_after == Some(number + 1) {
                        root = kept(root)?;
                    }
                }
                Ok(serde_json::to_value(root.state())?)
            },
        }
    }

    /// The state that stored events make, which are in JSON.
    pub fn state(&self, events: &[StoredEvent]) -> Result<Value, FoldError> {
        (self.state)(events, None)
    }

    /// The same, if a snapshot is taken after so many of them and the others are applied to what is read of it.
    pub fn resumed(&self, events: &[StoredEvent], after: usize) -> Result<Value, FoldError> {
        (self.state)(events, Some(after))
    }
}

/// A state as it is after it was kept and read again.
fn kept<A: Snapshotted>(root: Root<A>) -> Result<Root<A>, FoldError> {
    let version = root.version();
    let Some(state) = root.into_state() else {
        return Ok(Root::new());
    };
    let text = serde_json::to_vec(&state)?;
    Ok(Root::restored(serde_json::from_slice(&text)?, version))
}

/// Why stored events make no state.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FoldError {
    /// One of them cannot be read.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// One of them cannot follow those before it.
    #[error(transparent)]
    Misapplied(#[from] Misapplied),
    /// The state cannot be written, or not be read again.
    #[error("the state cannot be kept: {0}")]
    NotKept(#[from] serde_json::Error),
}

struct Payload<'a, 'de> {
    from: &'a mut dyn Deserializer<'de>,
    former: Option<Former>,
}

impl MessageReader for Payload<'_, '_> {
    type Error = Error;

    fn read<T: DeserializeOwned>(self) -> Result<T, Error> {
        <(T,)>::deserialize(self.from).map(|(payload,)| payload)
    }

    fn no_such_variant(self) -> Error {
        de::Error::custom(NO_SUCH_VARIANT)
    }

    fn former(&self) -> Option<Former> {
        self.former
    }

    fn read_upcast<T: DeserializeOwned>(self, _: &[JsonUpcast]) -> Result<T, Error> {
        Err(de::Error::custom(
            "a version that becomes the next one as JSON has no type",
        ))
    }
}
