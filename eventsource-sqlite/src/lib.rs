//! An event store in an SQLite file: durable, for any number of tasks and several processes on one machine.
//!
//! [`SqliteStore`] implements every store trait of `eventsource-core`. It needs no executor of its own and runs on any.
//!
//! ```
//! use std::sync::Arc;
//! use eventsource_core::{Append, NewEvent, Store, StreamName, StreamScan, Timestamp};
//! use eventsource_sqlite::SqliteStore;
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let path = std::env::temp_dir().join(format!("eventsource-doc-{}.db", std::process::id()));
//! let store = SqliteStore::open(&path).await?;
//! let stream = StreamName::parse("account/42")?;
//! let opened = NewEvent {
//!     name: "account.opened".into(), schema: 1, format: "json".into(), payload: b"{}".to_vec(),
//!     metadata: [].into(), recorded_at: Timestamp::default(), tags: vec![],
//! };
//! store.append(Arc::new(Append::to(stream.clone()).if_new().event(opened))).await?;
//! assert_eq!(store.read_stream(StreamScan::of(stream)).await?.len(), 1);
//! store.close().await;
//! # std::fs::remove_file(&path)?;
//! # Ok(()) }
//! ```
//!
//! # How it works
//!
//! The file is in WAL mode with `synchronous=FULL`. One writer thread commits everything that is waiting in one
//! transaction; one small, fixed number of reader threads (4 unless [set](SqliteOptions::readers)) runs the reads; one
//! more thread looks for the commits of other processes, while somebody waits for them. So an open store has six
//! threads and six connections. An idle store uses no processor time.
//!
//! Several processes may use one file. They take turns: beside the database lies a file `…-turn`, on which a process
//! that waits for its turn holds a lock. A process that is killed gives up its locks; one that is stopped while it waits
//! delays others by a few milliseconds now and then; one that is stopped in the midst of a transaction blocks every
//! SQLite writer, and appends fail after the [patience](SqliteOptions::patience) that was set, without being written.
//!
//! The file must be on a local disk, as for every SQLite database in WAL mode. Its folder must be writable, as three
//! more files lie beside it. If one of the files is deleted or replaced while the store is open, appends and reads are
//! refused with [`StoreError::Damaged`](eventsource_core::StoreError::Damaged), as what is written to a deleted file is
//! lost; a file that is moved back is used again.
//!
//! # Backups and lives
//!
//! [`SqliteStore::backup_to`] copies a store that is in use. To restore, close the store everywhere, remove the file
//! and those beside it that end with `-wal` and `-shm`, and copy the backup to its place.
//!
//! A store that was restored may give positions to other events than before, so it begins a new life: a new
//! [incarnation](eventsource_core::StoreIdentity::incarnation), by which checkpoints and decisions of the old one are
//! recognised and refused. When a file is opened, a new life begins
//!
//! - if it was made by `backup_to` and has not been opened yet;
//! - if it is another file than the one that was opened last, by its inode and the time at which it was made: a copy. One that was
//!   moved within its filesystem is the same file. [`SqliteOptions::moved`] says that a copy replaces its original;
//! - if it is behind what was noted beside it, in the file `…-turn`: it was overwritten by an older copy of itself, or a
//!   power cut took commits that were made without [`Durability::Full`].
//!
//! What this cannot see: a disk or a machine that was set back as a whole; a file that was overwritten by an older copy
//! after the one beside it was deleted, or by a copy less than 20 ms older than a crash. After that, call
//! [`SqliteStore::renew_incarnation`].
#![deny(missing_docs)]

mod checkpoints;
mod error;
mod guard;
mod home;
mod inline;
mod ledger;
mod life;
mod maintain;
mod mark;
mod metrics;
mod open;
mod options;
mod poll;
mod projection;
mod query;
mod queue;
mod reader;
mod row;
mod schema;
mod scratch;
mod snapshots;
mod store;
mod turn;
mod tx;
mod work;
mod writer;

pub use metrics::Metrics;
pub use options::{Durability, SqliteOptions};
/// The driver, in the version whose types the methods of projections meet.
pub use rusqlite;
pub use scratch::Scratch;
pub use store::SqliteStore;
pub use tx::SqliteTx;
