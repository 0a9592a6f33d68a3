//! An event store in a PostgreSQL database.
#![deny(missing_docs)]

mod appender;
mod call;
mod connect;
mod error;
mod import;
mod keys;
mod life;
mod metrics;
mod name;
mod open;
mod options;
mod pool;
mod query;
mod queue;
mod reader;
mod request;
mod row;
mod schema;
mod session;
mod sharing;
mod store;
mod tide;
mod tls;

pub use import::{ImportError, Imported};
pub use keys::KeysBefore;
pub use metrics::Metrics;
pub use options::{Durability, PostgresOptions, Statements, UnsafeServer};
pub use store::PostgresStore;
