//! Runs of several processes against one event store: they race for one version, follow each other's events, are
//! stopped, and are killed while they write. Afterwards every acknowledged append is looked for.
//!
//! A process of a run is the test program itself, started again for one of its tests, which calls [`other_process`]:
//!
//! ```no_run
//! use eventsource_core::MemoryStore;
//! use eventsource_faults::{Others, other_process, race};
//!
//! async fn open(place: String) -> MemoryStore {
//!     MemoryStore::new() // here: the store at this place, a file or an address
//! }
//!
//! #[test]
//! #[ignore = "runs as another process of the other tests"]
//! fn the_other_process() {
//!     other_process(open);
//! }
//!
//! # fn rounds() -> u64 { 1 }
//! #[tokio::test]
//! async fn of_those_who_race_one_wins() {
//!     let others = Others { test: "the_other_process", place: "events.db".into() };
//!     let store = open(others.place.clone()).await;
//!     println!("{}", race::between_two_processes(&store, &others, race::For::Version, 8, rounds()).await);
//! }
//! ```
//!
//! The runs panic if a promise is broken, since that is how a test fails, and return what there is to print.
#![deny(missing_docs)]

mod audit;
pub mod follow;
pub mod kill;
mod process;
pub mod race;
pub mod stop;
pub mod write;

pub use audit::{Audit, Found};
pub use process::{OtherProcess, Others, Signal, other_process, rounds};
