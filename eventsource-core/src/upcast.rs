//! From an earlier version of an event to today's: what `from`, `of`, `into` and `upcast` stand for, and how a chain is
//! read.

use std::fmt::Display;

use serde_json::Value;

use crate::event::Event;
use crate::message::{MessageReader, Never};
use crate::private::{fail, same};
use crate::shape::{Former, Shape, Successor};

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
    fn upcast(former: F) -> Self {
        <E as Upcast<F>>::upcast(former)
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
pub fn follow<F: Event, E: Upcast<F>, R: MessageReader>(reader: R) -> Result<E, R::Error> {
    F::read_event(reader).map(E::upcast)
}

/// A list of types that become `E`: `(First, (Second, ()))`.
pub trait Formers<E> {
    /// Reads the one that has this shape, or becomes one that has it.
    fn read<R: MessageReader>(reader: R, former: Former) -> Result<E, R::Error>;
}

impl<E> Formers<E> for () {
    fn read<R: MessageReader>(reader: R, _: Former) -> Result<E, R::Error> {
        Err(reader.no_such_variant())
    }
}

impl<E: Follows<First>, First, Rest: Formers<E>> Formers<E> for (First, Rest) {
    fn read<R: MessageReader>(reader: R, former: Former) -> Result<E, R::Error> {
        match <E as Follows<First>>::FORMER.holds(former.name, former.version) {
            true => E::read_former(reader),
            false => Rest::read(reader, former),
        }
    }
}

/// Reads an event that others become.
#[inline]
pub fn read_chain<E: Event, F: Formers<E>, R: MessageReader>(reader: R) -> Result<E, R::Error> {
    match reader.former() {
        None => reader.read(),
        Some(former) => read_old::<E, F, R>(reader, former),
    }
}

#[cold]
fn read_old<E: Event, F: Formers<E>, R: MessageReader>(
    reader: R,
    former: Former,
) -> Result<E, R::Error> {
    if former.name == E::NAME {
        if former.version == E::VERSION {
            return reader.read();
        }
        let steps = E::SHAPE.upcasts;
        let first = steps.iter().position(|step| step.version == former.version);
        if let Some(first) = first {
            return reader.read_upcast(&steps[first..]);
        }
    }
    F::read(reader, former)
}

/// For use in a `const`, which fails to compile unless the event `former` says that it became `event`, and its version,
/// if it has the same name, is one before.
#[track_caller]
pub const fn follows<E: Follows<F>, F>(event: &str, former: &str) {
    let shape = E::FORMER;
    let lost = shape.name.is_empty();
    if (lost || same(shape.name, E::NAME)) && shape.version >= E::VERSION {
        let (own, other) = (Digits::of(E::VERSION), Digits::of(shape.version));
        fail(&[
            "`",
            former,
            "` is version ",
            other.text(),
            ", which does not come before version ",
            own.text(),
            " of `",
            event,
            "`: versions go up by one from the oldest to the newest, so mend `version = …` on one of them",
        ]);
    }
    let mut index = 0;
    while index < shape.into.len() {
        if same(shape.into[index].name, E::NAME) {
            return;
        }
        index += 1;
    }
    fail(&[
        "`",
        former,
        "` does not say that it became `",
        event,
        "`: write `of = ",
        event,
        "` and its version in its `#[event(…)]`; or, if it was split, name `",
        event,
        "` in its `into(…)`",
    ]);
}

/// For use in a `const`, which fails to compile unless the event `successor` says that it comes of `event`.
#[track_caller]
pub const fn precedes<S: Event, F: Event>(event: &str, successor: &str) {
    // Where versions do not go up, names may be lost, and the other one says what is wrong.
    let lost = F::CHAINED && F::VERSION >= S::VERSION;
    if (lost && S::SHAPE.holds("", F::VERSION)) || (!lost && S::SHAPE.holds(F::NAME, F::VERSION)) {
        return;
    }
    fail(&[
        "`",
        successor,
        "` does not say that it follows `",
        event,
        "`: write `from = ",
        event,
        "` in the `#[event(…)]` of `",
        successor,
        "`, or of the version that comes next",
    ]);
}

/// For use in a `const`, which fails to compile unless one of what the event follows is not given twice, and the last
/// version before its own is given.
#[track_caller]
pub const fn unbroken<E: Event>(event: &str) {
    let shape = E::SHAPE;
    let mut version = shape.since;
    while version < shape.version {
        let (mut times, mut index) = (0, 0);
        while index < shape.upcasts.len() {
            if shape.upcasts[index].version == version {
                times += 1;
            }
            index += 1;
        }
        index = 0;
        while index < shape.before.len() {
            if shape.before[index].holds(shape.name, version) {
                times += 1;
            }
            index += 1;
        }
        let number = Digits::of(version);
        if times > 1 {
            fail(&[
                "version ",
                number.text(),
                " becomes `",
                event,
                "` in two ways: leave one of them out",
            ]);
        }
        // A version further back is for the one that follows it to give.
        if times == 0 && version + 1 == shape.version {
            fail(&[
                "nothing becomes `",
                event,
                "` of version ",
                number.text(),
                ", the one before its own: add it to `from`, as a struct with `#[event(version = ",
                number.text(),
                ", of = ",
                event,
                ")]`, or write `upcast(",
                number.text(),
                " = …)`, or `since = …` if it was never stored",
            ]);
        }
        version += 1;
    }
}

/// A number as text, in a constant.
struct Digits {
    bytes: [u8; 10],
    start: usize,
}

impl Digits {
    const fn of(mut number: u32) -> Self {
        let (mut bytes, mut start) = ([b'0'; 10], 10);
        loop {
            start -= 1;
            bytes[start] = b"0123456789"[(number % 10) as usize];
            number /= 10;
            if number == 0 {
                return Self { bytes, start };
            }
        }
    }

    const fn text(&self) -> &str {
        match std::str::from_utf8(self.bytes.split_at(self.start).1) {
            Ok(text) => text,
            Err(_) => "?",
        }
    }
}
