//! Who reads events and is no aggregate, for the registry: decision models, projections, enums of the user's own.

use std::fmt;

use crate::decide::{DecisionModel, ModelEvent};
use crate::event::EventSet;
use crate::message::{MessageSet, Place, Row};
use crate::projection::{Outside, Projection};
use crate::reactor::Reactor;

/// What the registry knows of somebody who reads events.
#[derive(Clone, Copy)]
pub struct ConsumerEntry {
    /// What it is: `decision model`, `projection`, `reactor`, `process`, `enum of events`.
    pub kind: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its Rust type.
    pub type_name: fn() -> &'static str,
    /// Where it was defined.
    pub place: Place,
    /// Its version, if it keeps a checkpoint, under its name and that.
    pub version: Option<u32>,
    /// Where a projection writes to: one for each store may have one name.
    pub(crate) target: Option<fn() -> &'static str>,
    /// The events that it reads.
    pub reads: Reads,
    /// Its documentation.
    pub docs: &'static str,
    #[cfg(feature = "reflect")]
    pub(crate) reflected: Option<crate::reflect::Reflected>,
}

/// Which events somebody reads.
#[derive(Debug, Clone, Copy)]
pub enum Reads {
    /// Whatever comes.
    Whatever,
    /// Those of a set.
    Set(&'static [Row]),
    /// Those of its methods.
    Each(&'static [&'static [Row]]),
}

impl Reads {
    /// The events, by their names and versions of today; `None` if it is whatever comes.
    #[must_use]
    pub fn rows(&self) -> Option<Vec<Row>> {
        match self {
            Self::Whatever => None,
            Self::Set(rows) => Some(rows.to_vec()),
            Self::Each(rows) => Some(rows.concat()),
        }
    }
}

impl ConsumerEntry {
    /// The entry of the projection `P`, whose block stands where this is called.
    #[must_use]
    #[track_caller]
    pub const fn projection_here<P: Projection>() -> Self {
        Self {
            target: Some(std::any::type_name::<P::Into>),
            ..Self::methods_of::<P>("projection", P::NAME, Some(P::VERSION), P::EVENTS)
        }
    }

    /// The entry of the reactor `R`, whose block stands where this is called.
    #[must_use]
    #[track_caller]
    pub const fn reactor_here<R: Reactor>() -> Self {
        Self {
            target: Some(std::any::type_name::<Outside>),
            ..Self::methods_of::<R>("reactor", R::NAME, Some(1), R::EVENTS)
        }
    }

    /// The entry of the process `P`, whose block stands where this is called, and which reads these events. What keeps its
    /// checkpoint is its aggregate's name, which is no other's.
    #[must_use]
    #[track_caller]
    pub const fn process_here<P>(events: &'static [&'static [Row]]) -> Self {
        Self::methods_of::<P>("process", "", None, events)
    }

    #[track_caller]
    const fn methods_of<T>(
        kind: &'static str,
        name: &'static str,
        version: Option<u32>,
        events: &'static [&'static [Row]],
    ) -> Self {
        Self {
            kind,
            name,
            type_name: std::any::type_name::<T>,
            place: Place::here(),
            version,
            target: None,
            reads: Reads::Each(events),
            docs: "",
            #[cfg(feature = "reflect")]
            reflected: None,
        }
    }

    /// The entry of the decision model `M`, which is defined where this is called.
    #[must_use]
    #[track_caller]
    pub const fn model_here<M: DecisionModel>() -> Self {
        Self {
            kind: "decision model",
            name: M::NAME,
            type_name: std::any::type_name::<M>,
            place: Place::here(),
            version: None,
            target: None,
            reads: match <M::Event as ModelEvent>::ROWS {
                Some(rows) => Reads::Set(rows),
                None => Reads::Whatever,
            },
            docs: "",
            #[cfg(feature = "reflect")]
            reflected: <M::Event as ModelEvent>::REFLECTED,
        }
    }

    /// The entry of something that reads the events `E` and is defined where this is called. `kind` says what it is, in
    /// lower case.
    #[must_use]
    #[track_caller]
    pub const fn reader_here<T: ?Sized, E: EventSet>(
        kind: &'static str,
        name: &'static str,
    ) -> Self {
        Self {
            kind,
            name,
            type_name: std::any::type_name::<T>,
            place: Place::here(),
            version: None,
            target: None,
            reads: Reads::Set(<E as MessageSet>::ROWS),
            docs: "",
            #[cfg(feature = "reflect")]
            reflected: Some(crate::reflect::Reflected::of::<E>()),
        }
    }

    #[track_caller]
    pub(crate) const fn events_here<E: EventSet>() -> Self {
        Self::reader_here::<E, E>("enum of events", "")
    }

    /// Its events, to be read without their types; nothing if it takes whatever comes.
    #[cfg(feature = "reflect")]
    #[must_use]
    pub fn reflected(&self) -> Option<crate::reflect::Reflected> {
        self.reflected
    }

    /// The same entry, with its documentation.
    #[must_use]
    pub const fn with_docs(self, docs: &'static str) -> Self {
        Self { docs, ..self }
    }
}

impl fmt::Debug for ConsumerEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |rows: &[Row]| rows.iter().map(|row| row.name).collect::<Vec<_>>();
        f.debug_struct("ConsumerEntry")
            .field("kind", &self.kind)
            .field("name", &self.name)
            .field("type", &(self.type_name)())
            .field("place", &self.place.to_string())
            .field("version", &self.version)
            .field("events", &self.reads.rows().as_deref().map(names))
            .finish_non_exhaustive()
    }
}

inventory::collect!(ConsumerEntry);

/// Somebody who reads events and can be entered in a registry by type. `#[decision_model]` implements it.
pub trait RegisteredConsumer {
    /// The entry.
    const ENTRY: ConsumerEntry;
}
