//! An event on its way to a projection's method, and what comes back.

use crate::codec::Codec;
use crate::consumer::BoxError;
use crate::decode;
use crate::event::{Event, Recorded};
use crate::message::Row;
use crate::metadata::Metadata;
use crate::shape::Shape;
use crate::stored_event::EventRef;
use crate::unknown::UnknownMessage;

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

    /// Decodes the event, if it is an `E`, or was stored as what has become one.
    pub fn read<E: Event>(&self) -> Result<Option<Recorded<E>>, BoxError> {
        let EventRef { name, schema, .. } = self.event;
        let part = match (name, schema) == (E::NAME, E::VERSION) {
            true => 0,
            false => match E::ROW.find(name, schema) {
                Some(found) => found.part,
                None => return Ok(None),
            },
        };
        let event = decode::decode_one(self.codec, &self.event)?;
        Ok(Some(Recorded {
            position: self.event.position,
            stream: self.event.stream.clone(),
            version: self.event.version,
            part,
            recorded_at: self.event.recorded_at,
            metadata: Metadata::from_stored(self.event.metadata)?,
            event,
        }))
    }

    /// The stored event itself.
    pub(crate) fn stored(&self) -> &EventRef<'e> {
        &self.event
    }

    /// That at least one of the methods takes the event, of which these are the events. If none does, its name is known,
    /// perhaps, and its version is not.
    pub fn taken(&self, taken: bool, events: &[&[Row]]) -> Result<(), BoxError> {
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
