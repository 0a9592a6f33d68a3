//! What is on its way to a process: a stored event, a refusal, or a timer that is due.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::codec::{Codec, CodecError};
use crate::command::Command;
use crate::consumer::BoxError;
use crate::event::{Event, Recorded};
use crate::id::{Id as _, InvalidId};
use crate::process::record::{Due, Ordered, Refusal, Took, message, read};
use crate::process::{Process, Timer, names};
use crate::projection::Incoming;
use crate::store::StoreIdentity;
use crate::store::stored_event::EventRef;
use crate::store::stream::Position;

/// A stored event on its way to the methods of a process.
#[derive(Debug)]
pub struct Input<'e, C> {
    event: EventRef<'e>,
    codec: &'e C,
    from: Source,
}

/// Where an input comes from.
#[derive(Debug)]
enum Source {
    Elsewhere,
    Refusal(Refusal),
    Timer(Due),
}

/// A command of a process that its aggregate has refused: recorded, before the process is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused<C> {
    /// The command.
    pub command: C,
    /// The name of the aggregate that has refused it.
    pub aggregate: String,
    /// The aggregate's id, as text.
    pub id: String,
    /// What the aggregate's error says.
    pub reason: String,
}

/// A tag that names no process.
#[derive(Debug, thiserror::Error)]
#[error("the tag `{}` of the event `{}` (position {position}) names no process `{process}`: {source}", .tag.escape_debug(), .event.escape_debug())]
pub struct BadKey {
    /// The tag, whole.
    pub tag: String,
    /// The event's stored name.
    pub event: String,
    /// The event's position.
    pub position: Position,
    /// The name of the process.
    pub process: &'static str,
    /// What is wrong with it.
    pub source: InvalidId,
}

impl<'e, C: Codec> Input<'e, C> {
    /// A stored event as an input of `P`, and the codec that reads it.
    pub(crate) fn of<P: Process>(event: EventRef<'e>, codec: &'e C) -> Result<Self, BoxError> {
        let from = if event.name == names::refused(P::NAME) {
            Source::Refusal(read(&event)?)
        } else if event.name == names::due(P::NAME) {
            Source::Timer(read(&event)?)
        } else {
            Source::Elsewhere
        };
        Ok(Self { event, codec, from })
    }

    /// Decodes the event, if it is an `E`, or was stored as what has become one.
    pub fn event<E: Event>(&self) -> Result<Option<Recorded<E>>, BoxError> {
        match self.from {
            Source::Elsewhere => self.incoming().read(),
            Source::Refusal(_) | Source::Timer(_) => Ok(None),
        }
    }

    /// The refusal of a `K`, if it is one.
    pub fn refused<K: Command>(&self) -> Result<Option<Refused<K>>, BoxError> {
        let Source::Refusal(Refusal {
            command, reason, ..
        }) = &self.from
        else {
            return Ok(None);
        };
        let Ordered {
            aggregate,
            id,
            command,
        } = command;
        let named: BTreeMap<String, &RawValue> = serde_json::from_str(command.get())?;
        let Some(payload) = named.get(K::NAME) else {
            return Ok(None);
        };
        let command = message(payload).map_err(|source| self.unreadable(K::NAME, source))?;
        Ok(Some(Refused {
            command,
            aggregate: aggregate.clone(),
            id: id.clone(),
            reason: reason.clone(),
        }))
    }

    /// The timer, if it is a `T` that is due.
    pub fn timer<T: Timer>(&self) -> Result<Option<T>, BoxError> {
        match &self.from {
            Source::Timer(Due { alarm, .. }) if alarm.timer == T::NAME => {
                let timer = message(&alarm.payload);
                Ok(Some(
                    timer.map_err(|source| self.unreadable(T::NAME, source))?,
                ))
            }
            _ => Ok(None),
        }
    }

    /// The ids in the tags of this name.
    pub fn tagged<P: Process>(&self, tag: &str) -> Result<Vec<P::Id>, BoxError> {
        let mut ids = Vec::new();
        for whole in self.event.tags.iter() {
            let value = whole.strip_prefix(tag).and_then(|it| it.strip_prefix(':'));
            let Some(value) = value else { continue };
            let id = P::Id::parse(value).map_err(|source| BadKey {
                tag: whole.into(),
                event: self.event.name.into(),
                position: self.event.position,
                process: P::NAME,
                source,
            })?;
            ids.push(id);
        }
        Ok(ids)
    }

    /// The id of the process that it comes from, if it comes from one itself.
    pub(super) fn own<P: Process>(&self) -> Result<Option<P::Id>, BoxError> {
        match (&self.from, names::id_of(self.event.stream, P::NAME)) {
            (Source::Elsewhere, _) | (_, None) => Ok(None),
            (_, Some(id)) => Ok(Some(P::Id::parse(id)?)),
        }
    }

    /// That at least one of the methods takes it. A refusal that no method takes is no mistake.
    pub(super) fn taken<P: Process>(&self, taken: bool) -> Result<(), BoxError> {
        match &self.from {
            Source::Elsewhere => self.incoming().taken(taken, P::EVENTS),
            Source::Timer(Due { alarm, .. }) if !taken => Err(Box::new(UnknownTimer {
                process: P::NAME,
                timer: alarm.timer.clone(),
            })),
            Source::Timer(_) | Source::Refusal(_) => Ok(()),
        }
    }

    /// Which input it is, or which part of it.
    pub(super) fn took(&self, part: u16, store: StoreIdentity) -> Took {
        Took {
            stream: self.event.stream.to_string(),
            version: self.event.version.0,
            part,
            position: self.event.position.0,
            store: store.id,
        }
    }

    /// The event itself.
    pub(super) fn stored(&self) -> &EventRef<'e> {
        &self.event
    }

    fn incoming(&self) -> Incoming<'e, C> {
        Incoming::new(self.event, self.codec)
    }

    fn unreadable(&self, name: &'static str, source: CodecError) -> UnreadableMessage {
        UnreadableMessage {
            name,
            stream: self.event.stream.to_string(),
            version: self.event.version.0,
            source,
        }
    }
}

/// A timer that the process has no method for, any more.
#[derive(Debug, thiserror::Error)]
#[error("the process `{process}` has no method for its timer `{}`", .timer.escape_debug())]
struct UnknownTimer {
    process: &'static str,
    timer: String,
}

/// A command or a timer that is not what it was when it was written.
#[derive(Debug, thiserror::Error)]
#[error("`{name}` in record {version} of the journal `{stream}` does not decode: {source}")]
struct UnreadableMessage {
    name: &'static str,
    stream: String,
    version: u64,
    source: CodecError,
}
