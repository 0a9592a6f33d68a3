//! From an earlier version of an event to today's, and back: what `from`, `of`, `into`, `upcast` and `down` stand for,
//! and how a chain is read. That it is whole is checked in [`chain`](crate::versions::chain).

use std::fmt::Display;

use serde_json::Value;

use crate::event::Event;
use crate::message::{MessageReader, MessageWriter, Never};
use crate::versions::shape::{Former, Shape, Successor, same};

/// That an event was made of an earlier one, or of a part of it: `from = F` says it.
pub trait Follows<F>: Event {
    /// The earlier shape.
    const FORMER: &'static Shape;

    /// Reads the earlier one, and makes this one of it.
    fn read_former<R: MessageReader>(reader: R) -> Result<Self, R::Error>;
}

/// That an event became another one, or a part of it: `of = S` or `into(S, …)` says it.
pub trait Precedes<S>: Event {
    /// The other one.
    const SUCCESSOR: Successor;
}

/// That a type may be an earlier version of an event: it is an event itself.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no earlier version of `{E}`",
    label = "this type has no `Event`",
    note = "write `#[event(version = …, of = {E})]` on the struct; or, if it was split, `#[event(name = \"…\", into({E}, …))]`"
)]
pub trait Earlier<E>: Event {}

#[diagnostic::do_not_recommend]
impl<F: Event, E> Earlier<E> for F {}

// Never holds: see the like of it on `Storable`.
#[diagnostic::do_not_recommend]
impl<F, E> Earlier<E> for F
where
    for<'a> (): Never<'a>,
    F: Earlier<E>,
{
}

/// That an event can be made of an earlier one.
#[diagnostic::on_unimplemented(
    message = "nothing makes `{Self}` of its earlier version `{F}`",
    label = "`{Self}` has no `From<{F}>`",
    note = "write `impl From<{F}> for {Self} {{ fn from(old: {F}) -> Self {{ … }} }}`"
)]
pub trait Upcast<F> {
    /// Makes it.
    fn upcast(former: F) -> Self;
}

#[diagnostic::do_not_recommend]
impl<E: From<F>, F> Upcast<F> for E {
    fn upcast(former: F) -> Self {
        former.into()
    }
}

// Never holds: see the like of it on `Storable`.
#[diagnostic::do_not_recommend]
impl<E, F> Upcast<F> for E
where
    for<'a> (): Never<'a>,
    E: Upcast<F>,
{
    fn upcast(_: F) -> Self {
        unreachable!("the first bound never holds")
    }
}

/// The shape of an earlier version. Where versions of one name do not go up, it is a shape without a name: what is wrong
/// is said elsewhere, and a circle would have no end.
#[must_use]
pub const fn former<F: Earlier<E>, E: Event>() -> &'static Shape {
    struct Lost<F>(F);
    impl<F: Event> Lost<F> {
        const SHAPE: &'static Shape = &Shape {
            version: F::VERSION,
            ..Shape::NOTHING
        };
    }
    const fn shape<F: Event>() -> &'static Shape {
        F::SHAPE
    }
    match F::VERSION >= E::VERSION && F::CHAINED {
        true => Lost::<F>::SHAPE,
        false => shape::<F>(),
    }
}

/// What an earlier version became; nothing, where versions of one name do not go up.
#[must_use]
pub const fn successor<F: Event, S: Event>(label: &'static str) -> Successor {
    const fn of<S: Event>(label: &'static str) -> Successor {
        Successor {
            name: S::NAME,
            version: S::VERSION,
            label,
            parts: S::PARTS,
        }
    }
    match F::CHAINED && F::VERSION >= S::VERSION {
        true => Successor {
            name: "",
            version: 0,
            label,
            parts: 1,
        },
        false => of::<S>(label),
    }
}

/// How many of today's events an earlier one is.
#[must_use]
pub const fn parts(into: &[Successor]) -> u16 {
    let (mut sum, mut index) = (0, 0);
    while index < into.len() {
        sum += into[index].parts;
        index += 1;
    }
    sum
}

/// What a JSON upcast may return: the new payload, or a `Result` of it.
#[diagnostic::on_unimplemented(
    message = "an upcast returns the new payload as a `Value`, or a `Result` of it, and this one returns `{Self}`",
    label = "expected a `Value`",
    note = "write `fn name(old: Value) -> Value`, or `-> Result<Value, String>` to say what is wrong"
)]
pub trait Upcasted {
    /// The new payload, or what is wrong with the old one.
    fn outcome(self) -> Result<Value, String>;
}

impl Upcasted for Value {
    fn outcome(self) -> Result<Value, String> {
        Ok(self)
    }
}

impl<E: Display> Upcasted for Result<Value, E> {
    fn outcome(self) -> Result<Value, String> {
        self.map_err(|error| error.to_string())
    }
}

/// Reads one earlier version and makes the next one of it: what `from = F` makes of [`Follows::read_former`].
#[expect(
    clippy::inline_always,
    reason = "the steps of a chain become one function: else each passes on a whole event"
)]
#[inline(always)]
pub fn follow<F: Event, E: Upcast<F>, R: MessageReader>(reader: R) -> Result<E, R::Error> {
    F::read_event(reader).map(E::upcast)
}

/// That an earlier version can be made of a later one: `down = Self` on the later one says it.
#[diagnostic::on_unimplemented(
    message = "nothing makes the earlier version `{Self}` of `{E}`",
    label = "`{Self}` has no `From<&{E}>`",
    note = "write `impl From<&{E}> for {Self} {{ fn from(event: &{E}) -> Self {{ … }} }}`"
)]
pub trait Downcast<E>: Event {
    /// Makes it.
    fn downcast(event: &E) -> Self;
}

#[diagnostic::do_not_recommend]
impl<E, F: Event + for<'e> From<&'e E>> Downcast<E> for F {
    fn downcast(event: &E) -> Self {
        event.into()
    }
}

// Never holds: see the like of it on `Storable`.
#[diagnostic::do_not_recommend]
impl<E, F: Event> Downcast<E> for F
where
    for<'a> (): Never<'a>,
    F: Downcast<E>,
{
    fn downcast(_: &E) -> Self {
        unreachable!("the first bound never holds")
    }
}

/// An earlier version that can still be written, by [`Codec::writing`](crate::Codec::writing).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is written no more",
    label = "no version after it can be made into it",
    note = "write `down = {Self}` in the `#[event(…)]` of the version after it, beside `from = {Self}`"
)]
pub trait OlderVersion {}

/// Writes an event as the earlier version `F`, or one before that, if the writer wants it so.
pub fn write_down<E: Event, F: Downcast<E>, W: MessageWriter>(
    event: &E,
    to: W,
) -> Result<W::Ok, W::Error> {
    match to.writes(E::NAME) {
        Some(version) if version < E::VERSION => F::downcast(event).write_event(to),
        _ => to.event(event),
    }
}

/// A list of types that become `E`: `(First, (Second, ()))`.
pub trait Formers<E> {
    /// Whether there is none.
    const EMPTY: bool;

    /// Reads the one that has this shape, or becomes one that has it.
    fn read<R: MessageReader>(reader: R, former: Former) -> Result<E, R::Error>;
}

impl<E> Formers<E> for () {
    const EMPTY: bool = true;

    fn read<R: MessageReader>(reader: R, _: Former) -> Result<E, R::Error> {
        Err(reader.no_such_variant())
    }
}

impl<E: Follows<First>, First, Rest: Formers<E>> Formers<E> for (First, Rest) {
    const EMPTY: bool = false;

    fn read<R: MessageReader>(reader: R, former: Former) -> Result<E, R::Error> {
        match Rest::EMPTY || <E as Follows<First>>::FORMER.holds(former) {
            true => E::read_former(reader),
            false => Rest::read(reader, former),
        }
    }
}

/// Reads an event that others become.
#[expect(
    clippy::inline_always,
    reason = "the steps of a chain become one function: else each passes on a whole event"
)]
#[inline(always)]
pub fn read_chain<E: Event, F: Formers<E>, R: MessageReader>(reader: R) -> Result<E, R::Error> {
    match reader.former() {
        None => reader.read(),
        Some(former) => read_old::<E, F, R>(reader, former),
    }
}

#[expect(
    clippy::inline_always,
    reason = "the steps of a chain become one function: else each passes on a whole event"
)]
#[inline(always)]
fn read_old<E: Event, F: Formers<E>, R: MessageReader>(
    reader: R,
    former: Former,
) -> Result<E, R::Error> {
    let own_name = same(former.name, E::NAME);
    if former.version == E::VERSION && own_name {
        return reader.read();
    }
    let steps = E::SHAPE.upcasts;
    if own_name && let Some(first) = steps.iter().position(|step| step.version == former.version) {
        return reader.read_upcast(&steps[first..]);
    }
    F::read(reader, former)
}
