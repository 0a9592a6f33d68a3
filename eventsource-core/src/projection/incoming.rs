//! An event on its way to a projection's method, and what comes back.

use crate::codec::Codec;
use crate::consumer::BoxError;
use crate::event::{Event, Recorded};
use crate::message::Row;
use crate::metadata::Metadata;
use crate::store::stored_event::EventRef;
use crate::versions::decode;
use crate::versions::shape::Shape;
use crate::versions::unknown::UnknownMessage;

/// A stored event on its way to a method.
#[derive(Debug)]
pub struct Incoming<'e, C> {
    event: EventRef<'e>,
    codec: &'e C,
}

impl<'e, C: Codec> Incoming<'e, C> {
    /// A stored event, and the codec that reads it.
    pub fn new(event: EventRef<'e>, codec: &'e C) -> Self {
        Self { event, codec }
    }

    /// The parts of the event that have a method, in their order; an event that was not split is one part, 0. `events` are
    /// those of the methods. That there is none at all is an error: its name is known, perhaps, and its version is not.
    pub fn parts(&self, events: &[&[Row]]) -> Result<Parts, BoxError> {
        let EventRef { name, schema, .. } = self.event;
        let rows = || events.iter().flat_map(|rows| rows.iter());
        if rows().any(|row| row.version == schema && row.name == name) {
            return Ok(Parts::Whole(Some(0)));
        }
        let mut found = rows().filter_map(|row| row.find(name, schema));
        let first = found.next().map(|found| found.part);
        let Some(second) = found.next() else {
            self.taken(first.is_some(), events)?;
            return Ok(Parts::Whole(first));
        };
        let others = found.map(|found| found.part);
        let mut parts: Vec<_> = first
            .into_iter()
            .chain([second.part])
            .chain(others)
            .collect();
        parts.sort_unstable();
        parts.dedup();
        Ok(Parts::Split(parts.into_iter()))
    }

    /// Decodes this part of the event, if it is an `E`, or was stored as what has become one.
    pub fn part<E: Event>(&self, part: u16) -> Result<Option<Recorded<E>>, BoxError> {
        match self.part_of::<E>() {
            Some(found) if found == part => self.decode(part).map(Some),
            _ => Ok(None),
        }
    }

    /// Decodes the event, if it is an `E`, or was stored as what has become one, whichever part of it that is.
    pub(crate) fn read<E: Event>(&self) -> Result<Option<Recorded<E>>, BoxError> {
        self.part_of::<E>()
            .map(|part| self.decode(part))
            .transpose()
    }

    /// Which part of the event an `E` is.
    fn part_of<E: Event>(&self) -> Option<u16> {
        let EventRef { name, schema, .. } = self.event;
        match (name, schema) == (E::NAME, E::VERSION) {
            true => Some(0),
            false => E::ROW.find(name, schema).map(|found| found.part),
        }
    }

    fn decode<E: Event>(&self, part: u16) -> Result<Recorded<E>, BoxError> {
        let event = decode::decode_one(self.codec, &self.event)?;
        Ok(Recorded {
            position: self.event.position,
            stream: self.event.stream.clone(),
            version: self.event.version,
            part,
            recorded_at: self.event.recorded_at,
            metadata: Metadata::from_stored(self.event.metadata)?,
            event,
        })
    }

    /// The stored event itself.
    pub(crate) fn stored(&self) -> &EventRef<'e> {
        &self.event
    }

    /// That at least one of the methods takes the event, of which these are the events.
    pub(crate) fn taken(&self, taken: bool, events: &[&[Row]]) -> Result<(), BoxError> {
        if taken {
            return Ok(());
        }
        let rows: Vec<_> = events
            .iter()
            .flat_map(|rows| rows.iter())
            .copied()
            .collect();
        let unknown = UnknownMessage::to(&rows, self.event.name, self.event.schema);
        Err(Box::new(unknown))
    }
}

/// The parts of a stored event that have a method, in their order.
#[derive(Debug)]
pub enum Parts {
    /// It was not split, or one part alone has a method.
    Whole(Option<u16>),
    /// It was split.
    Split(std::vec::IntoIter<u16>),
}

impl Iterator for Parts {
    type Item = u16;

    fn next(&mut self) -> Option<u16> {
        match self {
            Self::Whole(part) => part.take(),
            Self::Split(parts) => parts.next(),
        }
    }
}

/// The names under which the events in the tables of some methods, or what has become them, are or once were stored.
pub(crate) fn stored_names(events: &[&[Row]]) -> Vec<&'static str> {
    let rows = events.iter().flat_map(|rows| rows.iter());
    let stored = |row: &Row| {
        row.shape
            .map_or_else(|| vec![row.name], Shape::stored_names)
    };
    let mut names: Vec<_> = rows.flat_map(stored).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// What the method of a projection or of a reactor may return: nothing, or a `Result` of nothing.
#[diagnostic::on_unimplemented(
    message = "the method for an event cannot return `{Self}`",
    label = "neither nothing nor a `Result<(), E>`",
    note = "return nothing, or `Result<(), E>` with an error that is `Send + Sync`"
)]
pub trait Outcome {
    /// Whether it went well.
    fn outcome(self) -> Result<(), BoxError>;
}

impl Outcome for () {
    fn outcome(self) -> Result<(), BoxError> {
        Ok(())
    }
}

impl<E: Into<BoxError>> Outcome for Result<(), E> {
    fn outcome(self) -> Result<(), BoxError> {
        self.map_err(Into::into)
    }
}
