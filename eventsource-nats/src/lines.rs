//! Appends of one process to the same subjects go one after the other: sent at once, the server would refuse all but one.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use tokio::sync::{Mutex, MutexGuard};

/// How many lines there are. Subjects that share one only wait for each other.
const LINES: u64 = 16_384;

/// Where appends wait for those to the same subject.
pub(crate) struct Lines {
    lines: Box<[Mutex<()>]>,
    state: RandomState,
}

impl Lines {
    pub(crate) fn new() -> Self {
        Self {
            lines: (0..LINES).map(|_| Mutex::default()).collect(),
            state: RandomState::new(),
        }
    }

    /// Waits until nobody else is changing or checking one of these subjects.
    pub(crate) async fn wait<'s>(
        &self,
        subjects: impl Iterator<Item = &'s String>,
    ) -> Vec<MutexGuard<'_, ()>> {
        let mut numbers: Vec<_> = subjects
            .map(|subject| self.state.hash_one(subject) % LINES)
            .collect();
        // Always in the same order, so that nobody waits for somebody who waits for them.
        numbers.sort_unstable();
        numbers.dedup();
        let mut held = Vec::with_capacity(numbers.len());
        for number in numbers {
            let line = usize::try_from(number)
                .ok()
                .and_then(|number| self.lines.get(number));
            if let Some(line) = line {
                held.push(line.lock().await);
            }
        }
        held
    }
}
