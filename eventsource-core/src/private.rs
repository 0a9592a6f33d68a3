//! What generated code calls. Not for use by hand: it may change in any release.

pub(crate) mod each;
pub(crate) mod listed;
pub(crate) mod mistakes;
mod templates;

pub use std::clone::Clone;
pub use std::cmp::{self, PartialEq};
pub use std::convert::From;
pub use std::fmt::{self, Debug, Formatter};
pub use std::hash;
pub use std::option::Option::{self, None, Some};
pub use std::result::Result::{self, Err, Ok};
pub use std::str::FromStr;
pub use std::string::{String, ToString};

pub use inventory;
pub use serde;

pub use crate::{
    __command_enum as command_enum, __event_enum as event_enum, __event_set as event_set,
    __generated_enum as generated_enum, __message_set as message_set,
};

pub use crate::aggregate::{Aggregate, Apply, EventVisitor, InvariantOutcome};
pub use crate::codec::Codec;
pub use crate::command::{
    AnyCommand, AsCommandSet, Command, CommandSet, Deciding, DispatchedBy, Handle, Handler,
    ListedCommand,
};
pub use crate::consumer::BoxError;
pub use crate::decide::DecisionModel;
pub use crate::decision::{AsEvent, Decision, Itself, Rejection};
pub use crate::event::{Event, EventMeta, EventOf, EventSet};
pub use crate::id::{Id, InvalidId};
pub use crate::message::{
    MessageReader, MessageSet, MessageWriter, Place, Row, Source, deserialize, serialize,
};
pub use crate::private::each::*;
pub use crate::private::listed::*;
pub use crate::private::mistakes::*;
pub use crate::process::{Awaits, Calls, Input, IntoNext, Keys, Process, Timer};
pub use crate::projection::incoming::Outcome;
pub use crate::projection::{
    Incoming, Memory, Outside, ProjectOutside, ProjectState, ProjectThrough, ProjectWithin,
    Projection, Replay,
};
pub use crate::reactor::{ReactionKey, Reactor};
pub use crate::registry::consumer_entry::{
    ConsumerEntry, NoProcess, ProcessEntry, RegisteredConsumer,
};
pub use crate::registry::{AggregateEntry, Registered};
pub use crate::runner::Start as Begin;
pub use crate::snapshot::{Fingerprint, SnapshotState, Snapshotted};
pub use crate::store::stored_event::StoredEvent;
pub use crate::store::stream::{InvalidStreamName, StreamName};
pub use crate::store::tag::{TagValue, Tags};
pub use crate::versions::chain::*;
pub use crate::versions::shape::{JsonUpcast, Shape, Successor};
pub use crate::versions::upcast::*;

/// Shows a value in the parentheses of a name. As a function, since a user's trait may have methods called like those
/// of the formatter.
pub fn shown(f: &mut Formatter<'_>, name: &str, value: &dyn Debug) -> fmt::Result {
    f.debug_tuple(name).field(value).finish()
}

/// A field, to be shown.
pub fn shown_as<T: Debug>(field: &T) -> &dyn Debug {
    field
}

/// Shows a struct as its derived `Debug` would.
pub fn show_fields(
    f: &mut Formatter<'_>,
    name: &str,
    fields: &[(&str, &dyn Debug)],
) -> fmt::Result {
    let mut shown = f.debug_struct(name);
    for (name, field) in fields {
        shown.field(name, field);
    }
    shown.finish()
}

/// Shows a struct without names for its fields as its derived `Debug` would.
pub fn show_tuple(f: &mut Formatter<'_>, name: &str, fields: &[(&str, &dyn Debug)]) -> fmt::Result {
    let mut shown = f.debug_tuple(name);
    for (_, field) in fields {
        shown.field(field);
    }
    shown.finish()
}

/// What comes of a command.
pub type Decided<A> = Result<(), Rejection<<A as Aggregate>::Error>>;

/// What comes of a projection's method.
pub type WasProjected = Result<(), BoxError>;

/// What a projection's method has returned, as what comes of it.
pub fn projected(returned: impl Outcome) -> WasProjected {
    returned.outcome()
}

/// Has the aggregate decide about a command that it lists.
#[inline]
pub fn decide<A: Aggregate>(command: impl DispatchedBy<A>, on: Deciding<'_, A>) -> Decided<A> {
    command.dispatch(on)
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

/// Whether any of them is true.
#[must_use]
pub const fn any(all: &[bool]) -> bool {
    let mut index = 0;
    while index < all.len() {
        if all[index] {
            return true;
        }
        index += 1;
    }
    false
}

/// A list of commands.
pub trait Creating<A: Aggregate> {
    /// Whether one of them creates the aggregate; `None` if there are none.
    const CREATES: Option<bool>;
}

impl<A: Aggregate> Creating<A> for () {
    const CREATES: Option<bool> = None;
}

impl<A: Aggregate, First: DispatchedBy<A>, Rest: Creating<A>> Creating<A> for (First, Rest) {
    const CREATES: Option<bool> =
        Some(First::HANDLER.creates || matches!(Rest::CREATES, Some(true)));
}

/// For use in a `const`, which fails to compile unless the aggregate `name` is created by an event and by a command, or
/// by neither. One without commands is made elsewhere.
#[track_caller]
pub const fn creation<A: Aggregate, Commands: Creating<A>>(name: &str) {
    let created = matches!(Commands::CREATES, Some(true));
    if A::CREATED && matches!(Commands::CREATES, Some(false)) {
        fail(&[
            "an event creates `",
            name,
            "`, and none of its commands can: write one of its `#[handle]` methods without `self`",
        ]);
    }
    if created && !A::CREATED {
        fail(&[
            "a command creates `",
            name,
            "`, and none of its events does: write one of its `#[apply]` methods without `self`, returning `Self`",
        ]);
    }
}

/// For use in a `const`, which fails to compile if the event `event` creates the decision model `model`.
#[track_caller]
pub const fn not_created(created: bool, event: &str, model: &str) {
    if created {
        fail(&[
            "`",
            event,
            "` cannot create `",
            model,
            "`, which is there before its first event: write its `#[apply]` method with `&mut self`",
        ]);
    }
}

/// That a field of a state can be kept in a snapshot: an obligation on its type, and so reported at it.
#[derive(Debug)]
pub struct KeptField<T: SnapshotState>(std::marker::PhantomData<T>);

impl<T: SnapshotState> KeptField<T> {
    /// The only value.
    pub const NEW: Self = Self(std::marker::PhantomData);
}

/// The fingerprint of an aggregate: `state` stands for the state as the macro has seen it, `methods` for the methods that
/// apply its events, in their order.
#[must_use]
pub const fn fingerprint<A: Aggregate>(state: u64, methods: &[u64]) -> Fingerprint {
    Fingerprint::of::<A::Event>(state, methods)
}

/// The stream that an event names.
pub fn stream(name: fmt::Arguments<'_>) -> Result<StreamName, InvalidStreamName> {
    StreamName::parse(&name.to_string())
}

/// An error of the compiler, its text put together.
#[track_caller]
pub(crate) const fn fail(parts: &[&str]) -> ! {
    let mut text = [0; 1024];
    let mut length = 0;
    let mut part = 0;
    while part < parts.len() {
        let bytes = parts[part].as_bytes();
        let mut index = 0;
        while index < bytes.len() && length < text.len() {
            text[length] = bytes[index];
            index += 1;
            length += 1;
        }
        part += 1;
    }
    match std::str::from_utf8(text.split_at(length).0) {
        Ok(text) => panic!("{}", text),
        Err(_) => panic!("two messages have one stored name, or an aggregate is not created"),
    }
}

pub(crate) const fn same(left: &str, right: &str) -> bool {
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
