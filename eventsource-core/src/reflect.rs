//! Messages whose types are forgotten: read, written and applied by those who know no more than the registry.
//!
//! The schema lock and the catalogue learn the shapes of payloads here, and try stored examples on today's code. It is
//! behind the feature `reflect`, so that a program that only runs has none of it.

use std::fmt;

use erased_serde::{Deserializer, Error};
use serde::Deserialize;
use serde::de::{self, DeserializeOwned};

use crate::aggregate::{Aggregate, Misapplied, Root};
use crate::codec::{self, DecodeError, Encoded, Json};
use crate::event::EventMeta;
use crate::message::{MessageReader, MessageSet, NO_SUCH_VARIANT, Row};
use crate::stored_event::{EventRef, StoredEvent};

/// A set of messages, its type forgotten.
#[derive(Clone, Copy)]
pub struct Reflected {
    /// The names and versions that it reads.
    pub rows: &'static [Row],
    read: fn(u16, &mut dyn Deserializer<'_>) -> Result<(), Error>,
    today: fn(&EventRef<'_>) -> Result<Encoded, DecodeError>,
}

impl Reflected {
    pub(crate) const fn of<M: MessageSet>() -> Self {
        Self {
            rows: M::ROWS,
            read: |variant, from| M::read(variant, Payload(from)).map(drop),
            today: |event| {
                let message: M = codec::decode(&Json, event)?;
                codec::encode(&Json, &message).map_err(|source| DecodeError::Payload {
                    name: event.name.into(),
                    source,
                })
            },
        }
    }

    /// Has the payload of a row read from `from`, as the one element of a tuple: so `from` sees each error of the payload
    /// as the kind of error that it is.
    pub fn read(&self, row: &Row, from: &mut dyn Deserializer<'_>) -> Result<(), Error> {
        (self.read)(row.variant, from)
    }

    /// What a stored event, in JSON, is to today's code: as it would be stored now.
    pub fn today(&self, event: &EventRef<'_>) -> Result<Encoded, DecodeError> {
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
                    root.apply(&codec::decode(&Json, &event)?, &EventMeta::of(&event))?;
                }
                Ok(())
            },
        }
    }
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
}

struct Payload<'a, 'de>(&'a mut dyn Deserializer<'de>);

impl MessageReader for Payload<'_, '_> {
    type Error = Error;

    fn read<T: DeserializeOwned>(self) -> Result<T, Error> {
        <(T,)>::deserialize(self.0).map(|(payload,)| payload)
    }

    fn no_such_variant(self) -> Error {
        de::Error::custom(NO_SUCH_VARIANT)
    }
}
