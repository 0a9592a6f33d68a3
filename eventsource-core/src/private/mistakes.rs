//! Traits by which one mistake makes one error: generated code asks them, and nobody else.
//!
//! Where a type is not what generated code needs, each of its items would say so once more. So each block asks once,
//! in a constant, and speaks of its type only through a type that is computed from that constant. If the constant does
//! not compile, that type is the compiler's own error type, about which it says nothing a second time.

use std::fmt::Debug;
use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::aggregate::Aggregate;
use crate::message::Never;

/// The type itself, if the constant compiles.
pub trait Known<const IS_KNOWN: bool> {
    /// The type.
    type Type;
}

impl<T, const IS_KNOWN: bool> Known<IS_KNOWN> for T {
    type Type = T;
}

/// The type itself, under a name that can stand over the whole place of another type.
pub type Same<T> = T;

/// What events make: an aggregate, or a decision model.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an aggregate",
    label = "this type has no `Aggregate`",
    note = "write `#[aggregate(id = …, error = …, events(…), commands(…))]` on it, or `#[decision_model(events(…))]` if \
            decisions read it"
)]
pub trait State {
    /// Compiles only where nothing is wrong with it.
    const IS_STATE: bool;
}

#[diagnostic::do_not_recommend]
impl<A: Aggregate> State for A {
    const IS_STATE: bool = A::IS_AGGREGATE;
}

/// That a type is an aggregate, in a bound that is not decided where it stands: it mentions a lifetime.
///
/// The implementations of [`Handle`](crate::Handle) carry it, so that they are silent on a type that is none.
pub trait AggregateIf<'a>: Aggregate {}

impl<A: Aggregate> AggregateIf<'_> for A {}

/// That something is said about a type: by its own implementation of [`Aggregate`], or by an `#[apply]` block, which
/// then is the one to say that there is none.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an aggregate",
    label = "this type has no `Aggregate`",
    note = "write `#[aggregate(id = …, error = …, events(…), commands(…))]` on it"
)]
pub trait Mentioned<By> {
    /// Compiles only for an aggregate.
    const IS_AGGREGATE: bool;
}

/// The implementation of [`Aggregate`], as what mentions a type.
#[derive(Debug)]
pub enum ByItself {}

#[diagnostic::do_not_recommend]
impl<A: Aggregate> Mentioned<ByItself> for A {
    const IS_AGGREGATE: bool = A::IS_AGGREGATE;
}

/// A type that stands in the fields of a message.
#[derive(Debug)]
pub struct Stored<T: Field>(PhantomData<T>);

impl<T: Field> Stored<T> {
    /// The only value.
    pub const NEW: Self = Self(PhantomData);
}

/// What can stand in the fields of a message.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot stand in an event or a command",
    label = "it lacks serde's `Serialize` or `Deserialize`",
    note = "write `#[value]` on it"
)]
pub trait Field: Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> Field for T {}

// Never holds: see the like of it on `Storable`.
#[diagnostic::do_not_recommend]
impl<T> Field for T
where
    for<'a> (): Never<'a>,
    T: Field,
{
}

/// The same, in a bound that is not decided where it stands: it mentions a lifetime. What serde derives carries it.
pub trait FieldIf<'a>: Serialize + DeserializeOwned {}

impl<T: Serialize + DeserializeOwned> FieldIf<'_> for T {}

/// What can stand in the fields of a message that has all that `#[event]` and `#[command]` add.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot stand in an event or a command",
    label = "it lacks `Debug`, `Clone`, `PartialEq`, or serde's `Serialize` or `Deserialize`",
    note = "write `#[value]` on it"
)]
pub trait Value: Field + Debug + Clone + PartialEq {
    /// Compiles only for such a type.
    const IS_VALUE: () = ();
}

#[diagnostic::do_not_recommend]
impl<T: Field + Debug + Clone + PartialEq> Value for T {}

// Never holds: see the like of it on `Storable`.
#[diagnostic::do_not_recommend]
impl<T> Value for T
where
    for<'a> (): Never<'a>,
    T: Value,
{
}
