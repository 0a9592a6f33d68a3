//! Stored examples, applied by an aggregate: after each other where that is possible, else each by itself.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use eventsource_core::reflect::FoldError;
use eventsource_core::{AggregateEntry, StoredEvent};
use serde_json::Value;

use crate::contract::{self, Key};

/// What became of the examples.
pub(crate) struct Folded {
    pub(crate) each: BTreeMap<Key, Result<(), NotApplied>>,
    /// Those that were applied after each other.
    pub(crate) history: Vec<StoredEvent>,
}

/// Has an aggregate apply each example: after those before it, or by itself.
pub(crate) fn fold(entry: &AggregateEntry, samples: &BTreeMap<Key, Vec<Value>>) -> Folded {
    let set = entry.reflected_events();
    let order = |key: &Key| {
        let row = set.find(&key.0, key.1).map(|(row, _)| row.variant);
        (row.unwrap_or(u16::MAX), key.clone())
    };
    let mut keys: Vec<_> = samples.keys().collect();
    keys.sort_by_key(|key| order(key));
    let mut before: Vec<StoredEvent> = Vec::new();
    let mut folded = BTreeMap::new();
    for key in keys {
        let mut result = Ok(());
        for sample in &samples[key] {
            let at = before.len() as u64 + 1;
            before.push(contract::stored(&key.0, key.1, sample, at));
            if let Err(reason) = try_fold(entry, &before) {
                before.pop();
                let alone = contract::stored(&key.0, key.1, sample, 1);
                if try_fold(entry, &[alone]).is_err() {
                    result = Err(reason);
                }
            }
        }
        folded.insert(key.clone(), result);
    }
    Folded {
        each: folded,
        history: before,
    }
}

/// Why an example was not applied.
pub(crate) enum NotApplied {
    /// It was not even read.
    Unread,
    /// It was read.
    Refused(String),
}

fn try_fold(entry: &AggregateEntry, events: &[StoredEvent]) -> Result<(), NotApplied> {
    match catch_unwind(AssertUnwindSafe(|| entry.fold(events))) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(FoldError::Decode(_))) => Err(NotApplied::Unread),
        Ok(Err(error)) => Err(NotApplied::Refused(error.to_string())),
        Err(panic) => {
            let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
            let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
            let text = text.unwrap_or_default();
            Err(NotApplied::Refused(format!("it panicked: {text}")))
        }
    }
}
