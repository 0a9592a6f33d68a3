//! Runs of several processes against one event store: they race for one version, follow each other's events, are
//! stopped, and are killed while they write. Afterwards every acknowledged append is looked for.
//!
//! One line in a test file makes a test of each run:
//!
//! ```
//! # use eventsource_core::MemoryStore;
//! async fn open(place: String) -> MemoryStore {
//!     MemoryStore::new() // the store at this place: in this file, or at this address
//! }
//!
//! fn fresh_place(name: &str) -> String {
//!     format!("{name}.db") // where no store is yet
//! }
//!
//! eventsource_faults::fault_tests!(open, fresh_place);
//! # fn main() {}
//! ```
//!
//! Another process of a run is the test program, started again for the ignored test `the_other_process`.
//!
//! The runs panic if a promise is broken, since that is how a test fails, and return what there is to print.
#![deny(missing_docs)]

mod audit;
pub mod follow;
pub mod kill;
mod process;
pub mod project;
pub mod race;
pub mod stop;
mod suite;
pub mod write;

pub use audit::{Audit, Found};
pub use process::{OtherProcess, Others, Signal, in_role, other_process, rounds, say};
#[doc(hidden)]
pub use suite::{callers_race, readers_follow, run, the_writer_is_killed};
