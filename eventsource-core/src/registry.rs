//! The registry: every aggregate of the program with its events and commands, and whoever else reads events, for
//! discovery.
//!
//! Registration is automatic, through `inventory`, or explicit, through the builder. The automatic way has gaps that
//! nobody can close (a crate that is linked but named nowhere, a `staticlib`, some targets of wasm), so nothing that
//! must be correct rests on it: decoding and dispatch within an aggregate go through static tables.

pub(crate) mod consumer_entry;
pub(crate) mod declaration;

use std::collections::BTreeMap;
use std::fmt;

use crate::aggregate::Aggregate;
use crate::codec::Json;
use crate::event::EventSet;
use crate::message::{MessageSet, Place, Row};
use crate::process::Process;
use crate::projection::Projection;
use crate::reactor::Reactor;
use crate::registry::consumer_entry::{ConsumerEntry, Reads, RegisteredConsumer};
use crate::repository::Repository;
use crate::repository::dispatcher::Target;
use crate::snapshot::Snapshotted;
use crate::store::erased::AnyStore;

/// What the registry knows of an aggregate.
#[derive(Clone, Copy)]
pub struct AggregateEntry {
    /// Its name, with which its streams begin.
    pub name: &'static str,
    /// Its Rust type.
    pub type_name: fn() -> &'static str,
    /// Where it was defined.
    pub place: Place,
    /// Its events.
    pub events: &'static [Row],
    /// Its commands.
    pub commands: &'static [Row],
    /// Its documentation.
    pub docs: &'static str,
    #[cfg(feature = "reflect")]
    pub(crate) reflected: crate::reflect::ReflectedAggregate,
    #[cfg(feature = "reflect")]
    pub(crate) snapshots: Option<crate::reflect::ReflectedSnapshots>,
    pub(crate) target: fn(AnyStore) -> Result<Box<dyn Target>, NameCollision>,
}

impl AggregateEntry {
    /// The entry of `A`, which is defined where this is called.
    #[must_use]
    #[track_caller]
    pub const fn here<A: Aggregate>() -> Self {
        Self {
            name: A::NAME,
            type_name: std::any::type_name::<A>,
            place: Place::here(),
            events: <A::Event as MessageSet>::ROWS,
            commands: <A::Command as MessageSet>::ROWS,
            docs: "",
            #[cfg(feature = "reflect")]
            reflected: crate::reflect::ReflectedAggregate::of::<A>(),
            #[cfg(feature = "reflect")]
            snapshots: None,
            target: |store| {
                let repository = Repository::<A, AnyStore, Json>::try_new(store)?;
                Ok(Box::new(repository))
            },
        }
    }

    /// Its events, to be read without their types.
    #[cfg(feature = "reflect")]
    #[must_use]
    pub fn reflected_events(&self) -> crate::reflect::Reflected {
        self.reflected.events
    }

    /// Its commands, to be read without their types.
    #[cfg(feature = "reflect")]
    #[must_use]
    pub fn reflected_commands(&self) -> crate::reflect::Reflected {
        self.reflected.commands
    }

    /// Makes a state of stored events, which are in JSON, and throws it away.
    #[cfg(feature = "reflect")]
    pub fn fold(&self, events: &[crate::StoredEvent]) -> Result<(), crate::reflect::FoldError> {
        (self.reflected.fold)(events)
    }

    /// How its states are kept in snapshots, if they are.
    #[cfg(feature = "reflect")]
    #[must_use]
    pub fn reflected_snapshots(&self) -> Option<crate::reflect::ReflectedSnapshots> {
        self.snapshots
    }

    /// The same entry of an aggregate whose states can be kept.
    #[must_use]
    pub const fn with_snapshots<A: Snapshotted>(self) -> Self {
        Self {
            #[cfg(feature = "reflect")]
            snapshots: Some(crate::reflect::ReflectedSnapshots::of::<A>()),
            ..self
        }
    }

    /// The same entry, with the aggregate's documentation.
    #[must_use]
    pub const fn with_docs(self, docs: &'static str) -> Self {
        Self { docs, ..self }
    }
}

impl fmt::Debug for AggregateEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |rows: &[Row]| rows.iter().map(|row| row.name).collect::<Vec<_>>();
        f.debug_struct("AggregateEntry")
            .field("name", &self.name)
            .field("type", &(self.type_name)())
            .field("place", &self.place.to_string())
            .field("events", &names(self.events))
            .field("commands", &names(self.commands))
            .finish_non_exhaustive()
    }
}

inventory::collect!(AggregateEntry);

/// An aggregate that can be entered in a registry by its type.
pub trait Registered: Aggregate {
    /// Its entry.
    const ENTRY: AggregateEntry;
}

/// A list of aggregates, and of whoever else reads events.
///
/// ```
/// use eventsource_core::prelude::*;
/// use eventsource_core::Registry;
/// # #[event(name = "lamp.lit")] pub struct Lit;
/// # #[derive(Debug, thiserror::Error)] #[error("never")] pub struct Never;
/// # #[aggregate(id = String, error = Never, events(Lit), commands(Light))]
/// # #[derive(Default)] pub struct Lamp { lit: bool }
/// # #[apply] impl Lamp { fn lit(&mut self, _: &Lit) { self.lit = true } }
/// # #[handle] impl Lamp { #[command] pub fn light(&self) -> Result<Lit, Never> { Ok(Lit) } }
///
/// let explicit = Registry::new().with::<Lamp>();
/// assert_eq!(explicit.aggregate("Lamp").unwrap().events[0].name, "lamp.lit");
/// assert!(explicit.missing_from(&Registry::discovered()).is_empty());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Registry {
    aggregates: Vec<AggregateEntry>,
    consumers: Vec<ConsumerEntry>,
}

impl Registry {
    /// An empty list.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Everything that registered itself.
    #[must_use]
    pub fn discovered() -> Self {
        let mut aggregates: Vec<_> = inventory::iter::<AggregateEntry>
            .into_iter()
            .copied()
            .collect();
        aggregates.sort_unstable_by_key(|entry| (entry.name, (entry.type_name)()));
        let mut consumers: Vec<_> = inventory::iter::<ConsumerEntry>
            .into_iter()
            .copied()
            .collect();
        consumers.sort_unstable_by_key(|entry| {
            (entry.kind, entry.name, entry.version, (entry.type_name)())
        });
        Self {
            aggregates,
            consumers,
        }
    }

    /// Adds an aggregate.
    #[must_use]
    pub fn with<A: Registered>(mut self) -> Self {
        self.aggregates.push(A::ENTRY);
        self
    }

    /// Adds a decision model, or whatever else reads events.
    #[must_use]
    pub fn with_consumer<C: RegisteredConsumer>(mut self) -> Self {
        self.consumers.push(C::ENTRY);
        self
    }

    /// Adds a projection.
    #[must_use]
    pub fn with_projection<P: Projection>(mut self) -> Self {
        self.consumers.push(ConsumerEntry::of_projection::<P>());
        self
    }

    /// Adds a reactor.
    #[must_use]
    pub fn with_reactor<R: Reactor>(mut self) -> Self {
        self.consumers.push(ConsumerEntry::of_reactor::<R>());
        self
    }

    /// Adds a process, as one who reads events; [`with`](Self::with) adds it as an aggregate.
    #[must_use]
    pub fn with_process<P: Process>(mut self) -> Self {
        self.consumers.push(ConsumerEntry::of_process::<P>());
        self
    }

    /// Adds an enum of events that is read by itself.
    #[must_use]
    #[track_caller]
    pub fn with_events<E: EventSet>(mut self) -> Self {
        self.consumers.push(ConsumerEntry::events_here::<E>());
        self
    }

    /// Whoever reads events, and is no aggregate.
    #[must_use]
    pub fn consumers(&self) -> &[ConsumerEntry] {
        &self.consumers
    }

    /// The aggregates.
    #[must_use]
    pub fn aggregates(&self) -> &[AggregateEntry] {
        &self.aggregates
    }

    /// The aggregate with this name.
    #[must_use]
    pub fn aggregate(&self, name: &str) -> Option<&AggregateEntry> {
        self.aggregates.iter().find(|entry| entry.name == name)
    }

    /// The aggregates that stand here and not in `other`: an explicit list and the discovered one should agree.
    #[must_use]
    pub fn missing_from(&self, other: &Self) -> Vec<&AggregateEntry> {
        let theirs: Vec<_> = other
            .aggregates
            .iter()
            .map(|entry| (entry.type_name)())
            .collect();
        self.aggregates
            .iter()
            .filter(|entry| !theirs.contains(&(entry.type_name)()))
            .collect()
    }

    /// Two types with one stored name, if there are.
    pub fn check_names(&self) -> Result<(), NameCollision> {
        let mut names = Names::default();
        self.aggregates
            .iter()
            .try_for_each(|entry| names.add(entry))?;
        self.consumers
            .iter()
            .try_for_each(|entry| match entry.reads {
                Reads::Set(events) => names.add_events(events),
                // Their types say whose events they are.
                Reads::Each(_) | Reads::Whatever => Ok(()),
            })
    }

    /// Two projections or reactors that would share a checkpoint, if there are: with one name and version, and that write to
    /// the same kind of place. A projection for each store is none, nor are versions side by side.
    pub fn check_consumers(&self) -> Result<(), NameCollision> {
        let mut known = BTreeMap::new();
        let keeping = self
            .consumers
            .iter()
            .filter_map(|entry| Some((entry, (entry.name, entry.version?, entry.target?()))));
        for (entry, key) in keeping {
            let own = ((entry.type_name)(), entry.place);
            let first = *known.entry(key).or_insert(own);
            differ(entry.kind, entry.name, first, own)?;
        }
        Ok(())
    }
}

/// Two types of a program that have one stored name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{first_type} ({first_place}) and {second_type} ({second_place}) have one stored name, `{name}`: \
     write `#[{attribute}(name = \"…\")]` on both, each with its own"
)]
pub struct NameCollision {
    /// The name.
    pub name: String,
    /// `event`, `aggregate`, `projection`, `reactor` or `process`.
    pub attribute: &'static str,
    /// One type.
    pub first_type: &'static str,
    /// Where it was defined.
    pub first_place: Place,
    /// The other type.
    pub second_type: &'static str,
    /// Where it was defined.
    pub second_place: Place,
}

#[derive(Default)]
struct Names(BTreeMap<(&'static str, &'static str), (&'static str, Place)>);

impl Names {
    fn add(&mut self, entry: &AggregateEntry) -> Result<(), NameCollision> {
        self.add_one("aggregate", entry.name, (entry.type_name)(), entry.place)?;
        self.add_events(entry.events)
    }

    fn add_events(&mut self, events: &[Row]) -> Result<(), NameCollision> {
        let mut events = events.iter();
        events.try_for_each(|row| self.add_event(row, |_| true))
    }

    /// Adds the names of an event of which that is wanted. An earlier version has the name of the later ones; what was
    /// split has a name of its own, which it shares with nothing but its parts.
    fn add_event(&mut self, row: &Row, wanted: impl Fn(&str) -> bool) -> Result<(), NameCollision> {
        let mut added = Ok(());
        row.each_name(&mut |name, type_name, place| {
            if added.is_ok() && wanted(name) {
                added = self.add_one("event", name, type_name, place);
            }
        });
        added
    }

    fn add_one(
        &mut self,
        attribute: &'static str,
        name: &'static str,
        type_name: &'static str,
        place: Place,
    ) -> Result<(), NameCollision> {
        let own = (type_name, place);
        let first = *self.0.entry((attribute, name)).or_insert(own);
        differ(attribute, name, first, own)
    }
}

/// That two types with one name are the same.
fn differ(
    attribute: &'static str,
    name: &str,
    (first_type, first_place): (&'static str, Place),
    (second_type, second_place): (&'static str, Place),
) -> Result<(), NameCollision> {
    // rustdoc puts many examples into one program, though each is one of its own.
    let examples = [first_type, second_type]
        .iter()
        .all(|name| name.starts_with("doctest_bundle_"));
    if examples || (first_type, first_place) == (second_type, second_place) {
        return Ok(());
    }
    let name = name.into();
    Err(NameCollision {
        name,
        attribute,
        first_type,
        first_place,
        second_type,
        second_place,
    })
}

/// The name of the aggregate whose streams begin like that, if one has registered itself.
pub(crate) fn aggregate_called(category: &str) -> Option<&'static str> {
    let entries = inventory::iter::<AggregateEntry>;
    entries
        .into_iter()
        .find_map(|entry| (entry.name == category).then_some(entry.name))
}

/// Whether the names of an aggregate are its own in the program, as far as that is known: among everything that
/// registered itself.
pub(crate) fn check_names_of<A: Aggregate>() -> Result<(), NameCollision> {
    let mut names = Names::default();
    let own_events = <A::Event as MessageSet>::ROWS;
    for row in own_events {
        names.add_event(row, |_| true)?;
    }
    let own = <A::Event as MessageSet>::stored_names();
    for entry in inventory::iter::<AggregateEntry> {
        if entry.name == A::NAME {
            names.add_one("aggregate", entry.name, (entry.type_name)(), entry.place)?;
        }
        for row in entry.events {
            names.add_event(row, |name| own.contains(&name))?;
        }
    }
    for entry in inventory::iter::<ConsumerEntry> {
        let Reads::Set(events) = entry.reads else {
            // What its methods read is looked at by whoever checks the whole registry.
            continue;
        };
        for row in events {
            names.add_event(row, |name| own.contains(&name))?;
        }
    }
    Ok(())
}
