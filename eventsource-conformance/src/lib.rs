//! The promises of an event store, as tests that run against any store.
//!
//! One line in a test file makes one `#[test]` for each promise. The function gives a new, empty store; it is called
//! once for each test, inside a tokio runtime of several threads that this crate brings along.
//!
//! ```
//! use eventsource_core::MemoryStore;
//!
//! async fn fresh() -> MemoryStore {
//!     MemoryStore::new()
//! }
//!
//! eventsource_conformance::boundary_store_tests!(fresh);
//! # fn main() {}
//! ```
//!
//! A store that implements less uses [`multi_stream_store_tests!`] or [`store_tests!`]. To have the verdicts as values,
//! call [`check_boundary_store`] and its siblings.
//!
//! The numbers: **G2** whole or absent, **G3** checks, **G4** order, **G5** keys, **G8** bad input, **G9** identity.
//! G1 (durable) needs a process that dies, so each store tests it for itself.
#![deny(missing_docs)]

mod account;
#[doc(hidden)]
pub mod accounts;
#[doc(hidden)]
pub mod boundary;
mod broken;
mod check_accounts;
mod check_history;
mod clients;
mod clock;
#[doc(hidden)]
pub mod dense;
#[doc(hidden)]
pub mod groups;
#[doc(hidden)]
pub mod histories;
mod history;
#[doc(hidden)]
pub mod input;
#[doc(hidden)]
pub mod keys;
mod log;
#[doc(hidden)]
pub mod order;
mod processes;
mod real_time;
mod reopening;
mod request;
#[doc(hidden)]
pub mod sample;
#[doc(hidden)]
pub mod scan;
mod seed;
mod sent;
#[doc(hidden)]
pub mod streams;
mod suite;
#[doc(hidden)]
pub mod two;

pub use account::Account;
pub use broken::Broken;
pub use processes::{Side, check_in_two_processes, hold_in_two_processes, is_second_process};
pub use reopening::check_reopening;
pub use seed::{SEED, TIMES, seed};
pub use suite::{
    check_boundary_store, check_dense_positions, check_multi_stream_store, check_promises,
    check_store, hold,
};
