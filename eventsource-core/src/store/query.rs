//! Queries: which events a reader or a boundary check is about, by types and tags.

use std::borrow::Cow;

use crate::event::{Event, EventSet};
use crate::store::stored_event::EventRef;
use crate::store::tag::{Tag, TagList};

/// A set of events: those that match at least one of its items. Without an item it is every event.
///
/// ```
/// use eventsource_core::{Query, Tag};
///
/// let seats = Query::types(["course.defined", "enrolled"]).tagged(Tag::new("course", "c1"));
/// assert!(seats.matches("enrolled", &[Tag::new("course", "c1"), Tag::new("student", "s1")]));
/// assert!(!seats.matches("enrolled", &[Tag::new("course", "c2")]));
/// assert!(Query::all().matches("anything", &[]));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Query {
    items: Vec<QueryItem>,
}

/// One alternative of a query: any of these types (every type, if none is named) and all of these tags.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct QueryItem {
    /// Stored names of events; empty means every type.
    pub types: Vec<Cow<'static, str>>,
    /// Tags that an event must all have; empty means that tags do not matter.
    pub tags: Vec<Tag>,
}

impl Query {
    /// Every event.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// Events with one of these stored names; **every** event, if the list is empty.
    pub fn types<T: Into<Cow<'static, str>>>(types: impl IntoIterator<Item = T>) -> Self {
        let types = types.into_iter().map(Into::into).collect();
        Self {
            items: vec![QueryItem {
                types,
                tags: Vec::new(),
            }],
        }
    }

    /// Events of one type, under every name that it or what becomes it is or was stored under.
    ///
    /// ```
    /// use eventsource_core::Query;
    /// use eventsource_core::prelude::*;
    ///
    /// #[event(name = "course.enrolled", alias = "enrolled")]
    /// pub struct Enrolled {
    ///     pub course: u32,
    /// }
    ///
    /// assert_eq!(Query::event::<Enrolled>(), Query::types(["course.enrolled", "enrolled"]));
    /// ```
    #[must_use]
    pub fn event<E: Event>() -> Self {
        Self::types(E::SHAPE.stored_names())
    }

    /// Events of an enum's types, under every name that they or what becomes them are or were stored under.
    #[must_use]
    pub fn events<E: EventSet>() -> Self {
        Self::types(E::stored_names())
    }

    /// Events with this tag, of every type.
    #[must_use]
    pub fn tag(tag: Tag) -> Self {
        Self {
            items: vec![QueryItem {
                types: Vec::new(),
                tags: vec![tag],
            }],
        }
    }

    /// Asks each alternative for this tag as well.
    #[must_use]
    pub fn tagged(mut self, tag: Tag) -> Self {
        if self.items.is_empty() {
            return Self::tag(tag);
        }
        for item in &mut self.items {
            item.tags.push(tag.clone());
        }
        self
    }

    /// Events that match this query or the other one.
    #[must_use]
    pub fn or(mut self, other: Self) -> Self {
        if self.items.is_empty() || other.items.is_empty() {
            return Self::all();
        }
        self.items.extend(other.items);
        self
    }

    /// The alternatives; none means every event.
    #[must_use]
    pub fn items(&self) -> &[QueryItem] {
        &self.items
    }

    /// Whether an event with this stored name and these tags is in the set.
    #[must_use]
    pub fn matches(&self, name: &str, tags: &[Tag]) -> bool {
        self.has(name, |wanted| tags.contains(wanted))
    }

    /// Whether a stored event is in the set.
    #[must_use]
    pub fn matches_event(&self, event: &EventRef<'_>) -> bool {
        let tags: TagList<'_> = event.tags;
        self.has(event.name, |wanted| tags.contains(wanted))
    }

    fn has(&self, name: &str, tagged: impl Fn(&Tag) -> bool) -> bool {
        self.items.is_empty()
            || self.items.iter().any(|item| {
                (item.types.is_empty() || item.types.iter().any(|wanted| wanted == name))
                    && item.tags.iter().all(&tagged)
            })
    }
}
