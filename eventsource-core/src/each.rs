//! `Debug`, `Clone` and `PartialEq` for a generated enum: each exactly if all of its messages have it.
//!
//! A bound on a concrete type is an error where it does not hold. One with a lifetime is decided only where it is used,
//! so these traits have one. A list of types is `(First, (Second, ()))`.

use std::any::Any;
use std::fmt::{self, Debug, Formatter};

use crate::message::MessageSet;

/// A message that is `Clone`.
pub trait CloneIf<'a>: Clone {}
#[diagnostic::do_not_recommend]
impl<T: Clone> CloneIf<'_> for T {}

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

impl<'a, First: Debug + 'static, Rest: DebugEach<'a>> DebugEach<'a> for (First, Rest) {
    fn shown(message: &dyn Any) -> &dyn Debug {
        match message.downcast_ref::<First>() {
            Some(message) => message,
            None => Rest::shown(message),
        }
    }
}

/// Writes an enum whose messages are `Each`.
pub fn debug<Each, M: MessageSet>(set: &M, f: &mut Formatter<'_>) -> fmt::Result
where
    Each: for<'a> DebugEach<'a>,
{
    let (name, message) = set.variant();
    f.debug_tuple(name).field(Each::shown(message)).finish()
}

/// A list of messages that are `PartialEq`.
pub trait PartialEqEach<'a> {
    #[doc(hidden)]
    fn eq(left: &dyn Any, right: &dyn Any) -> bool;
}

impl PartialEqEach<'_> for () {
    fn eq(_: &dyn Any, _: &dyn Any) -> bool {
        false
    }
}

impl<'a, First: PartialEq + 'static, Rest: PartialEqEach<'a>> PartialEqEach<'a> for (First, Rest) {
    fn eq(left: &dyn Any, right: &dyn Any) -> bool {
        match (left.downcast_ref::<First>(), right.downcast_ref::<First>()) {
            (Some(left), Some(right)) => left == right,
            (None, None) => Rest::eq(left, right),
            _ => false,
        }
    }
}

/// Compares two enums whose messages are `Each`.
pub fn equal<Each, M: MessageSet>(left: &M, right: &M) -> bool
where
    Each: for<'a> PartialEqEach<'a>,
{
    let ((left_name, left), (right_name, right)) = (left.variant(), right.variant());
    left_name == right_name && Each::eq(left, right)
}
