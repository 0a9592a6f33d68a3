//! The states of aggregates of which snapshots are taken: what the stored examples make, and whether a snapshot in between
//! changes it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use eventsource_core::reflect::ReflectedSnapshots;
use eventsource_core::{AggregateEntry, StoredEvent};
use serde_json::Value;

use crate::difference::{Difference, as_in, difference, settle};

/// How often a state is made before it is believed to be the same each time: sets without an order show two elements
/// in the same order every other time.
const TRIES: usize = 16;
/// The longest history that is made of the examples, and how many are made of each length.
const LONGEST: usize = 10;
const EACH: usize = 12;

/// What the examples make, and by which code.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct State {
    pub(crate) fingerprint: String,
    pub(crate) state: Value,
}

/// What makes snapshots of a state wrong, whatever code reads them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Flaw {
    /// The same events make another state each time.
    Unsteady(Difference),
    /// A snapshot loses something.
    Forgotten {
        /// The stored names of the history's events.
        history: Vec<String>,
        /// After how many of them the snapshot is taken.
        after: usize,
        difference: Difference,
    },
}

/// The state that events make. `None` of an aggregate without snapshots, and where it is another one each time.
pub(crate) fn state(entry: &AggregateEntry, events: &[StoredEvent]) -> Option<State> {
    let snapshots = entry.reflected_snapshots()?;
    let fingerprint = snapshots.fingerprint.to_string();
    let state = steady(snapshots, events)?.ok()?;
    Some(State { fingerprint, state })
}

/// The state that events make, or where it differs when it is made again.
fn steady(
    snapshots: ReflectedSnapshots,
    events: &[StoredEvent],
) -> Option<Result<Value, Difference>> {
    let mut state = made(|| snapshots.state(events).ok())?;
    for _ in 1..TRIES {
        let again = made(|| snapshots.state(events).ok())?;
        if let Err(difference) = settle(&mut state, &again) {
            return Some(Err(difference));
        }
    }
    Some(Ok(state))
}

/// What is made without a panic.
fn made<T>(make: impl FnOnce() -> Option<T>) -> Option<T> {
    catch_unwind(AssertUnwindSafe(make)).ok().flatten()
}

/// What is wrong with the state that the shortest history of the examples makes, in whatever order and number.
pub(crate) fn flaw(entry: &AggregateEntry, examples: &[StoredEvent]) -> Option<Flaw> {
    let snapshots = entry.reflected_snapshots()?;
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    for length in 1..=LONGEST {
        for _ in 0..EACH {
            let history = history(snapshots, examples, length, &mut chance);
            let whole = match steady(snapshots, &history) {
                Some(Ok(whole)) => whole,
                Some(Err(difference)) => return Some(Flaw::Unsteady(difference)),
                None => continue,
            };
            for after in 1..=history.len() {
                let difference = match made(|| Some(snapshots.resumed(&history, after))) {
                    Some(Ok(resumed)) => difference(&whole, &as_in(&whole, &resumed)),
                    Some(Err(error)) => Some(Difference::told(&whole, error.to_string())),
                    None => Some(Difference::told(&whole, "a panic".into())),
                };
                let Some(difference) = difference else {
                    continue;
                };
                return Some(Flaw::Forgotten {
                    history: history.iter().map(|event| event.name.to_string()).collect(),
                    after,
                    difference,
                });
            }
        }
    }
    None
}

/// Examples in some order; those that cannot follow the ones before them are left out.
fn history(
    snapshots: ReflectedSnapshots,
    examples: &[StoredEvent],
    length: usize,
    chance: &mut Chance,
) -> Vec<StoredEvent> {
    let mut history: Vec<StoredEvent> = Vec::new();
    for _ in 0..length * 2 {
        if history.len() == length {
            break;
        }
        let Some(example) = examples.get(chance.below(examples.len())) else {
            break;
        };
        let mut next = example.clone();
        let number = history.len() as u64 + 1;
        (next.version.0, next.position.0) = (number, number);
        history.push(next);
        if made(|| snapshots.state(&history).ok()).is_none() {
            history.pop();
        }
    }
    history
}

/// Numbers that are the same at each run (xorshift, by Marsaglia).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (limit as u64).max(1)).unwrap_or(0)
    }
}
