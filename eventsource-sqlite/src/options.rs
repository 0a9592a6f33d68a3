//! What can be set when a store is opened.

use std::path::Path;
use std::time::Duration;

use eventsource_core::{Limits, StoreError};

use crate::open;
use crate::store::SqliteStore;

/// The settings of a store; [`SqliteStore::options`] gives the usual ones.
///
/// ```
/// use std::time::Duration;
/// use eventsource_sqlite::SqliteStore;
///
/// # async fn open() -> Result<(), eventsource_core::StoreError> {
/// let store = SqliteStore::options().queue(256).patience(Duration::from_secs(2)).open("events.db").await?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    pub(crate) limits: Limits,
    pub(crate) queue: usize,
    pub(crate) readers: usize,
    pub(crate) durability: Durability,
    pub(crate) patience: Duration,
    pub(crate) moved: bool,
}

/// What an acknowledged append has survived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// A power cut: every commit is synced to the disk (`synchronous=FULL`).
    #[default]
    Full,
    /// A crash of the process, but not of the machine: a power cut may take the last commits (`synchronous=NORMAL`).
    /// For tests and for data that can be made again.
    Process,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            queue: 4096,
            readers: 4,
            durability: Durability::Full,
            patience: Duration::from_secs(10),
            moved: false,
        }
    }
}

impl SqliteOptions {
    /// What the store accepts in one append.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How many appends may wait, and how many reads; one more is refused as overload. 4,096 unless set.
    #[must_use]
    pub fn queue(mut self, requests: usize) -> Self {
        self.queue = requests.max(1);
        self
    }

    /// How many threads read, each with a connection of its own. 4 unless set.
    #[must_use]
    pub fn readers(mut self, threads: usize) -> Self {
        self.readers = threads.max(1);
        self
    }

    /// What an acknowledged append has survived; a power cut unless set.
    #[must_use]
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// How long an append waits while other processes write, before it fails without having been written. 10 seconds
    /// unless set.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        // A deadline must be a time that the machine's clock can have.
        self.patience = patience.min(Duration::from_secs(365 * 24 * 60 * 60));
        self
    }

    /// Says that the file was brought here as a whole from another disk or machine while no process had it open, and that
    /// the original is not used any more: so it goes on with the life that it was in.
    ///
    /// Otherwise a copy that is opened begins a new life (a new incarnation), and checkpoints of the old one are refused
    /// with [`StoreError::OtherIncarnation`]: nobody can know whether it has every event that the original had. A file
    /// that was renamed within its filesystem needs no such word. To be set for one opening, not for ever.
    #[must_use]
    pub fn moved(mut self) -> Self {
        self.moved = true;
        self
    }

    /// Opens the store in this file, and makes it if there is none.
    ///
    /// A file that belongs to something else is [`StoreError::NotAStore`], one of a newer version of this crate
    /// [`StoreError::Newer`], and a damaged one [`StoreError::Damaged`]; none of them is changed. One that may not be
    /// written is [`StoreError::Backend`], whose text says so.
    ///
    /// A file that is a copy of the one that was opened last, one that was made by
    /// [`backup_to`](SqliteStore::backup_to), and one that is behind what was noted beside it, begins a new life; see
    /// [the crate](crate#backups-and-lives).
    pub async fn open(self, path: impl AsRef<Path>) -> Result<SqliteStore, StoreError> {
        open::open(self, path.as_ref()).await
    }
}
