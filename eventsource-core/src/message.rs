//! What events and commands have in common: a name, a version, a payload, and a set that they belong to.
//!
//! A generated enum is one [`MessageSet`]. It offers a table of names and two generic functions, `write` and `read`;
//! encoding, decoding, serde and the registry are written once, here and in [`codec`](crate::codec), on top of them.

mod tagged;

use std::any::Any;
use std::fmt;
use std::panic::Location;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::command::Command;
use crate::event::Event;
use crate::registry::declaration::Declaration;
use crate::store::tag::Tags;
use crate::versions::shape::{Former, Found, JsonUpcast, Shape};

pub use crate::versions::unknown::UnknownMessage;
pub use tagged::{deserialize, serialize};

/// Where in the source a type was defined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// The file.
    pub file: &'static str,
    /// The line, from 1; 0 if unknown.
    pub line: u32,
}

impl Place {
    /// Where this is called, or the macro that calls it.
    #[must_use]
    #[track_caller]
    pub const fn here() -> Self {
        let caller = Location::caller();
        Self {
            file: caller.file(),
            line: caller.line(),
        }
    }

    /// For types whose implementation was written by hand.
    pub const UNKNOWN: Self = Self {
        file: "unknown",
        line: 0,
    };
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// Where the struct of a message was defined, and what is written there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// The place.
    pub place: Place,
    /// Its fields, tags and documentation: [`Declaration`] reads it.
    pub text: &'static str,
}

impl Source {
    /// Where this is called, or the macro that calls it.
    #[must_use]
    #[track_caller]
    pub const fn here(text: &'static str) -> Self {
        let place = Place::here();
        Self { place, text }
    }

    /// For types whose implementation was written by hand.
    pub const UNKNOWN: Self = Self {
        place: Place::UNKNOWN,
        text: "",
    };
}

/// One line of a set's table: a stored name and version, and the variant that it becomes.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// The number that `read` takes.
    pub variant: u16,
    /// The variant's name in the enum.
    pub label: &'static str,
    /// `event`, `command` or `timer`.
    pub kind: &'static str,
    /// The stored name.
    pub name: &'static str,
    /// The version of the payload's shape.
    pub version: u32,
    /// The Rust type of the payload.
    pub type_name: fn() -> &'static str,
    /// Where that type was defined.
    pub place: Place,
    /// What its source says of it: see [`Row::declaration`].
    pub source: &'static str,
    /// What can become it; `None` for a command, for a timer, and for an event without a struct of its own.
    pub shape: Option<&'static Shape>,
    /// The oldest version that became it one by one, each under the same name and with nothing beside it: its own, if none did.
    pub(crate) oldest_in_line: u32,
    /// The event or the timer by itself, its type forgotten. A function, since the set that it is has this row.
    #[cfg(feature = "reflect")]
    pub(crate) alone: Option<fn() -> crate::reflect::Reflected>,
}

/// What can be stored and read again: everything that serde can write and read.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored: it lacks serde's `Serialize` or `Deserialize`",
    label = "nothing writes it, or nothing reads it",
    note = "write `#[event]` or `#[command]` on it in place of the derive, or derive serde's two beside it"
)]
pub trait Storable: Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> Storable for T {}

// Never holds. Where there is one implementation alone, the compiler reports each of its bounds that fails; where
// there are two, it reports the trait: one error, in our words.
#[diagnostic::do_not_recommend]
impl<T> Storable for T
where
    for<'a> (): Never<'a>,
    T: Storable,
{
}

/// Nothing has it. The lifetime lets a bound with it be false where it stands.
pub(crate) trait Never<'a> {}

impl Row {
    /// A message that a variant of `M` is, fields and all, defined where this is called. `kind` is `event` or `command`.
    #[must_use]
    #[track_caller]
    pub const fn of<M>(
        variant: u16,
        label: &'static str,
        kind: &'static str,
        name: &'static str,
        version: u32,
    ) -> Self {
        Self {
            variant,
            label,
            kind,
            name,
            version,
            type_name: std::any::type_name::<M>,
            place: Place::here(),
            source: "",
            shape: None,
            oldest_in_line: version,
            #[cfg(feature = "reflect")]
            alone: None,
        }
    }

    /// The same message, with what its source says of it.
    #[must_use]
    pub const fn with_source(self, source: &'static str) -> Self {
        Self { source, ..self }
    }

    /// What its source says of it.
    #[must_use]
    pub fn declaration(&self) -> Declaration {
        Declaration::parse(self.source)
    }

    /// The same message as this variant.
    #[must_use]
    pub const fn at(self, variant: u16, label: &'static str) -> Self {
        Self {
            variant,
            label,
            ..self
        }
    }

    /// What becomes it when it is stored under this name and version, not today's.
    pub(crate) fn find(&self, name: &str, version: u32) -> Option<Found> {
        match self.find_in_line(name, version) {
            Some(former) => Some(Found { former, part: 0 }),
            None => self.shape?.find(name, version),
        }
    }

    /// The same, as most old events are found: by numbers alone, and no other message of the set is to be asked.
    #[inline]
    pub(crate) fn find_in_line(&self, name: &str, version: u32) -> Option<Former> {
        let found = self.oldest_in_line <= version && version < self.version && name == self.name;
        found.then_some(Former {
            name: self.name,
            version,
        })
    }

    /// Shows each stored name that it has or had, with the type that has it: the newest of a chain.
    pub(crate) fn each_name(&self, look: &mut dyn FnMut(&'static str, &'static str, Place)) {
        fn names(
            shape: &Shape,
            (type_name, place): (&'static str, Place),
            look: &mut dyn FnMut(&'static str, &'static str, Place),
        ) {
            for name in std::iter::once(&shape.name).chain(shape.aliases) {
                look(name, type_name, place);
            }
            for before in shape.before {
                if before.name == shape.name {
                    names(before, (type_name, place), look);
                } else if before.into.iter().all(|part| part.name != before.name) {
                    names(before, ((before.type_name)(), before.place), look);
                }
                // Else one of its parts has kept its name, and says so itself.
            }
        }
        let owner = ((self.type_name)(), self.place);
        match self.shape {
            Some(shape) => names(shape, owner, look),
            None => look(self.name, owner.0, owner.1),
        }
    }

    /// The newest version under a stored name that it has or had, and the type of that version.
    pub(crate) fn newest(&self, name: &str) -> Option<(u32, &'static str)> {
        match self.shape.and_then(|shape| shape.newest(name)) {
            Some(shape) => Some((shape.version, (shape.type_name)())),
            None => (self.name == name).then(|| (self.version, (self.type_name)())),
        }
    }
}

/// An enum of events or of commands, as the macros generate it.
pub trait MessageSet: Sized + Send + Sync + 'static {
    /// Every message of the enum, by its name and version of today. What becomes one of them stands in its
    /// [`Shape`].
    const ROWS: &'static [Row];

    /// The stored names of events that were retired: they are read, and nothing comes of them.
    const RETIRED: &'static [&'static str] = &[];

    /// Gives the name, the version and the payload to `writer`.
    fn write<W: MessageWriter>(&self, writer: W) -> Result<W::Ok, W::Error>;

    /// Reads the payload of a variant from `reader`.
    fn read<R: MessageReader>(variant: u16, reader: R) -> Result<Self, R::Error>;

    /// The message, if it is a `T`: a copy of it.
    ///
    /// ```
    /// use eventsource_core::message::MessageSet;
    /// use eventsource_core::prelude::*;
    ///
    /// #[event]
    /// pub struct Lit;
    /// #[event]
    /// pub struct Dimmed {
    ///     pub to: u8,
    /// }
    ///
    /// #[derive(Event)]
    /// enum Light {
    ///     Lit(Lit),
    ///     Dimmed(Dimmed),
    /// }
    ///
    /// let light = Light::Dimmed(Dimmed { to: 7 });
    /// assert_eq!(light.get(), Some(Dimmed { to: 7 }));
    /// assert_eq!(light.get::<Lit>(), None);
    /// ```
    fn get<T: Storable + Clone + 'static>(&self) -> Option<T> {
        let Ok(message) = self.write(Show(|it: &dyn Any| it.downcast_ref().cloned()));
        message.flatten()
    }

    /// The stored name.
    fn name(&self) -> &'static str {
        let Ok((name, _)) = self.write(NameOnly);
        name
    }

    /// The line of the table for a name and version of today.
    fn row(name: &str, version: u32) -> Result<&'static Row, UnknownMessage> {
        let found = Self::ROWS
            .iter()
            .find(|row| row.name == name && row.version == version);
        found.ok_or_else(|| UnknownMessage::to(Self::ROWS, name, version))
    }

    /// Every name under which one of them, or something that becomes one, is stored.
    fn stored_names() -> Vec<&'static str> {
        let mut names = Vec::new();
        for row in Self::ROWS {
            let earlier = row.shape.map(Shape::stored_names).unwrap_or_default();
            for name in std::iter::once(row.name).chain(earlier) {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        names
    }
}

/// Takes the payload out of a message.
pub trait MessageWriter {
    /// What it makes of it.
    type Ok;
    /// Why it could not.
    type Error;

    /// Takes the payload.
    fn write<T: Serialize>(
        self,
        name: &'static str,
        version: u32,
        payload: &T,
    ) -> Result<Self::Ok, Self::Error>;

    /// As which version it wants events of this name, if not as today's.
    #[inline]
    fn writes(&self, name: &str) -> Option<u32> {
        let _ = name;
        None
    }

    /// Takes an event.
    fn event<E: Event>(self, event: &E) -> Result<Self::Ok, Self::Error>
    where
        Self: Sized,
    {
        self.write(E::NAME, E::VERSION, event)
    }

    /// Takes a command.
    fn command<C: Command>(self, command: &C) -> Result<Self::Ok, Self::Error>
    where
        Self: Sized,
    {
        self.write(C::NAME, C::VERSION, command)
    }

    #[doc(hidden)]
    #[inline]
    fn write_event<E: Event>(self, event: &E) -> Result<Self::Ok, Self::Error>
    where
        Self: Sized,
    {
        event.write_event(self)
    }

    #[doc(hidden)]
    #[inline]
    fn write_command<C: Command>(self, command: &C) -> Result<Self::Ok, Self::Error>
    where
        Self: Sized,
    {
        command.write_command(self)
    }
}

/// Makes a payload of a message.
pub trait MessageReader {
    /// Why it could not.
    type Error;

    /// Makes the payload.
    fn read<T: DeserializeOwned>(self) -> Result<T, Self::Error>;

    /// Says that the set has no variant of the number that was asked for.
    fn no_such_variant(self) -> Self::Error;

    /// What the payload is, where it is not that of today's version.
    #[inline]
    fn former(&self) -> Option<Former> {
        None
    }

    /// Makes the payload of what an earlier version becomes as JSON, step by step.
    fn read_upcast<T: DeserializeOwned>(self, steps: &[JsonUpcast]) -> Result<T, Self::Error>
    where
        Self: Sized,
    {
        let _ = steps;
        Err(self.no_such_variant())
    }

    #[doc(hidden)]
    #[inline]
    fn read_event<E: Event>(self) -> Result<E, Self::Error>
    where
        Self: Sized,
    {
        E::read_event(self)
    }

    #[doc(hidden)]
    #[inline]
    fn read_command<C: Command>(self) -> Result<C, Self::Error>
    where
        Self: Sized,
    {
        C::read_command(self)
    }
}

/// A table that names a variant which the enum does not have: only a hand-written set can be so wrong.
pub(crate) const NO_SUCH_VARIANT: &str = "the set of messages has no variant of this number";

/// Takes the name and the version, and leaves the payload.
pub(crate) struct NameOnly;

impl MessageWriter for NameOnly {
    type Ok = (&'static str, u32);
    type Error = std::convert::Infallible;

    fn write<T: Serialize>(
        self,
        name: &'static str,
        version: u32,
        _: &T,
    ) -> Result<Self::Ok, Self::Error> {
        Ok((name, version))
    }
}

/// Takes the tags of an event.
pub(crate) struct TagsOnly<'t>(pub(crate) &'t mut Tags);

impl MessageWriter for TagsOnly<'_> {
    type Ok = ();
    type Error = std::convert::Infallible;

    fn write<T: Serialize>(self, _: &'static str, _: u32, _: &T) -> Result<(), Self::Error> {
        Ok(())
    }

    fn event<E: Event>(self, event: &E) -> Result<(), Self::Error> {
        event.tags(self.0);
        Ok(())
    }
}

/// Shows the struct of an event or a command to a function. What is no struct of its own is not shown.
pub(crate) struct Show<F>(pub(crate) F);

impl<T, F: FnOnce(&dyn Any) -> T> MessageWriter for Show<F> {
    type Ok = Option<T>;
    type Error = std::convert::Infallible;

    fn write<P: Serialize>(self, _: &'static str, _: u32, _: &P) -> Result<Option<T>, Self::Error> {
        Ok(None)
    }

    fn event<E: Event>(self, event: &E) -> Result<Option<T>, Self::Error> {
        Ok(Some((self.0)(event)))
    }

    fn command<C: Command>(self, command: &C) -> Result<Option<T>, Self::Error> {
        Ok(Some((self.0)(command)))
    }
}
