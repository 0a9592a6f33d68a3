//! What this process remembers of the last message of subjects, so that an append need not ask first. It may be out of date:
//! then the server refuses, and the append asks.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use eventsource_core::{Position, Version};

/// The last message of a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Last {
    /// Its sequence number; 0 if there is none.
    pub(crate) sequence: u64,
    /// Of the events of a stream: the version of the last one.
    pub(crate) version: Version,
    /// Of the copies of a term: the position of the last event that is copied.
    pub(crate) position: Position,
}

/// How many subjects are remembered at least; twice as many at most.
const KEPT: usize = 32_768;

/// The last messages of the subjects that were used last.
#[derive(Debug, Default)]
pub(crate) struct Known(Mutex<Generations>);

#[derive(Debug, Default)]
struct Generations {
    young: HashMap<String, Last>,
    old: HashMap<String, Last>,
}

impl Known {
    pub(crate) fn get(&self, subject: &str) -> Option<Last> {
        let mut generations = self.lock();
        if let Some(last) = generations.young.get(subject) {
            return Some(*last);
        }
        let last = generations.old.remove(subject)?;
        generations.put(subject.to_owned(), last);
        Some(last)
    }

    /// Notes the last message of a subject, unless a later one is known.
    pub(crate) fn note(&self, subject: &str, last: Last) {
        let mut generations = self.lock();
        if let Some(known) = generations.young.get_mut(subject) {
            if known.sequence <= last.sequence {
                *known = last;
            }
            return;
        }
        let before = generations.old.remove(subject);
        let later = before.filter(|before| before.sequence > last.sequence);
        generations.put(subject.to_owned(), later.unwrap_or(last));
    }

    /// Forgets everything: the log has another life.
    pub(crate) fn forget(&self) {
        *self.lock() = Generations::default();
    }

    fn lock(&self) -> MutexGuard<'_, Generations> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Generations {
    /// Takes in a subject that is not among the young.
    fn put(&mut self, subject: String, last: Last) {
        if self.young.len() >= KEPT {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(subject, last);
    }
}
