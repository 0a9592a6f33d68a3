//! The timers of the processes of a kind that are set and not due yet: a projection in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;

use serde::{Deserialize, Serialize, Serializer};

use crate::codec::Codec;
use crate::consumer::BoxError;
use crate::environment::time::Timestamp;
use crate::message::Row;
use crate::process::record::{Caused, Due, Step, read};
use crate::process::{Process, names};
use crate::projection::{Incoming, Memory, ProjectState, Projection};
use crate::store::query::Query;

/// The pending timers of the processes `P`.
#[derive(Deserialize)]
#[serde(from = "Vec<Set>", bound = "")]
pub(super) struct Pending<P> {
    /// In the order in which they are due; of one moment, in the order in which they were set.
    sets: BTreeSet<Set>,
    /// When each is due, and at which position it was set, by journal, step and index.
    known: BTreeMap<(String, Caused), (Timestamp, u64)>,
    process: PhantomData<fn() -> P>,
}

/// A timer that is set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Set {
    pub(super) at: Timestamp,
    position: u64,
    #[serde(flatten)]
    pub(super) of: Caused,
    pub(super) journal: String,
}

impl<P> Default for Pending<P> {
    fn default() -> Self {
        Self {
            sets: BTreeSet::new(),
            known: BTreeMap::new(),
            process: PhantomData,
        }
    }
}

impl<P> Pending<P> {
    /// Those that are due first, in their order.
    pub(super) fn first(&self) -> impl Iterator<Item = &Set> {
        self.sets.iter()
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.sets.len()
    }

    fn set(&mut self, set: Set) {
        let key = (set.journal.clone(), set.of);
        self.known.insert(key, (set.at, set.position));
        self.sets.insert(set);
    }

    fn unset(&mut self, journal: &str, of: Caused) {
        let key = (journal.to_owned(), of);
        if let Some((at, position)) = self.known.remove(&key) {
            let (journal, of) = key;
            self.sets.remove(&Set {
                at,
                position,
                of,
                journal,
            });
        }
    }

    /// Unsets all timers of one process.
    fn unset_all(&mut self, journal: &str) {
        let first = (journal.to_owned(), Caused { step: 0, index: 0 });
        let of_journal = self.known.range(first..);
        let of_journal = of_journal.take_while(|((other, _), _)| other == journal);
        let all: Vec<_> = of_journal.map(|((_, of), _)| *of).collect();
        for of in all {
            self.unset(journal, of);
        }
    }
}

impl<P: Process> Projection for Pending<P> {
    const NAME: &'static str = <P as names::Consumers>::TIMERS;
    const EVENTS: &'static [&'static [Row]] = &[];
    type Into = Memory;

    fn query() -> Query {
        Query::types([names::step(P::NAME), names::due(P::NAME)])
    }
}

impl<P: Process> ProjectState for Pending<P> {
    fn project<C: Codec>(&mut self, event: &Incoming<'_, C>) -> Result<(), BoxError> {
        let event = event.stored();
        let journal = event.stream.as_str();
        if event.name == names::due(P::NAME) {
            let Due { of, .. } = read(event)?;
            self.unset(journal, of);
            return Ok(());
        }
        let Step { timers, ends, .. } = read(event)?;
        for (index, alarm) in (0..).zip(timers) {
            self.set(Set {
                at: alarm.at,
                position: event.position.0,
                of: Caused {
                    step: event.version.0,
                    index,
                },
                journal: journal.to_owned(),
            });
        }
        if ends {
            self.unset_all(journal);
        }
        Ok(())
    }
}

impl<P> From<Vec<Set>> for Pending<P> {
    fn from(sets: Vec<Set>) -> Self {
        let mut pending = Self::default();
        for set in sets {
            pending.set(set);
        }
        pending
    }
}

impl<P> Serialize for Pending<P> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(&self.sets)
    }
}
