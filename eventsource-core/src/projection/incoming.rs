//! An event on its way to a projection's method, and what comes back.

use crate::codec::{self, Codec};
use crate::consumer::BoxError;
use crate::event::{Event, Recorded};
use crate::message::{Row, UnknownMessage};
use crate::metadata::Metadata;
use crate::projection::Projection;
use crate::stored_event::EventRef;

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

    /// Decodes the event, if it is an `E`.
    pub fn read<E: Event>(&self) -> Result<Option<Recorded<E>>, BoxError> {
        if (self.event.name, self.event.schema) != (E::NAME, E::VERSION) {
            return Ok(None);
        }
        let event = codec::decode_one(self.codec, &self.event)?;
        Ok(Some(Recorded {
            position: self.event.position,
            stream: self.event.stream.clone(),
            version: self.event.version,
            recorded_at: self.event.recorded_at,
            metadata: Metadata::from_stored(self.event.metadata)?,
            event,
        }))
    }

    /// That none of the projection's methods takes the event: its name is known, perhaps, and its version is not.
    pub fn unknown<P: Projection>(&self) -> Result<(), BoxError> {
        self.not_among(P::EVENTS)
    }

    /// That it is none of these events.
    pub fn not_among(&self, events: &[&[Row]]) -> Result<(), BoxError> {
        let rows = events.iter().flat_map(|rows| rows.iter());
        let versions = rows
            .filter(|row: &&Row| row.name == self.event.name)
            .map(|row| row.version);
        Err(Box::new(UnknownMessage {
            name: self.event.name.into(),
            version: self.event.schema,
            newest: versions.max(),
        }))
    }
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
