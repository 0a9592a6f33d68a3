//! Event sourcing for people who model a domain in Rust: annotated structs, generated plumbing, a small runtime.
//!
//! ```
//! use eventsource_core::MemoryStore;
//! use eventsource_core::prelude::*;
//!
//! #[event(name = "lamp.lit")]
//! pub struct Lit;
//!
//! #[derive(Debug, PartialEq)]
//! pub struct AlreadyLit;
//! # impl std::error::Error for AlreadyLit {}
//! # impl std::fmt::Display for AlreadyLit {
//! #     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { write!(f, "it is lit already") }
//! # }
//!
//! #[aggregate(name = "lamp", id = String, error = AlreadyLit, events(Lit), commands(Light))]
//! #[derive(Default)]
//! pub struct Lamp {
//!     lit: bool,
//! }
//!
//! #[handle]
//! impl Lamp {
//!     #[command]
//!     pub fn light(&self) -> Result<Lit, AlreadyLit> {
//!         ensure!(!self.lit, AlreadyLit);
//!         Ok(Lit)
//!     }
//! }
//!
//! #[apply]
//! impl Lamp {
//!     fn lit(&mut self, _: &Lit) {
//!         self.lit = true;
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let lamps = Repository::<Lamp, _>::new(MemoryStore::new());
//! let hall = "hall".to_owned();
//! lamps.execute(&hall, Light).await?;
//! assert!(lamps.load(&hall).await?.lit);
//! # Ok(()) }
//! ```
//!
//! # Where to look
//!
//! - **A domain**: [`Event`](derive@Event), [`Command`](derive@Command), [`Aggregate`](derive@Aggregate),
//!   [`Id`](derive@Id), the attributes [`macro@event`], [`macro@command`], [`macro@aggregate`], [`macro@value`],
//!   [`macro@apply`], [`macro@handle`]; what a handler may return: [`Decision`]; what it may ask for: [`Context`].
//! - **Running it**: [`Repository`], its [`Execute`] with options, its errors [`ExecuteError`] and [`LoadError`];
//!   [`Dispatcher`] for commands by name; [`Subscription`] for following the events.
//! - **A decision over more than one thing**: [`Store::decide`], with decision models ([`macro@decision_model`]) and
//!   aggregates ([`Repository::at`], [`Member`]); [`Decide`] with options, [`DecideError`].
//! - **What goes on by itself**: [`Process`], with what it does [`Next`] and what was [`Refused`], run by a [`ProcessRunner`];
//!   [`Reactor`]s and [`Projection`]s, run by a [`Runner`].
//! - **Testing it**: [`testing::Given`], [`testing::GivenProcess`], [`testing::past`].
//! - **Storing it**: [`Store`] and its extensions [`MultiStreamStore`], [`BoundaryStore`],
//!   [`SnapshotStore`] and [`DensePositions`], [`Append`], [`Codec`]; [`MemoryStore`] here, others in crates of their own.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod aggregate;
pub mod codec;
mod command;
mod consumer;
mod decide;
mod decision;
mod environment;
mod event;
mod id;
pub mod message;
mod metadata;
#[doc(hidden)]
pub mod private;
mod process;
mod projection;
mod reactor;
#[cfg(feature = "reflect")]
pub mod reflect;
mod registry;
mod repository;
mod runner;
mod snapshot;
mod store;
pub mod testing;
mod trace;
mod versions;

pub use aggregate::*;
pub use codec::{Codec, CodecError, DecodeError, Json};
pub use command::*;
pub use consumer::{Batch, BoxError, Consumer, Failure};
pub use decide::*;
pub use decision::*;
pub use environment::time::*;
pub use event::*;
pub use eventsource_macros::{
    Aggregate, Command, DecisionModel, Event, Id, Timer, aggregate, apply, command, decision_model,
    event, handle, process, projection, reactor, timer, value,
};
pub use id::{Id, InvalidId};
pub use message::{Place, Source};
pub use metadata::Metadata;
pub use process::{
    Awaits, BadKey, Calls, Input, IntoNext, Keys, Next, Process, ProcessHandle, ProcessRunner,
    Refused, Timer,
};
pub use projection::view::{View, ViewError};
pub use projection::*;
pub use reactor::{Reacting, ReactionKey, Reactor};
pub use registry::consumer_entry::{ConsumerEntry, Reads, RegisteredConsumer};
pub use registry::declaration::{Declaration, DeclaredField};
pub use registry::{AggregateEntry, NameCollision, Registered, Registry};
pub use repository::dispatcher::{DispatchError, Dispatched, Dispatcher};
pub use repository::execute::{CommandOptions, Execute, Executed};
pub use repository::execute_error::ExecuteError;
pub use repository::load::{AsOf, Corrupt, CorruptCause, LoadError, Loaded};
pub use repository::{Repository, Retry};
pub use runner::checkpoint::{Checkpoint, InvalidCheckpoint};
pub use runner::checkpoint_store::*;
pub use runner::*;
pub use serde_json::json;
pub use snapshot::{
    Fingerprint, SNAPSHOT_LIMIT, Snapshot, SnapshotState, SnapshotStore, Snapshots, Snapshotted,
};
pub use store::append::*;
pub use store::erased::{AnyBoundaryStore, AnyMultiStreamStore, AnySnapshotStore, AnyStore};
pub use store::error::StoreError;
pub use store::key::Key;
pub use store::limits::{EVENT_NAME_LIMIT, Limits, Rejected, RejectedProblem};
pub use store::memory::MemoryStore;
pub use store::query::{Query, QueryItem};
pub use store::stored_event::{EventRef, StoredEvent};
pub use store::stream::*;
pub use store::subscription::*;
pub use store::tag::{TAG_LIMIT, Tag, TagList, TagValue, Tags};
pub use store::*;
pub use uuid::Uuid;
pub use versions::shape::{Former, JsonUpcast, Shape, Successor};
pub use versions::upcast::OlderVersion;

/// The JSON that an `upcast` takes and returns: [`json!`] writes one.
// Not the enum itself: its variants would be among what the compiler could mean by `String`, which it would then spell out.
pub type Value = serde_json::Value;

/// What a domain and its tests need: `use eventsource_core::prelude::*;`.
pub mod prelude {
    pub use crate::aggregate::{Aggregate, Apply};
    pub use crate::command::{Command, Context, Handle};
    pub use crate::decide::model::DecisionModel;
    pub use crate::ensure;
    pub use crate::event::{Event, EventMeta, Recorded};
    pub use crate::id::Id;
    pub use crate::process::{Next, Process, Refused, Timer};
    pub use crate::repository::Repository;
    pub use crate::repository::load::AsOf;
    pub use crate::runner::checkpoint_store::CheckpointStore;
    pub use crate::store::Store;
    pub use crate::testing::{Given, GivenModel, GivenProcess};
    pub use crate::then_err;
    pub use eventsource_macros::{
        Aggregate, Command, DecisionModel, Event, Id, Timer, aggregate, apply, command,
        decision_model, event, handle, process, projection, reactor, timer, value,
    };
}
