//! `Debug`, `Clone` and `PartialEq` for a generated enum: each exactly if all of its messages have it.
//!
//! A bound on a concrete type is an error where it does not hold. One with a lifetime is decided only where it is used,
//! so these traits have one. They are implemented for lists of types, `(First, (Second, ()))`; which of them a message
//! is, the compiler knows when it writes the code of its variant.

use std::any::Any;
use std::fmt::{self, Debug, Formatter};

use crate::message::{MessageSet, Show};

macro_rules! standard {
    ($($(#[$doc:meta])* $name:ident: $bound:path, $problem:literal, $note:literal;)*) => {$(
        $(#[$doc])*
        #[diagnostic::on_unimplemented(message = $problem, note = $note)]
        pub trait $name: $bound {}
        #[diagnostic::do_not_recommend]
        impl<T: $bound> $name for T {}
    )*};
}

standard! {
    /// `Debug`, with our words where it is missing.
    DebugIf: Debug, "`{Self}` has no `Debug`, so an enum with it has none", "write `#[derive(Debug)]` on it";
    /// `PartialEq`, with our words where it is missing.
    PartialEqIf: PartialEq, "`{Self}` has no `PartialEq`, so an enum with it has none", "write `#[derive(PartialEq)]` on it";
    /// `Clone`, with our words where it is missing.
    CloneIf: Clone, "`{Self}` has no `Clone`, so an enum with it has none", "write `#[derive(Clone)]` on it";
}

/// A list of messages that are `Debug`.
pub trait DebugEach<'a> {
    #[doc(hidden)]
    fn shown(message: &dyn Any) -> &dyn Debug;
}

impl DebugEach<'_> for () {
    fn shown(_: &dyn Any) -> &dyn Debug {
        &()
    }
}

impl<'a, First: DebugIf + 'static, Rest: DebugEach<'a>> DebugEach<'a> for (First, Rest) {
    #[inline]
    fn shown(message: &dyn Any) -> &dyn Debug {
        match message.downcast_ref::<First>() {
            Some(message) => message,
            None => Rest::shown(message),
        }
    }
}

/// Writes an enum as a derived `Debug` does.
pub fn debug<Each, M: MessageSet>(set: &M, f: &mut Formatter<'_>) -> fmt::Result
where
    Each: for<'a> DebugEach<'a>,
{
    let name = set.name();
    let row = M::ROWS.iter().find(|row| row.name == name);
    let mut tuple = f.debug_tuple(row.map_or(name, |row| row.label));
    let Ok(_) = set.write(Show(|message: &dyn Any| {
        tuple.field(Each::shown(message));
    }));
    tuple.finish()
}

/// A list of messages that are `PartialEq`.
pub trait PartialEqEach<'a> {
    #[doc(hidden)]
    fn equal(left: &dyn Any, right: &dyn Any) -> bool;
}

impl PartialEqEach<'_> for () {
    fn equal(_: &dyn Any, _: &dyn Any) -> bool {
        false
    }
}

impl<'a, First: PartialEqIf + 'static, Rest: PartialEqEach<'a>> PartialEqEach<'a>
    for (First, Rest)
{
    #[inline]
    fn equal(left: &dyn Any, right: &dyn Any) -> bool {
        match (left.downcast_ref::<First>(), right.downcast_ref()) {
            (Some(left), Some(right)) => left == right,
            (None, None) => Rest::equal(left, right),
            _ => false,
        }
    }
}

/// Compares two enums.
pub fn equal<Each, M: MessageSet>(left: &M, right: &M) -> bool
where
    Each: for<'a> PartialEqEach<'a>,
{
    let Ok(equal) = left.write(Show(|left: &dyn Any| {
        let Ok(equal) = right.write(Show(|right: &dyn Any| Each::equal(left, right)));
        equal
    }));
    equal.flatten() == Some(true)
}

/// A list of messages that are `Clone`, and go into `M`.
pub trait CloneEach<'a, M> {
    #[doc(hidden)]
    fn cloned(message: &dyn Any) -> Option<M>;
}

impl<M> CloneEach<'_, M> for () {
    fn cloned(_: &dyn Any) -> Option<M> {
        None
    }
}

impl<'a, M, First, Rest> CloneEach<'a, M> for (First, Rest)
where
    First: CloneIf + Into<M> + 'static,
    Rest: CloneEach<'a, M>,
{
    #[inline]
    fn cloned(message: &dyn Any) -> Option<M> {
        match message.downcast_ref::<First>() {
            Some(message) => Some(message.clone().into()),
            None => Rest::cloned(message),
        }
    }
}

/// Clones an enum.
///
/// # Panics
///
/// If the message is none of the list: the macro writes the list and the enum from one source.
#[inline]
pub fn clone<Each, M: MessageSet>(set: &M) -> M
where
    Each: for<'a> CloneEach<'a, M>,
{
    let Ok(cloned) = set.write(Show(|message: &dyn Any| Each::cloned(message)));
    cloned
        .flatten()
        .expect("the list has every message of the enum")
}
