//! What generated code calls. Not for use by hand: it may change in any release.

use std::fmt;
pub use std::string::{String, ToString};

pub use inventory;
pub use serde;

pub use crate::mistakes::*;

use crate::aggregate::Aggregate;
use crate::command::Context;
use crate::decision::Rejection;
use crate::stream::{InvalidStreamName, StreamName};

/// Shows a value in the parentheses of a name. As a function, since a user's trait may have methods called like those
/// of the formatter.
pub fn shown(f: &mut fmt::Formatter<'_>, name: &str, value: &dyn fmt::Debug) -> fmt::Result {
    f.debug_tuple(name).field(value).finish()
}

/// The answer of a handler, from what its decision has recorded.
#[inline]
pub fn decided<E>(recorded: Result<(), E>) -> Result<(), Rejection<E>> {
    recorded.map_err(Rejection::Refused)
}

/// The state that a `&self` handler needs.
#[inline]
pub fn existing<A: Aggregate>(state: Option<&A>) -> Result<&A, Rejection<A::Error>> {
    state.ok_or(Rejection::NotFound)
}

/// What a handler without `self` needs: that there is no event yet.
#[inline]
pub fn absent<A: Aggregate>(context: &Context<'_, A>) -> Result<(), Rejection<A::Error>> {
    if context.version() == 0 {
        Ok(())
    } else {
        Err(Rejection::AlreadyExists)
    }
}

/// How an aggregate starts: `true` if one of its events creates it.
#[derive(Debug)]
pub enum Start<const CREATED: bool> {}

/// The state before the first event.
#[diagnostic::on_unimplemented(
    message = "`{A}` has no state to start from",
    label = "no `Default`, and no event that creates it",
    note = "write `#[derive(Default)]` below `#[aggregate(…)]`, or an `#[apply]` method without `self` that returns `Self`"
)]
pub trait Initial<A> {
    /// Makes it.
    fn initial() -> Option<A>;
}

impl<A> Initial<A> for Start<true> {
    fn initial() -> Option<A> {
        None
    }
}

#[diagnostic::do_not_recommend]
impl<A: Default> Initial<A> for Start<false> {
    fn initial() -> Option<A> {
        Some(A::default())
    }
}

macro_rules! where_all_are {
    ($($(#[$doc:meta])* $name:ident: $bound:path, $problem:literal;)*) => {$(
        $(#[$doc])*
        ///
        /// The lifetime makes a bound on a concrete type one that the compiler decides only where it is used, so
        /// that a generated enum has the trait exactly if all of its messages have it.
        #[diagnostic::on_unimplemented(message = $problem)]
        pub trait $name<'a>: $bound {}
        #[diagnostic::do_not_recommend]
        impl<T: $bound> $name<'_> for T {}
    )*};
}

where_all_are! {
    /// For `Debug` on a generated enum.
    DebugIf: fmt::Debug, "`{Self}` has no `Debug`, so an enum with it has none";
    /// For `Clone` on a generated enum.
    CloneIf: Clone, "`{Self}` has no `Clone`, so an enum with it has none";
    /// For `PartialEq` on a generated enum.
    PartialEqIf: PartialEq, "`{Self}` has no `PartialEq`, so an enum with it has none";
}

/// Whether an aggregate that an event creates has a command that creates it too, as a constant: for use in a `const`
/// that fails to compile with one of the messages. One without commands is made elsewhere.
#[track_caller]
pub const fn creation(
    any: bool,
    event: bool,
    command: bool,
    without_command: &'static str,
    without_event: &'static str,
) {
    assert!(!any || !event || command, "{}", without_command);
    assert!(event || !command, "{}", without_event);
}

/// Whether the stored name and version of a row are taken by one before it, as a constant: for use in a `const` that
/// fails to compile with `message`.
#[track_caller]
pub const fn distinct(rows: &[crate::message::Row], variant: u16, message: &'static str) {
    let mut own = 0;
    while own < rows.len() && rows[own].variant != variant {
        own += 1;
    }
    let mut other = 0;
    while other < own {
        assert!(!(same(rows[own].name, rows[other].name)), "{}", message);
        other += 1;
    }
}

/// Whether an event may have a tag, as a constant: for use in a `const` that fails to compile with `message`.
#[track_caller]
pub const fn tagged(tags: &[&str], name: &str, message: &'static str) {
    let mut index = 0;
    while index < tags.len() {
        if same(tags[index], name) {
            return;
        }
        index += 1;
    }
    panic!("{}", message);
}

/// That no event creates a decision model, as a constant: for use in a `const` that fails to compile with `message`.
#[track_caller]
pub const fn not_created(created: bool, message: &'static str) {
    assert!(!created, "{}", message);
}

/// The stream that an event names.
pub fn stream(name: fmt::Arguments<'_>) -> Result<StreamName, InvalidStreamName> {
    StreamName::parse(&name.to_string())
}

const fn same(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    if left.len() != right.len() {
        return false;
    }
    let mut index = 0;
    while index < left.len() {
        if left[index] != right[index] {
            return false;
        }
        index += 1;
    }
    true
}
