//! Who reads events and is no aggregate, for the registry: decision models, projections, enums of the user's own.

use std::fmt;
use std::marker::PhantomData;

use crate::decide::{DecisionModel, ModelEvent};
use crate::event::EventSet;
use crate::message::{MessageSet, Place, Row};
use crate::process::Process;
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
    /// Its version, if it keeps a checkpoint under its name and that. A process keeps its own under other names.
    pub version: Option<u32>,
    /// Where a projection writes to: one for each store may have one name.
    pub(crate) target: Option<fn() -> &'static str>,
    /// The events that it reads.
    pub reads: Reads,
    /// The commands that a process sends, as far as it takes their refusals.
    pub sends: &'static [Row],
    /// The timers that a process takes.
    pub timers: &'static [Row],
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
    /// The entry of the projection `P`.
    #[must_use]
    pub const fn of_projection<P: Projection>() -> Self {
        Self {
            version: Some(P::VERSION),
            target: Some(std::any::type_name::<P::Into>),
            place: P::PLACE,
            docs: P::DOCS,
            ..Self::here::<P>("projection", P::NAME, Reads::Each(P::EVENTS))
        }
    }

    /// The entry of the reactor `R`.
    #[must_use]
    pub const fn of_reactor<R: Reactor>() -> Self {
        Self {
            version: Some(1),
            target: Some(std::any::type_name::<Outside>),
            place: R::PLACE,
            docs: R::DOCS,
            ..Self::here::<R>("reactor", R::NAME, Reads::Each(R::EVENTS))
        }
    }

    /// The entry of the process `P`.
    #[must_use]
    pub const fn of_process<P: Process>() -> Self {
        Self {
            sends: P::SENDS,
            timers: P::TIMERS,
            place: P::PLACE,
            docs: P::DOCS,
            ..Self::here::<P>("process", P::NAME, Reads::Each(P::EVENTS))
        }
    }

    /// The entry of the decision model `M`, which is defined where this is called.
    #[must_use]
    #[track_caller]
    pub const fn model_here<M: DecisionModel>() -> Self {
        let reads = match <M::Event as ModelEvent>::ROWS {
            Some(rows) => Reads::Set(rows),
            None => Reads::Whatever,
        };
        Self {
            #[cfg(feature = "reflect")]
            reflected: <M::Event as ModelEvent>::REFLECTED,
            ..Self::here::<M>("decision model", M::NAME, reads)
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
            #[cfg(feature = "reflect")]
            reflected: Some(crate::reflect::Reflected::of::<E>()),
            ..Self::here::<T>(kind, name, Reads::Set(<E as MessageSet>::ROWS))
        }
    }

    #[track_caller]
    const fn here<T: ?Sized>(kind: &'static str, name: &'static str, reads: Reads) -> Self {
        Self {
            kind,
            name,
            type_name: std::any::type_name::<T>,
            place: Place::here(),
            version: None,
            target: None,
            reads,
            sends: &[],
            timers: &[],
            docs: "",
            #[cfg(feature = "reflect")]
            reflected: None,
        }
    }

    #[track_caller]
    pub(crate) const fn events_here<E: EventSet>() -> Self {
        Self::reader_here::<E, E>("enum of events", "")
    }

    /// Its events, to be read without their types: one set of them, or one for each method; nothing if it takes whatever
    /// comes.
    #[cfg(feature = "reflect")]
    #[must_use]
    pub fn reflected(&self) -> Vec<crate::reflect::Reflected> {
        match self.reads {
            Reads::Whatever | Reads::Set(_) => self.reflected.into_iter().collect(),
            Reads::Each(events) => reflected(events.iter().copied().flatten()),
        }
    }

    /// Its timers, to be read without their types.
    #[cfg(feature = "reflect")]
    #[must_use]
    pub fn reflected_timers(&self) -> Vec<crate::reflect::Reflected> {
        reflected(self.timers.iter())
    }

    /// The same entry, with its documentation.
    #[must_use]
    pub const fn with_docs(self, docs: &'static str) -> Self {
        Self { docs, ..self }
    }
}

#[cfg(feature = "reflect")]
fn reflected<'r>(rows: impl Iterator<Item = &'r Row>) -> Vec<crate::reflect::Reflected> {
    rows.filter_map(|row| row.alone).map(|one| one()).collect()
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
            .field("sends", &names(self.sends))
            .field("timers", &names(self.timers))
            .finish_non_exhaustive()
    }
}

inventory::collect!(ConsumerEntry);

/// The entry of a process as its block submits it. Where there is a mistake in its aggregate it is no process: that is
/// reported there, and not once more here.
#[derive(Debug)]
pub struct ProcessEntry<P>(PhantomData<P>);

impl<P: Process> ProcessEntry<P> {
    /// The entry.
    pub const ENTRY: ConsumerEntry = ConsumerEntry::of_process::<P>();
}

/// What is there in place of [`ProcessEntry::ENTRY`] for what is no process.
pub trait NoProcess: Sized {
    /// No entry: what has it does not compile.
    const ENTRY: ConsumerEntry = ConsumerEntry::here::<Self>("process", "", Reads::Each(&[]));
}

impl<P> NoProcess for ProcessEntry<P> {}

/// Somebody who reads events and can be entered in a registry by type. `#[decision_model]` implements it.
pub trait RegisteredConsumer {
    /// The entry.
    const ENTRY: ConsumerEntry;
}
