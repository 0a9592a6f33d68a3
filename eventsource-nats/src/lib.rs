//! An event store on NATS JetStream.
#![deny(missing_docs)]

mod append;
mod error;
mod frame;
mod get;
mod known;
mod life;
mod lines;
mod metrics;
mod open;
mod options;
mod place;
mod plan;
mod reader;
mod scan;
mod store;
mod subject;
mod tail;
mod tide;
mod turn;
mod wire;

pub use async_nats;
pub use metrics::Metrics;
pub use options::NatsOptions;
pub use store::NatsStore;
