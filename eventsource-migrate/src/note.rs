//! How far a migration has come: a note in the target, stored with what it speaks of.

use eventsource_core::{
    Checkpoint, Clock as _, NewEvent, Record, Store, StoreIdentity, StreamName, StreamScan,
    SystemClock, Version,
};
use serde::{Deserialize, Serialize};

use crate::error::MigrationProblem;
use crate::migration::Migrated;

/// The stored name of the notes.
pub const NOTE: &str = "eventsource.migrated";

/// Whether a stored event of this name is the note of a migration, and no event of an application.
#[must_use]
pub fn is_note(name: &str) -> bool {
    name == NOTE
}

/// What stands in a note.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    /// Everything in the source up to here was looked at.
    checkpoint: Checkpoint,
    /// How many events were read, and how many were stored, in all.
    read: u64,
    stored: u64,
}

/// The notes of the migrations from one source into one target.
pub(crate) struct Notes {
    stream: StreamName,
    source: StoreIdentity,
    /// The version of the last note.
    pub(crate) version: Version,
}

impl Notes {
    /// Reads how far the migration has come; nothing was done before the first note.
    pub(crate) async fn read<T: Store>(
        source: StoreIdentity,
        target: &T,
    ) -> Result<(Self, Option<Migrated>), MigrationProblem> {
        let stream = StreamName::new("@migration", &source.id)
            .unwrap_or_else(|error| unreachable!("a UUID is a good id: {error}"));
        let last = StreamScan::of(stream.clone()).backwards().limit(1);
        let last = target.read_stream(last).await?.pop();
        let mut notes = Self {
            stream,
            source,
            version: Version::NONE,
        };
        let Some(last) = last else {
            return Ok((notes, None));
        };
        notes.version = last.version;
        let note: Note =
            serde_json::from_slice(&last.payload).map_err(|error| MigrationProblem::Note {
                stream: notes.stream.clone(),
                version: last.version,
                reason: error.to_string(),
            })?;
        note.checkpoint.check(source)?;
        let done = Migrated {
            read: note.read,
            stored: note.stored,
            position: note.checkpoint.position,
        };
        Ok((notes, Some(done)))
    }

    pub(crate) fn stream(&self) -> &StreamName {
        &self.stream
    }

    /// The next note.
    pub(crate) fn next(&self, done: Migrated) -> Record {
        let note = Note {
            checkpoint: Checkpoint {
                store: self.source,
                position: done.position,
            },
            read: done.read,
            stored: done.stored,
        };
        let payload = serde_json::to_vec(&note)
            .unwrap_or_else(|error| unreachable!("a text and two numbers are JSON: {error}"));
        Record {
            stream: self.stream.clone(),
            event: NewEvent {
                name: NOTE.into(),
                schema: 1,
                format: "json".into(),
                payload,
                metadata: [].into(),
                recorded_at: SystemClock.now(),
                tags: Vec::new(),
            },
        }
    }
}
