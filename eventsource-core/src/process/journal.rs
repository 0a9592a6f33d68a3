//! What the journal of a process says before a step: which inputs it has taken, and whether it has ended.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use serde::Deserialize;

use crate::process::record::{Took, Unreadable, read};
use crate::store::{Store, StreamScan, Visit};
use crate::store_error::StoreError;
use crate::stored_event::EventRef;
use crate::stream::{StreamName, Version};

/// The journal of one process.
///
/// It holds against repetition when idempotency keys are forgotten, and when an event comes again that came to nothing, before
/// others of its stream: a runner shows the events of a stream in their order, so one that is not behind the last one that was
/// taken has had its turn.
pub(super) struct Journal {
    pub(super) version: Version,
    pub(super) has_ended: bool,
    /// The last version of each stream, and its part, that was taken.
    last: BTreeMap<String, (u64, u16)>,
}

impl Journal {
    /// Reads a journal. `step` is the name of its steps.
    pub(super) async fn read<S: Store>(
        store: &S,
        stream: &StreamName,
        step: String,
    ) -> Result<Result<Self, Unreadable>, StoreError> {
        let reading = Reading {
            step,
            journal: Self {
                version: Version::NONE,
                has_ended: false,
                last: BTreeMap::new(),
            },
            problem: None,
        };
        let scan = StreamScan::of(stream.clone());
        let Reading {
            journal, problem, ..
        } = store.scan_stream(scan, reading).await?;
        Ok(problem.map_or(Ok(journal), Err))
    }

    /// Whether an input has had its turn.
    pub(super) fn has_taken(&self, took: &Took) -> bool {
        let last = self.last.get(&took.stream);
        last.is_some_and(|last| (took.version, took.part) <= *last)
    }

    fn note(&mut self, Noted { took, ends }: Noted) {
        let last = self.last.entry(took.stream).or_default();
        *last = (*last).max((took.version, took.part));
        self.has_ended |= ends;
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
