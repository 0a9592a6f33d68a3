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
//! that waits for its turn holds a lock. The file must be on a local disk, as for every SQLite database in WAL mode.
#![deny(missing_docs)]

mod error;
mod ledger;
mod metrics;
mod open;
mod options;
mod poll;
mod query;
mod queue;
mod reader;
mod row;
mod schema;
mod store;
mod turn;
mod writer;

pub use metrics::Metrics;
pub use options::{Durability, SqliteOptions};
pub use store::SqliteStore;
