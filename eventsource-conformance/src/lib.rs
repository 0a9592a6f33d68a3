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
//! call [`check_boundary_store`] and its siblings. More is promised with more lines:
//!
//! | for | line |
//! |---|---|
//! | a store whose positions have no gaps | [`dense_positions_tests!`] |
//! | a store that keeps snapshots | [`snapshot_store_tests!`] |
//! | a store that keeps checkpoints | [`checkpoint_store_tests!`] |
//! | a store that several processes use, and that outlives them | [`two_process_tests!`] |
//! | a repository that is not of the usual kind, for example with a cache | [`repository_tests!`] |
//!
//! The numbers: **G2** whole or absent, **G3** checks, **G4** order, **G5** keys, **G6** checkpoints,
//! **G8** bad input, **G9** identity.
//! G1 (durable) needs a process or a machine that dies, so each store tests it for itself.
//!
//! # Histories
//!
//! Most tests ask one thing and know the answer. Those called `…_history…` let many clients ask anything at random at
//! the same time: appends of every kind, sent twice, given up half-way, refused; loads, scans with queries, heads, the
//! outcomes of keys; commands through a repository. Everything that was asked and answered is recorded with the times of
//! one clock, and judged when all is over, by the log that the store then has:
//!
//! - what was acknowledged is there once, whole, where the answer said; what was given up is there once or not at all;
//!   what was refused is not;
//! - where an append stands in the log, its checks hold on what is before it;
//! - every answer that wrote nothing (a refusal, a load, a decision with nothing to record) was true at a moment while
//!   its call ran, and of what had been acknowledged or seen before, nothing was missing.
//!
//! That is linearisability, decided exactly. In general this takes exponential time; here the log tells the order of the
//! writes, so that each other call only has to find its place between them, and one pass in the order of time is enough:
//! a call takes the first place that makes its answer true and is not before that of any call which had ended when it
//! began. Whatever order exists, none can place a call earlier, so if one finds no place, no order exists.
//!
//! # When a test fails
//!
//! The failure ends with the seed of the run; with `EVENTSOURCE_CONFORMANCE_SEED` set to it, the same is asked again, in
//! the same order. How threads and processes take turns is not repeated, so a race may need several runs.
//! `EVENTSOURCE_CONFORMANCE_TIMES=50` makes the histories fifty times longer, for a long run.
#![deny(missing_docs)]

mod account;
#[doc(hidden)]
pub mod accounts;
#[doc(hidden)]
pub mod boundary;
mod broken;
mod check_accounts;
mod check_history;
#[doc(hidden)]
pub mod checkpoints;
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
pub mod own_keys;
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
pub mod snapshots;
#[doc(hidden)]
pub mod streams;
mod suite;
#[doc(hidden)]
pub mod two;

pub use account::Account;
pub use broken::Broken;
pub use clock::Clock;
pub use processes::{Side, check_in_two_processes, hold_in_two_processes, is_second_process};
pub use reopening::check_reopening;
pub use seed::{SEED, TIMES, seed};
pub use suite::{
    check_boundary_store, check_checkpoint_store, check_dense_positions, check_multi_stream_store,
    check_promises, check_snapshot_store, check_store, hold,
};
