//! Who reads events and is no aggregate, for the registry: decision models, projections, enums of the user's own.

use std::fmt;

use crate::decide::{DecisionModel, ModelEvent};
use crate::event::EventSet;
use crate::message::{MessageSet, Place, Row};

/// What the registry knows of somebody who reads events.
#[derive(Clone, Copy)]
pub struct ConsumerEntry {
    /// What it is: `decision model`, `projection`, `enum of events`.
    pub kind: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its Rust type.
    pub type_name: fn() -> &'static str,
    /// Where it was defined.
    pub place: Place,
    /// The events that it reads; `None` if it takes whatever comes.
    pub events: Option<&'static [Row]>,
    /// Its documentation.
    pub docs: &'static str,
    #[cfg(feature = "reflect")]
    pub(crate) reflected: Option<crate::reflect::Reflected>,
}

impl ConsumerEntry {
    /// The entry of the decision model `M`, which is defined where this is called.
    #[must_use]
    #[track_caller]
    pub const fn model_here<M: DecisionModel>() -> Self {
        Self {
            kind: "decision model",
            name: M::NAME,
            type_name: std::any::type_name::<M>,
            place: Place::here(),
            events: <M::Event as ModelEvent>::ROWS,
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
            events: Some(<E as MessageSet>::ROWS),
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
            .field("events", &self.events.map(names))
            .finish_non_exhaustive()
    }
}

inventory::collect!(ConsumerEntry);

/// Somebody who reads events and can be entered in a registry by type. `#[decision_model]` implements it.
pub trait RegisteredConsumer {
    /// The entry.
    const ENTRY: ConsumerEntry;
}
