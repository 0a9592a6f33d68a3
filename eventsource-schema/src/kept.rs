//! The states of aggregates of which snapshots are taken: what the stored examples make, and whether a snapshot in between
//! changes it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use eventsource_core::reflect::ReflectedSnapshots;
use eventsource_core::{AggregateEntry, StoredEvent};
use serde_json::Value;

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

/// A snapshot that loses something.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Forgotten {
    /// The stored names of the history's events.
    pub(crate) history: Vec<String>,
    /// After how many of them the snapshot is taken.
    pub(crate) after: usize,
    pub(crate) difference: Difference,
}

/// The first place at which two states differ.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Difference {
    pub(crate) path: String,
    pub(crate) was: String,
    pub(crate) is: String,
}

/// The state that events make. `None` of an aggregate without snapshots, and where it is another one each time: where it
/// has a set without an order, or looks at a clock.
pub(crate) fn state(entry: &AggregateEntry, events: &[StoredEvent]) -> Option<State> {
    let snapshots = entry.reflected_snapshots()?;
    Some(State {
        fingerprint: snapshots.fingerprint.to_string(),
        state: steady(snapshots, events)?,
    })
}

fn steady(snapshots: ReflectedSnapshots, events: &[StoredEvent]) -> Option<Value> {
    let first = made(|| snapshots.state(events).ok())?;
    let same = (1..TRIES).all(|_| made(|| snapshots.state(events).ok()).as_ref() == Some(&first));
    same.then_some(first)
}

/// What is made without a panic.
fn made<T>(make: impl FnOnce() -> Option<T>) -> Option<T> {
    catch_unwind(AssertUnwindSafe(make)).ok().flatten()
}

/// The shortest history of the examples, in whatever order and number, of which a snapshot loses something.
pub(crate) fn forgotten(entry: &AggregateEntry, examples: &[StoredEvent]) -> Option<Forgotten> {
    let snapshots = entry.reflected_snapshots()?;
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    for length in 1..=LONGEST {
        for _ in 0..EACH {
            let history = history(snapshots, examples, length, &mut chance);
            let Some(whole) = steady(snapshots, &history) else {
                continue;
            };
            for after in 1..=history.len() {
                let resumed = made(|| Some(snapshots.resumed(&history, after)));
                let is = match resumed {
                    Some(Ok(resumed)) if resumed == whole => continue,
                    Some(Ok(resumed)) => difference(&whole, &resumed),
                    Some(Err(error)) => Some(Difference::told(&whole, error.to_string())),
                    None => Some(Difference::told(&whole, "a panic".into())),
                };
                return is.map(|difference| Forgotten {
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

impl Difference {
    fn told(was: &Value, is: String) -> Self {
        let (path, was) = (String::new(), was.to_string());
        Self { path, was, is }
    }
}

/// Where two states differ first.
pub(crate) fn difference(was: &Value, is: &Value) -> Option<Difference> {
    if was == is {
        return None;
    }
    let below = |step: String, inner: Difference| Difference {
        path: match (inner.path.as_str(), inner.path.starts_with('[')) {
            ("", _) => step,
            (path, true) => format!("{step}{path}"),
            (path, false) => format!("{step}.{path}"),
        },
        ..inner
    };
    let here = || Difference::told(was, is.to_string());
    Some(match (was, is) {
        (Value::Object(left), Value::Object(right)) => {
            let names = left.keys().chain(right.keys());
            let mut differs = names.filter_map(|name| {
                let (left, right) = (left.get(name), right.get(name));
                let nothing = Value::String("nothing".into());
                let inner = difference(left.unwrap_or(&nothing), right.unwrap_or(&nothing))?;
                Some(below(name.clone(), inner))
            });
            differs.next().unwrap_or_else(here)
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            let mut pairs = left.iter().zip(right).enumerate();
            pairs
                .find_map(|(at, (left, right))| {
                    Some(below(format!("[{at}]"), difference(left, right)?))
                })
                .unwrap_or_else(here)
        }
        _ => here(),
    })
}
