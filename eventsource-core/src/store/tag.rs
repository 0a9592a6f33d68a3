//! Tags: what an event is about, beside its stream, so that a query can find it.

use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

use crate::store::stream::{InvalidStreamName, StreamName};

/// The longest tag, in bytes, name and value together.
pub const TAG_LIMIT: usize = 512;

/// One tag of an event, `name:value`, as in `course:c1`.
///
/// ```
/// use eventsource_core::Tag;
///
/// assert_eq!(Tag::new("course", "c1").as_str(), "course:c1");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag(Arc<str>);

impl Tag {
    /// The tag `name:value`.
    pub fn new(name: &str, value: impl fmt::Display) -> Self {
        Self(format!("{name}:{value}").into())
    }

    /// Takes a tag as a store keeps it.
    #[must_use]
    pub fn from_stored(text: &str) -> Self {
        Self(text.into())
    }

    /// The whole tag.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The tags of a stored event, borrowed from the store: looked at only by those who want them.
///
/// A store keeps them as one text with a line for each tag, which is safe since no tag has a control character.
///
/// ```
/// use eventsource_core::{Tag, TagList};
///
/// let stored = TagList::store(&[Tag::new("course", "c1"), Tag::new("student", "s1")]);
/// let tags = TagList::from_stored(&stored);
/// assert!(tags.contains(&Tag::new("student", "s1")));
/// assert_eq!(tags.iter().collect::<Vec<_>>(), ["course:c1", "student:s1"]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TagList<'a>(&'a str);

impl<'a> TagList<'a> {
    /// The text under which a store keeps these tags, each once.
    #[must_use]
    pub fn store(tags: &[Tag]) -> String {
        let mut text = String::new();
        for (index, tag) in tags.iter().enumerate() {
            if tags[..index].contains(tag) {
                continue;
            }
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(tag.as_str());
        }
        text
    }

    /// Takes the text that a store has kept.
    #[must_use]
    pub const fn from_stored(text: &'a str) -> Self {
        Self(text)
    }

    /// The text as a store keeps it.
    #[must_use]
    pub const fn as_stored(self) -> &'a str {
        self.0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// The tags, one after the other.
    pub fn iter(self) -> impl Iterator<Item = &'a str> {
        self.0.lines()
    }

    /// Whether this tag is among them.
    #[must_use]
    pub fn contains(self, tag: &Tag) -> bool {
        self.iter().any(|own| own == tag.as_str())
    }

    /// Copies of the tags.
    #[must_use]
    pub fn to_tags(self) -> Vec<Tag> {
        self.iter().map(Tag::from_stored).collect()
    }
}

/// A type whose value can stand in a tag. Ids have it, `Option` too: `None` makes no tag.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the value of a tag",
    label = "this field's type is no `TagValue`",
    note = "tags are text, integers, `Uuid`s, types with `#[derive(Id)]`, and `Option`s of these"
)]
pub trait TagValue {
    /// The value as text, or `None` where the event has no such tag.
    fn tag_value(&self) -> Option<String>;
}

macro_rules! displayed_tag_values {
    ($($type:ty),*) => {$(
        impl TagValue for $type {
            fn tag_value(&self) -> Option<String> {
                Some(self.to_string())
            }
        }
    )*};
}

displayed_tag_values!(
    String, str, Uuid, u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, bool, char
);

impl<T: TagValue> TagValue for Option<T> {
    fn tag_value(&self) -> Option<String> {
        self.as_ref().and_then(T::tag_value)
    }
}

impl<T: TagValue + ?Sized> TagValue for &T {
    fn tag_value(&self) -> Option<String> {
        T::tag_value(self)
    }
}

/// The stream of an event that names none: after the first of its tags, or else after its stored name. No aggregate's
/// name begins with the sign in front.
pub(crate) fn stream(event: &str, tags: &[Tag]) -> Result<StreamName, InvalidStreamName> {
    let name = match tags.first().and_then(|tag| tag.as_str().split_once(':')) {
        Some((name, value)) => format!("@{name}/{value}"),
        None => format!("@{event}/all"),
    };
    StreamName::parse(&name)
}

/// The tags of one event, as its `#[tag]` fields give them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tags(Vec<Tag>);

impl Tags {
    /// Adds `name:value`, unless there is no value or the tag is there already.
    pub fn add(&mut self, name: &str, value: Option<String>) {
        if let Some(value) = value {
            let tag = Tag::new(name, value);
            if !self.0.contains(&tag) {
                self.0.push(tag);
            }
        }
    }

    /// The tags, in the order of the fields.
    #[must_use]
    pub fn into_vec(self) -> Vec<Tag> {
        self.0
    }
}
