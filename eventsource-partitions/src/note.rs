//! The first event of each partition: which one of how many it is. So stores cannot be mixed up, and none can be left out.

use std::sync::Arc;

use eventsource_core::{
    Append, AppendError, Clock as _, NewEvent, Position, Store, StoreError, StreamName, StreamScan,
    SystemClock, Uuid,
};
use serde::{Deserialize, Serialize};

use crate::error::OpenError;

/// The stored name of the notes.
const NOTE: &str = "eventsource.partition";

/// Where a note stands in its store.
const STREAM: &str = "@partition/this";

/// Whether a stored event of this name is the note of a partition, and no event of an application.
#[must_use]
pub fn is_note(name: &str) -> bool {
    name == NOTE
}

/// Which partition a store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Note {
    /// The same in all partitions that belong together.
    pub(crate) set: Uuid,
    /// From 1.
    pub(crate) number: usize,
    pub(crate) of: usize,
}

impl Note {
    /// What the store says it is; it is told to be this one, if it is new.
    pub(crate) async fn read_or_write(self, store: &impl Store) -> Result<Self, OpenError> {
        if let Some(note) = self.read(store).await? {
            return Ok(note);
        }
        let number = self.number;
        let head = store.head().await;
        if head.map_err(|source| self.store(source))? > Position::START {
            // Somebody else may have written the note meanwhile.
            return (self.read(store).await?).ok_or(OpenError::NotEmpty { number });
        }
        let append = Append::to(self.stream()?).if_new().event(self.event());
        match store.append(Arc::new(append)).await {
            Ok(_) => Ok(self),
            Err(AppendError::Conflict(_)) => {
                (self.read(store).await?).ok_or(OpenError::NotEmpty { number })
            }
            Err(source) => Err(OpenError::Append { number, source }),
        }
    }

    async fn read(self, store: &impl Store) -> Result<Option<Self>, OpenError> {
        let scan = StreamScan::of(self.stream()?).limit(1);
        let found = store.read_stream(scan).await;
        let found = found.map_err(|source| self.store(source))?;
        let note = found.first().map(|event| {
            serde_json::from_slice(&event.payload).map_err(|error| self.unreadable(error))
        });
        note.transpose()
    }

    fn event(self) -> NewEvent {
        let Self { set, number, of } = self;
        let payload = serde_json::json!({ "set": set, "number": number, "of": of });
        NewEvent {
            name: NOTE.into(),
            schema: 1,
            format: "json".into(),
            payload: payload.to_string().into_bytes(),
            metadata: [].into(),
            recorded_at: SystemClock.now(),
            tags: Vec::new(),
        }
    }

    fn stream(self) -> Result<StreamName, OpenError> {
        StreamName::parse(STREAM).map_err(|error| self.unreadable(error))
    }

    fn unreadable(self, reason: impl ToString) -> OpenError {
        OpenError::Note {
            number: self.number,
            stream: STREAM.into(),
            reason: reason.to_string(),
        }
    }

    fn store(self, source: StoreError) -> OpenError {
        OpenError::Store {
            number: self.number,
            source,
        }
    }
}
