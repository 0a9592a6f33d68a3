//! Whether the target has what the steps make of the source: stream by stream, by counts and by contents.

use std::collections::HashMap;

use eventsource_core::{MultiStreamStore, Position, Record, Store, StoreError, StreamName};
use uuid::Uuid;

use crate::chunk::{change, page, record};
use crate::error::MigrationProblem;
use crate::migration::Migration;
use crate::note::{Notes, is_note};

/// What was compared and is equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// Events that both have.
    pub events: u64,
    /// Streams that they are in.
    pub streams: u64,
    /// Events in the target's other streams.
    pub others: u64,
}

/// Why a target is not verified.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// No migration from this source has been run.
    #[error("nothing was migrated from this source into this target")]
    NothingMigrated,
    /// A stream has another number of events.
    #[error("{stream} must have {expected} events in the target, and has {found}")]
    Count {
        /// The stream in the target.
        stream: StreamName,
        /// What the steps make of the source.
        expected: u64,
        /// What the target has.
        found: u64,
    },
    /// A stream has other events.
    #[error("{stream} has other events in the target than the steps make of the source")]
    Contents {
        /// The stream in the target.
        stream: StreamName,
    },
    /// The source cannot be read, or a step fails.
    #[error(transparent)]
    Source(#[from] MigrationProblem),
}

impl From<StoreError> for VerifyError {
    fn from(error: StoreError) -> Self {
        Self::Source(error.into())
    }
}

/// The events of the streams: how many, and a digest of all that is in them, in their order.
#[derive(Default)]
struct Digests(HashMap<StreamName, (u64, Uuid)>);

impl<S: Store, T: MultiStreamStore> Migration<S, T> {
    /// Reads both stores once more, and compares what the steps make of the source with what the target has: each stream
    /// with the number of its events, their order and everything in them. What the source has got since the last
    /// run is left alone.
    ///
    /// With [`beside_others`](Self::beside_others), a stream that others have written to is different.
    pub async fn verify(&self) -> Result<Verified, VerifyError> {
        let (_, migrated) = Notes::read(self.source.identity(), &self.target).await?;
        let migrated = migrated.ok_or(VerifyError::NothingMigrated)?;
        let mut expected = Digests::default();
        let mut after = Position::START;
        while after < migrated.position {
            let (events, seen) = page(&self.source, after, migrated.position).await?;
            for event in events {
                for record in change(&self.steps, event)? {
                    expected.add(&record);
                }
            }
            after = seen;
        }
        let mut found = Digests::default();
        let (mut after, end) = (Position::START, self.target.head().await?);
        while after < end {
            let (events, seen) = page(&self.target, after, end).await?;
            for event in events.iter().filter(|event| !is_note(&event.name)) {
                found.add(&record(event));
            }
            after = seen;
        }
        compare(&expected, &mut found)
    }
}

fn compare(expected: &Digests, found: &mut Digests) -> Result<Verified, VerifyError> {
    let mut events = 0;
    // In an order that is the same at every try.
    let mut streams: Vec<_> = expected.0.iter().collect();
    streams.sort_unstable_by_key(|(stream, _)| stream.as_str());
    for (stream, (expected, digest)) in streams {
        let (count, content) = found.0.remove(stream).unwrap_or_default();
        let stream = || stream.clone();
        if count != *expected {
            return Err(VerifyError::Count {
                stream: stream(),
                expected: *expected,
                found: count,
            });
        }
        if content != *digest {
            return Err(VerifyError::Contents { stream: stream() });
        }
        events += count;
    }
    Ok(Verified {
        events,
        streams: expected.0.len() as u64,
        others: found.0.values().map(|(count, _)| count).sum(),
    })
}

impl Digests {
    fn add(&mut self, Record { stream, event }: &Record) {
        let (count, digest) = self.0.entry(stream.clone()).or_default();
        let mut bytes = Vec::with_capacity(event.size() + 64);
        let mut part = |part: &[u8]| {
            bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
            bytes.extend_from_slice(part);
        };
        part(event.name.as_bytes());
        part(&event.schema.to_le_bytes());
        part(event.format.as_bytes());
        part(&event.payload);
        part(&event.metadata);
        part(&event.recorded_at.as_micros().to_le_bytes());
        for tag in &event.tags {
            part(tag.as_str().as_bytes());
        }
        *digest = Uuid::new_v5(digest, &bytes);
        *count += 1;
    }
}
