//! Why a store could not do what it was asked.

use uuid::Uuid;

use crate::store::stream::Position;

/// Why a store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// It was closed.
    #[error("the store is closed")]
    Closed,
    /// Its queue is full; try again later.
    #[error("the store is overloaded: {waiting} requests are waiting already")]
    Overloaded {
        /// How many requests were waiting.
        waiting: usize,
    },
    /// A position was asked for that this store has not reached: it was perhaps restored from an older copy.
    #[error("position {asked} is beyond the last event of this store, which is at {head}")]
    BeyondHead {
        /// The position that was asked for.
        asked: Position,
        /// The store's last one.
        head: Position,
    },
    /// A checkpoint belongs to another store.
    #[error("the checkpoint is of the store {asked}, and this one is {this}")]
    OtherStore {
        /// The store that the checkpoint names.
        asked: Uuid,
        /// This store.
        this: Uuid,
    },
    /// The store was restored or promoted since: positions and versions of before may mean other events now. Compare
    /// what was made of them with what is stored, or begin anew.
    #[error(
        "this was read in the store's incarnation {asked}, and since it was restored or promoted it is {this}"
    )]
    OtherIncarnation {
        /// The life of the store that was known.
        asked: Uuid,
        /// The one that it is in now.
        this: Uuid,
    },
    /// What it is kept in belongs to something else.
    #[error("{place} is not an event store: {found}")]
    NotAStore {
        /// The file or database.
        place: String,
        /// What was found there.
        found: String,
    },
    /// It was written by a newer version of the software.
    #[error(
        "{place} has schema version {found}, and this version of the software knows {supported} at most"
    )]
    Newer {
        /// The file or database.
        place: String,
        /// The version found there.
        found: u32,
        /// The newest version that is known here.
        supported: u32,
    },
    /// What it is kept in is damaged.
    #[error("{place} is damaged: {reason}")]
    Damaged {
        /// The file or database.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// What it is kept in answered with an error.
    #[error("{doing}: {source}")]
    Backend {
        /// What was being done.
        doing: String,
        /// The error.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
