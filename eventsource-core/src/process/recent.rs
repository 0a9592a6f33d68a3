//! What was known last of the processes that took something recently: so that a long one is not read from its beginning at
//! each step. It is where a step begins, and never what it rests on: what came since is read, and the append is checked.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::aggregate::Aggregate;
use crate::process::journal::Journal;
use crate::repository::baseline::Remembered;
use crate::store::stream::StreamName;

/// A process as it was known last.
pub(super) struct Known<P: Aggregate> {
    pub(super) journal: Journal,
    pub(super) state: Remembered<P>,
}

/// The processes that were put last: at least [`ROOM`] of them, and at most twice as many.
pub(super) struct Recent<P: Aggregate>(Mutex<Generations<P>>);

/// Those that were put since `young` was empty, and those that were put before.
struct Generations<P: Aggregate> {
    young: HashMap<StreamName, Known<P>>,
    old: HashMap<StreamName, Known<P>>,
}

const ROOM: usize = 1024;

impl<P: Aggregate> Recent<P> {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Generations {
            young: HashMap::new(),
            old: HashMap::new(),
        }))
    }

    /// Takes out what is known; whoever works on the process has it alone.
    pub(super) fn take(&self, stream: &StreamName) -> Option<Known<P>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let young = known.young.remove(stream);
        young.or_else(|| known.old.remove(stream))
    }

    /// Puts back what is known now.
    pub(super) fn put(&self, stream: StreamName, process: Known<P>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.young.len() >= ROOM {
            known.old = std::mem::take(&mut known.young);
        }
        known.young.insert(stream, process);
    }
}
