//! How far a reader of a store has come, in a form that can be kept.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::store::error::StoreError;
use crate::store::stream::Position;
use crate::store::{Store, StoreIdentity};

/// How far a reader has come, and in which life of which store: a bare position means other events once a store was
/// restored from an older copy.
///
/// It is kept as text, or through serde.
///
/// ```
/// use eventsource_core::{Checkpoint, MemoryStore, Store};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = MemoryStore::new();
/// let events = store.subscribe(Default::default());
/// let kept = events.checkpoint().to_string();
///
/// let events = store.resume(kept.parse()?)?;
/// assert_eq!(events.checkpoint().to_string(), kept);
/// assert!(MemoryStore::new().resume(kept.parse()?).is_err());
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Checkpoint {
    /// The store, and its life.
    pub store: StoreIdentity,
    /// Everything up to here was seen.
    pub position: Position,
}

impl Checkpoint {
    /// What is known of a store once everything up to a position was seen.
    pub(crate) fn after(store: &impl Store, position: Option<Position>) -> Option<Self> {
        let store = store.identity();
        position.map(|position| Self { store, position })
    }

    /// Whether a reader can go on from here in this store.
    pub fn check(&self, store: StoreIdentity) -> Result<(), StoreError> {
        if self.store.id != store.id {
            return Err(StoreError::OtherStore {
                asked: self.store.id,
                this: store.id,
            });
        }
        store.check_incarnation(self.store.incarnation)
    }
}

impl StoreIdentity {
    /// Whether the store is still in the life that was known.
    pub fn check_incarnation(&self, known: Uuid) -> Result<(), StoreError> {
        match known == self.incarnation {
            true => Ok(()),
            false => Err(StoreError::OtherIncarnation {
                asked: known,
                this: self.incarnation,
            }),
        }
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let StoreIdentity { id, incarnation } = self.store;
        write!(f, "{id}/{incarnation}/{}", self.position)
    }
}

/// A text that is no checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is no checkpoint: it must be two ids and a position, as in `id/id/42`", .text.escape_debug())]
pub struct InvalidCheckpoint {
    /// The text, cut after 120 characters.
    pub text: String,
}

impl FromStr for Checkpoint {
    type Err = InvalidCheckpoint;

    fn from_str(text: &str) -> Result<Self, InvalidCheckpoint> {
        let parse = || {
            let (id, rest) = text.split_once('/')?;
            let (incarnation, position) = rest.split_once('/')?;
            Some(Self {
                store: StoreIdentity {
                    id: id.parse().ok()?,
                    incarnation: incarnation.parse().ok()?,
                },
                position: Position(position.parse().ok()?),
            })
        };
        parse().ok_or_else(|| InvalidCheckpoint {
            text: text.chars().take(120).collect(),
        })
    }
}

impl Serialize for Checkpoint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Checkpoint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
