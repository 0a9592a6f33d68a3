//! Event sourcing.
#![deny(missing_docs)]

mod append;
mod id;
mod memory;
mod metadata;
mod query;
mod store;
mod stream;
mod subscription;
mod tag;
mod time;
mod timer;

pub use append::*;
pub use id::{Id, InvalidId};
pub use memory::MemoryStore;
pub use metadata::Metadata;
pub use query::{Query, QueryItem};
pub use store::*;
pub use stream::*;
pub use subscription::*;
pub use tag::{TAG_LIMIT, Tag, TagValue, Tags};
pub use time::*;
