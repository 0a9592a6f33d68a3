//! Why a migration has ended early.

use eventsource_core::{AppendError, Position, StoreError, StreamName, Version};

use crate::migration::Migrated;

/// Why a step could not change an event.
pub type StepError = Box<dyn std::error::Error + Send + Sync>;

/// Why a migration has ended early. It can be run again once the reason is gone.
#[derive(Debug, thiserror::Error)]
#[error("{problem} (everything up to position {} is in the target)", .migrated.position)]
pub struct MigrationError {
    /// What was done.
    pub migrated: Migrated,
    /// Why no more was.
    #[source]
    pub problem: MigrationProblem,
}

/// Why a migration has ended early.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MigrationProblem {
    /// A step could not change an event.
    #[error(
        "event {version} of {stream} (`{}`, position {position}) cannot be changed: {source}", .event.escape_debug()
    )]
    Step {
        /// The stream in the source.
        stream: StreamName,
        /// The event's version in it.
        version: Version,
        /// The event's position in the source.
        position: Position,
        /// Its stored name.
        event: String,
        /// What the step says.
        source: StepError,
    },
    /// The target has events, and none that this migration has brought.
    #[error(
        "the target is not empty (its last position is {head}); `Migration::beside_others` adds to what is there"
    )]
    NotEmpty {
        /// The target's last position.
        head: Position,
    },
    /// Both are the same store.
    #[error("the source and the target are the same store")]
    SameStore,
    /// Another migration of the same source into the same target has come further meanwhile.
    #[error("another migration from this source into this target is running")]
    AnotherRuns,
    /// The note of how far the migration has come cannot be read.
    #[error("the note at version {version} of {stream} in the target cannot be read: {reason}")]
    Note {
        /// The stream of the notes.
        stream: StreamName,
        /// The version of the note.
        version: Version,
        /// What is wrong.
        reason: String,
    },
    /// The target does not take what was made of some events.
    #[error("the target refuses what was made of positions {first} to {last}: {source}")]
    Target {
        /// The position of the first of them in the source.
        first: Position,
        /// The position of the last of them.
        last: Position,
        /// Why.
        source: AppendError,
    },
    /// A store could not read.
    #[error(transparent)]
    Store(#[from] StoreError),
}
