//! An event on its way to a projection's method, and what comes back.

use crate::codec::Codec;
use crate::consumer::BoxError;
use crate::decode;
use crate::event::{Event, Recorded};
use crate::metadata::Metadata;
use crate::projection::Projection;
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

    /// That at least one of the projection's methods takes the event. If none does, its name is known, perhaps, and its
    /// version is not.
    pub fn taken<P: Projection>(&self, taken: bool) -> Result<(), BoxError> {
        if taken {
            return Ok(());
        }
        let rows = P::EVENTS.iter().flat_map(|rows| rows.iter()).copied();
        let rows: Vec<_> = rows.collect();
        let unknown = UnknownMessage::to(&rows, self.event.name, self.event.schema);
        Err(Box::new(unknown))
    }
}

/// What a projection's method may return: nothing, or a `Result` of nothing.
#[diagnostic::on_unimplemented(
    message = "a projection's method cannot return `{Self}`",
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
