//! The whole of a store into another one, of whatever kind, with events changed on the way: renamed, split, left out,
//! with parts of them blackened, under other tags.
//!
//! ```
//! use eventsource_core::{MemoryStore, Tag};
//! use eventsource_migrate::{Migration, steps};
//! # use eventsource_core::{Append, NewEvent, Store, StreamName, Timestamp};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let old = MemoryStore::new();
//! # let registered = NewEvent { name: "customer.registered".into(), schema: 1, format: "json".into(),
//! #     payload: br#"{"name":"Ann","email":"ann@example.org"}"#.to_vec(), metadata: [].into(),
//! #     recorded_at: Timestamp::default(), tags: vec![] };
//! # old.append(std::sync::Arc::new(Append::to(StreamName::parse("customer/1")?).event(registered))).await?;
//! let new = MemoryStore::new();
//! let migration = Migration::new(&old, &new)
//!     .then(steps::redact("customer.registered", |payload| payload["email"] = "redacted".into()))
//!     .then(steps::rename("customer.registered", "customer.joined"))
//!     .then(steps::retag(|record| vec![Tag::new("customer", record.stream.id())]));
//! let moved = migration.run().await?;
//! assert_eq!((moved.read, moved.stored), (1, 1));
//!
//! let verified = migration.verify().await?;
//! assert_eq!((verified.events, verified.streams), (1, 1));
//! # Ok(()) }
//! ```
//!
//! # What is kept
//!
//! Events come in the order of their positions, with their names, schemas, formats, payloads, metadata, tags and times, as
//! far as no step changes them. Positions, and the versions in their streams, are given by the target: where no step
//! splits, leaves out or moves an event, the versions are what they were.
//!
//! **Idempotency keys are not copied**, as no store shows them: a request that was executed before the migration and is sent
//! again after it is executed again. So switch over when nobody repeats requests any more. Checkpoints of readers are
//! of the old store, and refused by the new one. Snapshots are made anew.
//!
//! # Going on
//!
//! Each chunk is one append, whole or absent, and with it goes a note of how far the migration has come: an event
//! `eventsource.migrated` in the stream `@migration/<id of the source>` of the target, which no aggregate has. So a
//! migration that was interrupted, wherever, is simply run again, and goes on behind the last chunk; so does one that was
//! complete, with what the source has got since: the first run while the source is in use, the last one when it is not any
//! more, and short. Two that run at once do not mix: each goes on behind
//! the other's chunks, or ends with [`MigrationProblem::AnotherRuns`]. A source that
//! was restored in between is refused.
//!
//! The steps must make the same of an event whenever they see it: they look at nothing but the record, and do not change
//! from run to run. [`verify`](Migration::verify) finds where they did.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod chunk;
mod error;
mod migration;
mod note;
mod states;
pub mod steps;
mod verify;

pub use error::{MigrationError, MigrationProblem, StepError};
pub use migration::{Migrated, Migration, Progress};
pub use note::{NOTE, is_note};
pub use states::{ComparisonError, compare_states};
pub use verify::{Verified, VerifyError};
