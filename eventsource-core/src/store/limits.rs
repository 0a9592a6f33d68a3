//! What a store accepts in one append: judged in the client, before anything is sent.

use crate::store::append::{Append, NewEvent};
use crate::store::tag::TAG_LIMIT;

/// What a store accepts in one append; judged in the client, before anything is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one payload; 1 MiB by default.
    pub payload: usize,
    /// Bytes of the metadata of one event; 64 KiB by default.
    pub metadata: usize,
    /// Bytes of all events together, with their names and tags; 4 MiB by default.
    pub append: usize,
    /// Records in one append; 10,000 by default.
    pub records: usize,
    /// Tags on one event; 64 by default.
    pub tags: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            payload: 1 << 20,
            metadata: 64 << 10,
            append: 4 << 20,
            records: 10_000,
            tags: 64,
        }
    }
}

/// The longest stored name of an event and of a format, in bytes.
pub const EVENT_NAME_LIMIT: usize = 256;

/// An append that breaks a limit: which event, and which limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("event {index} of the append (`{}`) is refused: {problem}", .name.escape_debug())]
pub struct Rejected {
    /// The event's place in the append, from 0.
    pub index: usize,
    /// Its stored name.
    pub name: String,
    /// What is wrong.
    pub problem: RejectedProblem,
}

/// Which limit an append breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RejectedProblem {
    /// Something is larger than the store takes.
    #[error("its {what} has {bytes} bytes, and {limit} is the most")]
    TooLarge {
        /// Payload, metadata, tag, name …
        what: &'static str,
        /// How large it is.
        bytes: usize,
        /// How large it may be.
        limit: usize,
    },
    /// There are more than the store takes.
    #[error("there are {count} {what}, and {limit} is the most")]
    TooMany {
        /// Records or tags.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
    /// A text is empty or contains a NUL or another control character.
    #[error("its {what} is empty or contains a control character")]
    BadText {
        /// Name, format or tag.
        what: &'static str,
    },
}

impl Limits {
    /// Judges an append.
    pub fn check<Reach>(&self, append: &Append<Reach>) -> Result<(), Rejected> {
        let mut total = 0;
        for (index, record) in append.records().iter().enumerate() {
            total += record.event.size();
            let problem = if index >= self.records {
                Some(RejectedProblem::TooMany {
                    what: "records",
                    count: append.records().len(),
                    limit: self.records,
                })
            } else {
                self.problem(&record.event)
                    .or_else(|| too_large("append", total, self.append))
            };
            if let Some(problem) = problem {
                let name = record.event.name.chars().take(80).collect();
                return Err(Rejected {
                    index,
                    name,
                    problem,
                });
            }
        }
        Ok(())
    }

    fn problem(&self, event: &NewEvent) -> Option<RejectedProblem> {
        bad_text("name", &event.name, EVENT_NAME_LIMIT)
            .or_else(|| bad_text("format", &event.format, EVENT_NAME_LIMIT))
            .or_else(|| too_large("payload", event.payload.len(), self.payload))
            .or_else(|| too_large("metadata", event.metadata.len(), self.metadata))
            .or_else(|| {
                (event.tags.len() > self.tags).then_some(RejectedProblem::TooMany {
                    what: "tags",
                    count: event.tags.len(),
                    limit: self.tags,
                })
            })
            .or_else(|| {
                event
                    .tags
                    .iter()
                    .find_map(|tag| bad_text("tag", tag.as_str(), TAG_LIMIT))
            })
    }
}

fn too_large(what: &'static str, bytes: usize, limit: usize) -> Option<RejectedProblem> {
    (bytes > limit).then_some(RejectedProblem::TooLarge { what, bytes, limit })
}

fn bad_text(what: &'static str, text: &str, limit: usize) -> Option<RejectedProblem> {
    let bad = text.is_empty() || text.chars().any(char::is_control);
    bad.then_some(RejectedProblem::BadText { what })
        .or_else(|| too_large(what, text.len(), limit))
}
