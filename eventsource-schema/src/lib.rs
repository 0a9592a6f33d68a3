//! A lock on the layouts of stored events, and a catalogue of events and commands: what the registry of
//! `eventsource-core` is good for in tests and in documentation. It is a dependency of tests (`[dev-dependencies]`); a
//! program that runs has none of it.
//!
//! # The lock
//!
//! Stored events outlive the code that wrote them. A file that is checked in, `schema.lock`, holds the layout of every
//! version of every event, and an example of each. One line in a test compares the program with it:
//!
//! ```no_run
//! // tests/schema.rs
//! # mod bank {}
//! use bank as _; // a crate that is named nowhere is not linked, and nothing in it is found
//!
//! #[test]
//! fn stored_events_are_still_read() {
//!     eventsource_schema::lock!("schema.lock");
//! }
//! ```
//!
//! | `EVENTSOURCE_SCHEMA` | what the test does |
//! |---|---|
//! | not set | fails if stored events would not be read, would lose something, or would not be found; makes the file if there is none. What is new and harmless passes, and is named. With `CI` set, a file that is missing or behind is an error |
//! | `update` | records what is new and harmless; fails, and writes nothing, if anything else has changed |
//! | `overwrite` | records what is there, and says which stored events suffer: for events that were never stored |
//!
//! **What is an error**: an event, a version or an aggregate that is gone or renamed; a field that is gone, renamed, read
//! as something else, newly required; a variant that is gone; another tagging of an enum; another name, narrower
//! number or other format; a tag that is gone or new; an old version that is read otherwise or becomes something else; an
//! `#[apply]` method that no longer takes an example which it took; two types with one stored name; a layout that
//! cannot be learnt. Each error names the event, the field and the place, and says what to write: the old version as a
//! struct, for instance.
//!
//! **What is not**: a new event; a new field that may be absent; a new variant; a wider number; `#[serde(alias)]`,
//! `alias`, `retired`; a new version with its chain; another order of fields; other documentation; other Rust names.
//!
//! The timers of processes are stored events too, and are locked with them: `$payment.due/Overdue`.
//!
//! **How layouts are learnt.** No event needs more than serde. Its `Deserialize` is asked to read a payload that is not
//! there, again and again; what it asks for, and what it refuses, tells structs, enums in all of serde's taggings,
//! flattened structs, and texts with a format (`Uuid`, times, addresses). Where a type of yours takes only what no one can
//! guess, the error names the field and asks for an example: `lock!("schema.lock", Refunded { … })`, or
//! [`Lock::text`].
//!
//! **Examples.** Each version keeps every example that was ever recorded, made from the type or given by you; lines of
//! `sample` may also be added by hand, from a store. All of them are read with today's code, become today's events,
//! and are applied: an example that an aggregate could apply when it was recorded (`applies`, not `reads`) must
//! be applied ever after.
//!
//! **Snapshots.** Of an aggregate with `snapshot(…)` the lock keeps the state that the examples make, beside the
//! fingerprint of the code that made it. Code with the same fingerprint that makes another state is an error which
//! names the field: a function that an `#[apply]` method calls has changed, say, or the inside of a type, and `version`
//! in `snapshot(…)` was not raised. And histories are made of the examples, in many orders and numbers, with a snapshot
//! after each of their events: where the rest, applied to what is read of it, comes to another state, the shortest such
//! history is shown. So is a state that is another one each time it is made of the same events, of a clock, say.
//! Elements that stand in another order each time, as those of a `HashSet` do, are compared in any order.
//!
//! **What it does not see**: what an untagged enum accepts beyond its first form; fields that a flattened struct has
//! only at times and never writes; whether two numbers mean the same (cents, euros), except where an old version
//! becomes a new one; the type of an aggregate's id; a part of a state that is not in its text (`#[serde(skip)]`) and
//! changes nothing that is; commands, which are not stored, but for those that a process has yet to send.
//!
//! # The catalogue
//!
//! [`Catalogue::discovered`] knows every event and command with its fields, documentation, tags, versions and JSON
//! Schema, who raises it and who reads it, projections, reactors and processes among them, and is written as JSON,
//! Markdown, Mermaid or `AsyncAPI` 3. The example `catalogue_of_bank` prints that of the bank.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

pub mod catalogue;
mod check;
mod code;
mod compare;
mod contract;
mod difference;
mod file;
mod fold;
mod help;
mod kept;
mod layout;
mod learn;
mod lock;
mod next;
mod path;
mod problem;

pub use catalogue::Catalogue;
pub use compare::Change;
pub use layout::{Kind, Layout, Node, Tagging};
pub use lock::{Held, Lock, LockError};
pub use path::{Path, Step};
pub use problem::{Problem, What};

/// Checks the lock on the layouts of stored events, as [`Lock::assert`] does: in a file of this name beside `Cargo.toml`, on
/// everything that has registered itself.
///
/// What follows the name are examples of events: of those that hold what cannot be guessed.
///
/// ```no_run
/// use eventsource_core::prelude::*;
///
/// #[event(name = "lamp.lit")]
/// pub struct Lit {
///     pub watts: u16,
/// }
///
/// // in a test
/// eventsource_schema::lock!("schema.lock", Lit { watts: 60 });
/// ```
///
/// # Panics
/// If the lock does not hold, with what is wrong and what to write.
#[macro_export]
macro_rules! lock {
    ($path:literal $(, $sample:expr)* $(,)?) => {
        $crate::Lock::new(concat!(env!("CARGO_MANIFEST_DIR"), "/", $path))
            $(.sample($sample))*
            .assert()
    };
}
