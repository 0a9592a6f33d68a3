//! Decision models: what a decision needs to know, read by types and tags from whatever streams it stands in.

use std::borrow::Cow;

use crate::codec::{Codec, DecodeError};
use crate::event::{EventMeta, EventSet};
use crate::message::{MessageSet, Row};
use crate::store::query::Query;
use crate::store::stored_event::{EventRef, StoredEvent};
use crate::store::tag::Tags;
use crate::versions::decode;

/// What one decision needs to know: a state that events make, whatever streams they stand in. `#[decision_model]` or
/// `#[derive(DecisionModel)]` implements it for a struct.
///
/// The events that it lists and its `#[tag]` fields say what is read, and so also what must not have changed when the
/// decision is stored: both are [`query`](Self::query), and cannot drift apart. A model without a tag is made of every
/// event of its types, whatever they are about. An `Option` as a tag asks for nothing where it is `None`.
///
/// ```
/// use eventsource_core::prelude::*;
///
/// #[event(name = "seat.taken")]
/// pub struct Taken {
///     #[tag]
///     pub show: u32,
/// }
///
/// #[decision_model(events(Taken))]
/// pub struct Seats {
///     #[tag]
///     show: u32,
///     taken: u32,
/// }
///
/// #[apply]
/// impl Seats {
///     fn taken(&mut self, _: &Taken) {
///         self.taken += 1;
///     }
/// }
///
/// let seats = Seats::of(7).given((Taken { show: 7 }, Taken { show: 8 }, Taken { show: 7 }));
/// assert_eq!(seats.taken, 2);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a decision model",
    label = "this type has no `DecisionModel`",
    note = "write `#[decision_model(events(…))]` on the struct"
)]
pub trait DecisionModel: Clone + Send + Sync + 'static {
    /// Its name: the struct's, or what `name = "…"` says.
    const NAME: &'static str;

    /// The events that it is made of: an enum of those that it lists, or [`StoredEvent`] for every type.
    type Event: ModelEvent;

    /// Adds the tags that an event must all have to be seen, as the `#[tag]` fields give them.
    fn tags(&self, tags: &mut Tags);

    /// Applies an event.
    fn apply_event(&mut self, event: &Self::Event, meta: &EventMeta<'_>);

    /// The events that it is made of: those of the listed types that have all of its tags.
    fn query(&self) -> Query {
        let mut tags = Tags::default();
        self.tags(&mut tags);
        let types = Query::types(Self::Event::names());
        tags.into_vec().into_iter().fold(types, Query::tagged)
    }
}

/// What a decision model can be made of.
pub trait ModelEvent: Sized + Send + 'static {
    /// The stored names and versions of the events; `None`, if it is every event.
    const ROWS: Option<&'static [Row]>;

    #[doc(hidden)]
    #[cfg(feature = "reflect")]
    const REFLECTED: Option<crate::reflect::Reflected> = None;

    /// The stored names of the events; none, if it is every event.
    fn names() -> Vec<Cow<'static, str>>;

    /// Decodes what is stored, and hands over each event that it is, with the number of the part: more than one, if it
    /// was split.
    fn read<C: Codec, E: From<DecodeError>>(
        codec: &C,
        event: &EventRef<'_>,
        take: impl FnMut(Self, u16) -> Result<(), E>,
    ) -> Result<(), E>;
}

impl<E: EventSet> ModelEvent for E {
    const ROWS: Option<&'static [Row]> = Some(<E as MessageSet>::ROWS);

    #[cfg(feature = "reflect")]
    const REFLECTED: Option<crate::reflect::Reflected> = Some(crate::reflect::Reflected::of::<E>());

    fn names() -> Vec<Cow<'static, str>> {
        let names = <E as MessageSet>::stored_names().into_iter();
        names.map(Cow::Borrowed).collect()
    }

    fn read<C: Codec, P: From<DecodeError>>(
        codec: &C,
        event: &EventRef<'_>,
        take: impl FnMut(Self, u16) -> Result<(), P>,
    ) -> Result<(), P> {
        decode::each(codec, event, take)
    }
}

/// Every event, also of a type that today's code does not know: it is given as it is stored, and decoded by those who
/// want to.
impl ModelEvent for StoredEvent {
    const ROWS: Option<&'static [Row]> = None;

    fn names() -> Vec<Cow<'static, str>> {
        Vec::new()
    }

    fn read<C: Codec, E: From<DecodeError>>(
        _: &C,
        event: &EventRef<'_>,
        mut take: impl FnMut(Self, u16) -> Result<(), E>,
    ) -> Result<(), E> {
        take(event.to_stored(), 0)
    }
}

/// A value for a tag of a decision model, `Seats::of(&course)`: the value itself, or a reference to it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the value of a tag that is a `{T}`",
    label = "expected `{T}` or `&{T}`"
)]
pub trait TagArgument<T> {
    /// The value.
    fn into_tag(self) -> T;
}

impl<T> TagArgument<T> for T {
    fn into_tag(self) -> T {
        self
    }
}

impl<T: Clone> TagArgument<T> for &T {
    fn into_tag(self) -> T {
        self.clone()
    }
}

impl TagArgument<String> for &str {
    fn into_tag(self) -> String {
        self.to_owned()
    }
}
