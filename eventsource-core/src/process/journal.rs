//! What the journal of a process says before a step: which inputs it has taken, and whether it has ended.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use serde::Deserialize;

use crate::process::record::{Took, Unreadable, read};
use crate::runner::checkpoint_store::Slice;
use crate::store::error::StoreError;
use crate::store::stored_event::EventRef;
use crate::store::stream::{StreamName, Version};
use crate::store::{Store, StreamScan, Visit};

/// The journal of one process.
///
/// It alone says which inputs have had their turn, whatever becomes of checkpoints and idempotency keys: those that it names,
/// and those that were shown before one of these and came to nothing. One that came to nothing since comes to nothing again,
/// as the state is the same.
pub(super) struct Journal {
    pub(super) version: Version,
    pub(super) has_ended: bool,
    /// What was taken last of each stream.
    last: BTreeMap<String, Took>,
}

/// In which order inputs are shown: by their positions within a slice, but for those that were parked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Order {
    pub(super) slice: Slice,
    /// It was parked, and comes after others.
    pub(super) was_parked: bool,
}

impl Journal {
    /// Before anything of it is read.
    pub(super) fn unread() -> Self {
        Self {
            version: Version::NONE,
            has_ended: false,
            last: BTreeMap::new(),
        }
    }

    /// Reads on. `step` is the name of its steps.
    pub(super) async fn read_on<S: Store>(
        self,
        store: &S,
        stream: &StreamName,
        step: String,
    ) -> Result<Result<Self, Unreadable>, StoreError> {
        let scan = StreamScan::of(stream.clone()).after(self.version);
        let reading = Reading {
            step,
            journal: self,
            problem: None,
        };
        let Reading {
            journal, problem, ..
        } = store.scan_stream(scan, reading).await?;
        Ok(problem.map_or(Ok(journal), Err))
    }

    /// Whether an input has had its turn.
    pub(super) fn has_taken(&self, took: &Took, order: Order) -> bool {
        let of_stream = self.last.get(&took.stream);
        // The events of a stream come in their order, also those that were parked.
        of_stream.is_some_and(|last| (took.version, took.part) <= (last.version, last.part))
            || (!order.was_parked && self.is_behind(took, order.slice))
    }

    /// Whether something was taken that is shown after it.
    fn is_behind(&self, took: &Took, slice: Slice) -> bool {
        let mut last = self.last.values();
        last.any(|last| {
            (last.store, true) == (took.store, last.position > took.position)
                && slice.has_named(&last.stream)
        })
    }

    fn note(&mut self, Noted { took, ends }: Noted) {
        self.has_ended |= ends;
        match self.last.get_mut(&took.stream) {
            Some(last) if (last.version, last.part) >= (took.version, took.part) => {}
            Some(last) => *last = took,
            None => drop(self.last.insert(took.stream.clone(), took)),
        }
    }
}

/// What matters of a step.
#[derive(Deserialize)]
struct Noted {
    took: Took,
    #[serde(default)]
    ends: bool,
}

struct Reading {
    step: String,
    journal: Journal,
    problem: Option<Unreadable>,
}

impl Visit for Reading {
    fn visit(&mut self, event: EventRef<'_>) -> ControlFlow<()> {
        self.journal.version = event.version;
        if event.name == self.step {
            match read(&event) {
                Ok(noted) => self.journal.note(noted),
                Err(problem) => {
                    self.problem = Some(problem);
                    return ControlFlow::Break(());
                }
            }
        }
        ControlFlow::Continue(())
    }
}
