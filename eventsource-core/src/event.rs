//! Events: facts that are stored for ever.

use crate::aggregate::Aggregate;
use crate::environment::time::Timestamp;
use crate::message::{MessageReader, MessageSet, MessageWriter, Row, Source, Storable, TagsOnly};
use crate::metadata::Metadata;
use crate::store::stored_event::EventRef;
use crate::store::stream::{InvalidStreamName, Position, StreamName, Version};
use crate::store::tag::{self, Tags};
use crate::versions::shape::Shape;

/// A fact about an aggregate, as a struct. `#[event]` or `#[derive(Event)]` implements it.
///
/// ```
/// use eventsource_core::prelude::*;
///
/// #[event(name = "account.opened")]
/// pub struct Opened {
///     pub owner: String,
/// }
///
/// assert_eq!(Opened::NAME, "account.opened");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event",
    label = "this type has no `Event`",
    note = "write `#[event(name = \"…\")]` on the struct"
)]
pub trait Event: Storable + Send + Sync + 'static {
    /// The stored name. It stays the same when the struct is renamed.
    const NAME: &'static str;

    /// The version of the payload's shape.
    const VERSION: u32 = 1;

    /// Where the struct was defined, and what is written there.
    const SOURCE: Source = Source::UNKNOWN;

    /// The names of the tags that it may have. A decision model asks for no other tag of it.
    const TAGS: &'static [&'static str] = &[];

    /// What can become it: its earlier names, versions and types.
    const SHAPE: &'static Shape = &Shape::of::<Self>();

    /// Whether it has the stored name of a later version.
    #[doc(hidden)]
    const CHAINED: bool = false;

    /// How many of today's events it is: more than one, if it was split.
    #[doc(hidden)]
    const PARTS: u16 = 1;

    /// Adds the tags that the event has.
    fn tags(&self, tags: &mut Tags) {
        let _ = tags;
    }

    /// The stream that it goes to when a decision over several things returns it.
    ///
    /// `#[event(stream = "enrolment/{course}")]` names it, with fields of the event between braces. Else it follows
    /// from the first of its tags: `@course/c1` for the tag `course:c1`; or, without a tag, from its stored name:
    /// `@enrolled/all`. No aggregate's stream begins like that.
    fn stream(&self) -> Result<StreamName, InvalidStreamName> {
        let mut tags = Tags::default();
        self.tags(&mut tags);
        tag::stream(Self::NAME, &tags.into_vec())
    }

    #[doc(hidden)]
    const ROW: Row = Row {
        variant: 0,
        label: "",
        kind: "event",
        name: Self::NAME,
        version: Self::VERSION,
        type_name: std::any::type_name::<Self>,
        place: Self::SOURCE.place,
        source: Self::SOURCE.text,
        shape: Some(Self::SHAPE),
        oldest_in_line: Self::SHAPE.oldest_in_line(),
        #[cfg(feature = "reflect")]
        alone: Some(crate::reflect::Reflected::event::<Self>),
    };

    #[doc(hidden)]
    fn write_event<W: MessageWriter>(&self, writer: W) -> Result<W::Ok, W::Error> {
        writer.event(self)
    }

    #[doc(hidden)]
    fn read_event<R: MessageReader>(reader: R) -> Result<Self, R::Error> {
        reader.read()
    }
}

/// An enum of events: the one that `#[aggregate]` generates, or one of your own with `#[derive(Event)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an enum of events",
    label = "this type is no `EventSet`",
    note = "write `#[derive(Event)]` on the enum"
)]
pub trait EventSet: MessageSet {
    /// Adds the tags that the event has: if not said otherwise, those of the struct that is written.
    fn tags(&self, tags: &mut Tags) {
        let Ok(()) = self.write(TagsOnly(tags));
    }
}

/// An event that the aggregate or the decision model `A` lists, or its whole enum.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event of `{A}`",
    label = "`{A}` does not list this event",
    note = "add it to `events(…)` in the `#[aggregate(…)]` or `#[decision_model(…)]` of `{A}`"
)]
pub trait EventOf<A>: Sized {
    #[doc(hidden)]
    const LISTED: () = ();
}

#[diagnostic::do_not_recommend]
impl<A: Aggregate, E> EventOf<A> for E where A::Event: From<E> {}

/// What is known of an event beside its content, when it is applied: the same before and after it is stored.
///
/// ```
/// use eventsource_core::EventMeta;
///
/// let meta = EventMeta::default();
/// assert_eq!(meta.version(), 0);
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct EventMeta<'a> {
    pub(crate) version: Version,
    pub(crate) part: u16,
    pub(crate) recorded_at: Timestamp,
    pub(crate) metadata: &'a [u8],
}

impl<'a> EventMeta<'a> {
    /// What is known of a stored event, or of a part of it.
    pub(crate) fn of(event: &EventRef<'a>, part: u16) -> Self {
        Self {
            version: event.version,
            part,
            recorded_at: event.recorded_at,
            metadata: event.metadata,
        }
    }

    /// Its version in the stream.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// Which part of the stored event it is, from 0, if what was stored has been split into several.
    #[must_use]
    pub fn part(&self) -> u16 {
        self.part
    }

    /// When it was decided.
    #[must_use]
    pub fn recorded_at(&self) -> Timestamp {
        self.recorded_at
    }

    /// Its metadata; decoded when asked for, and empty where it cannot be.
    #[must_use]
    pub fn metadata(&self) -> Metadata {
        Metadata::from_stored(self.metadata).unwrap_or_default()
    }
}

/// An event as it was recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded<E> {
    /// Its position in the store.
    pub position: Position,
    /// Its stream.
    pub stream: StreamName,
    /// Its version in the stream.
    pub version: Version,
    /// Which part of the stored event it is, from 0: where an event was split, its parts share position and version.
    pub part: u16,
    /// When it was decided.
    pub recorded_at: Timestamp,
    /// Who asked, because of what, and the user's own notes.
    pub metadata: Metadata,
    /// The event.
    pub event: E,
}
