//! An event store in a PostgreSQL database: durable, for any number of tasks, processes and machines.
//!
//! [`PostgresStore`] implements every store trait of `eventsource-core`.
//!
//! ```no_run
//! use std::sync::Arc;
//! use eventsource_core::{Append, NewEvent, Store, StreamName, StreamScan, Timestamp};
//! use eventsource_postgres::PostgresStore;
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = PostgresStore::open("postgres://app:secret@localhost/shop").await?;
//! let stream = StreamName::parse("account/42")?;
//! let opened = NewEvent {
//!     name: "account.opened".into(), schema: 1, format: "json".into(), payload: b"{}".to_vec(),
//!     metadata: [].into(), recorded_at: Timestamp::default(), tags: vec![],
//! };
//! store.append(Arc::new(Append::to(stream.clone()).if_new().event(opened))).await?;
//! assert_eq!(store.read_stream(StreamScan::of(stream)).await?.len(), 1);
//! store.close().await;
//! # Ok(()) }
//! ```
//!
//! # How it works
//!
//! The tables are in a schema of their own (`eventsource` unless [set](PostgresOptions::schema)), which the store makes
//! when it is opened first, and brings up to date when a newer version of this crate opens it. Its role needs the right
//! to create a schema for that, or an empty schema that it owns; afterwards `SELECT`, `INSERT` and `UPDATE` on the
//! tables and `EXECUTE` on the functions are enough, with `DELETE` on the table `snapshots` where snapshots are taken.
//!
//! **Appends** hold one advisory lock, from before their checks until after their commit. So positions are dense and
//! become visible in their order: no reader, however fast, can miss one. No row is updated per append, so a
//! transaction that is left open elsewhere in the server costs nothing. A process sends its appends one call after
//! the other, each in one round trip; those that wait meanwhile are judged by the next call together, each with a
//! verdict of its own, as far as no check of one can match an event of another.
//!
//! **Reads** go page by page, each a statement of its own. Where a connection breaks, they go on on another one.
//!
//! **Waiting** costs nothing where the append comes from the same process. For those of other processes one task looks at
//! the last position, at most forty times a second, while somebody waits.
//!
//! **Connections**: one that appends, [as many as are set](PostgresOptions::readers) (4) that read, made when they are
//! needed, and one that looks for other processes' events while somebody waits: six at most. An
//! [import](PostgresStore::import) uses one more.
//!
//! # The server
//!
//! PostgreSQL 12 or newer (tested with 15), and a primary: of several hosts in the URL the first that takes writes is used, and after a
//! failover the next. Requests wait for it for as long as [`patience`](PostgresOptions::patience) says. A server with
//! `fsync` or `full_page_writes` off is [refused](PostgresOptions::allow_unsafe_server), as it loses what was
//! acknowledged; `synchronous_commit` is switched on. Behind **pgbouncer** in transaction mode,
//! [`Statements::Unnamed`] is needed.
//!
//! An append whose connection broke after it was sent is [`Unknown`](eventsource_core::AppendError::Unknown): sending
//! it again with its key tells. A repository does that by itself.
//!
//! **Encryption** needs the feature `tls`; without it a URL with `sslmode=require` is an error, and `prefer`, which is
//! the default, goes without. With it, a server's certificate is always verified.
//!
//! # Copies, backups, standbys
//!
//! On every new connection the store compares where it is with where it was: the cluster's system identifier and
//! timeline, the database, the table. A restored dump, a promoted standby and a copied cluster are a new incarnation:
//! checkpoints and decisions from before are refused with a typed error, and so are positions beyond the last event.
//! `pg_upgrade` and logical replication to another server are new incarnations too. Where the role may not call
//! `pg_control_system()`, one cluster is told from another by all but the identifier; where a whole server's files were
//! copied back, by positions that are gone, if a process that knows them is still there. For such cases there is
//! [`renew_incarnation`](PostgresStore::renew_incarnation).
//!
//! Deleting events by hand is allowed: a position is never given out again.
#![deny(missing_docs)]

mod appender;
mod call;
mod checkpoints;
mod checks;
mod connect;
mod error;
mod failure;
mod gathered;
mod group;
mod import;
mod inline;
mod keys;
mod life;
mod lone;
mod metrics;
mod name;
mod open;
mod options;
mod page;
mod pool;
mod projection;
mod query;
mod queue;
mod reader;
mod request;
mod row;
mod schema;
mod sent;
mod session;
mod sharing;
mod snapshots;
mod store;
mod tide;
mod tls;
mod transaction;
mod tx;

pub use import::{ImportError, Imported};
pub use keys::KeysBefore;
pub use metrics::Metrics;
pub use options::{Durability, PostgresOptions, Statements, UnsafeServer};
pub use store::PostgresStore;
/// The driver, in the version whose types the methods of projections meet.
pub use tokio_postgres;
pub use tx::{PgTx, Told, TxError};
