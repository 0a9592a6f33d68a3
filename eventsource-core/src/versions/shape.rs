//! What can become an event: the table of its earlier names, versions and types, from which decoding, queries, the
//! registry and the checks of the compiler are made. No registry is asked, so that nothing can be missing from it.

use serde_json::Value;

use crate::event::Event;
use crate::message::Place;
use crate::private;

/// One type of event, as it is or was stored, and what can become it.
///
/// `#[event]` writes it, as [`Event::SHAPE`]. The shapes of earlier versions stand in [`before`](Self::before), so that
/// the shape of an event that is written today is the root of a tree.
///
/// ```
/// use eventsource_core::prelude::*;
///
/// #[event(version = 1, of = Opened)]
/// pub struct OpenedV1 {
///     pub name: String,
/// }
///
/// #[event(name = "account.opened", version = 2, from = OpenedV1, alias = "opened")]
/// pub struct Opened {
///     pub owner: String,
/// }
///
/// impl From<OpenedV1> for Opened {
///     fn from(old: OpenedV1) -> Self {
///         Self { owner: old.name }
///     }
/// }
///
/// let shape = Opened::SHAPE;
/// assert_eq!((shape.name, shape.version, shape.before[0].version), ("account.opened", 2, 1));
/// assert_eq!(shape.stored_names(), ["account.opened", "opened"]);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// The stored name.
    pub name: &'static str,
    /// The version of the payload's shape.
    pub version: u32,
    /// The Rust type.
    pub type_name: fn() -> &'static str,
    /// Where that type was defined.
    pub place: Place,
    /// What its source says of it: see [`Declaration`](crate::Declaration).
    pub source: &'static str,
    /// The names of the tags that it may have.
    pub tags: &'static [&'static str],
    /// Other names under which this version, and those before it under the same name, were stored.
    pub aliases: &'static [&'static str],
    /// The oldest version that is read; those before it were never stored, or are stored no more.
    pub since: u32,
    /// The types that become it, through `From`.
    pub before: &'static [&'static Self],
    /// The versions that become it as JSON, in their order, without a type of their own.
    pub upcasts: &'static [JsonUpcast],
    /// What it became: the one event after it in a chain, or the several that it was split into. None, if it is written
    /// today.
    pub into: &'static [Successor],
}

/// How a JSON payload of one version becomes one of the next.
#[derive(Debug, Clone, Copy)]
pub struct JsonUpcast {
    /// The version that it takes.
    pub version: u32,
    /// Makes the payload of the version after it.
    pub upcast: fn(Value) -> Result<Value, String>,
}

/// An event that an earlier one became, or became a part of.
#[derive(Debug, Clone, Copy)]
pub struct Successor {
    /// Its stored name.
    pub name: &'static str,
    /// Its version.
    pub version: u32,
    /// Its Rust name, as the earlier one spells it.
    pub label: &'static str,
    /// How many of today's events it is.
    pub parts: u16,
}

/// A stored name and version that are not today's, as the shape that had them says them: an alias is resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Former {
    /// The stored name.
    pub name: &'static str,
    /// The stored version.
    pub version: u32,
}

/// What is found in a shape's tree for a stored name and version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) former: Former,
    /// Which part of the stored event the tree's root is; 0, if it was not split.
    pub(crate) part: u16,
}

impl Shape {
    /// The shape of an event that nothing else becomes.
    #[must_use]
    pub const fn of<E: Event>() -> Self {
        Self {
            name: E::NAME,
            version: E::VERSION,
            type_name: std::any::type_name::<E>,
            place: E::SOURCE.place,
            source: E::SOURCE.text,
            tags: E::TAGS,
            aliases: &[],
            since: 1,
            before: &[],
            upcasts: &[],
            into: &[],
        }
    }

    /// The shape of nothing.
    pub(crate) const NOTHING: Self = Self {
        name: "",
        version: 0,
        type_name: || "",
        place: Place::UNKNOWN,
        source: "",
        tags: &[],
        aliases: &[],
        since: 1,
        before: &[],
        upcasts: &[],
        into: &[],
    };

    /// Every name under which the event, or something that becomes it, is stored.
    #[must_use]
    pub fn stored_names(&self) -> Vec<&'static str> {
        let mut names = Vec::new();
        self.each(&mut |shape| {
            for name in std::iter::once(&shape.name).chain(shape.aliases) {
                if !names.contains(name) {
                    names.push(*name);
                }
            }
        });
        names
    }

    /// Shows this shape and all that become it.
    pub fn each(&self, look: &mut dyn FnMut(&Self)) {
        look(self);
        self.before.iter().for_each(|before| before.each(look));
    }

    /// The oldest version that became this one step by step, each under the same name and with nothing beside it.
    pub(crate) const fn oldest_in_line(&self) -> u32 {
        let mut shape = self;
        while let [before] = shape.before
            && before.version + 1 == shape.version
            && before.into.len() < 2
            && private::same(before.name, self.name)
        {
            shape = before;
        }
        shape.version
    }

    /// What becomes the event when it is stored under this name and version.
    pub(crate) fn find(&self, name: &str, version: u32) -> Option<Found> {
        self.find_as(name, version, 0, false)
    }

    /// `alias`: the name is one that a later version of the same event had.
    fn find_as(&self, name: &str, version: u32, part: u16, alias: bool) -> Option<Found> {
        let named = alias || name == self.name || self.aliases.contains(&name);
        if named && self.has(version) {
            let former = Former {
                name: self.name,
                version,
            };
            return Some(Found { former, part });
        }
        self.before.iter().find_map(|before| {
            let part = before.part_of(self) + part;
            before.find_as(name, version, part, named && same(before.name, self.name))
        })
    }

    /// Whether this shape itself is that of a version, or takes it as JSON.
    fn has(&self, version: u32) -> bool {
        self.version == version || self.upcasts.iter().any(|step| step.version == version)
    }

    /// Whether a version, by its own name, is this shape or becomes it.
    pub(crate) fn holds(&self, former: Former) -> bool {
        (self.has(former.version) && same(self.name, former.name))
            || self.before.iter().any(|before| before.holds(former))
    }

    /// The number of the first part that a successor is.
    fn part_of(&self, successor: &Self) -> u16 {
        if self.into.len() < 2 {
            return 0;
        }
        let other = |next: &&Successor| next.name != successor.name;
        self.into
            .iter()
            .take_while(other)
            .map(|next| next.parts)
            .sum()
    }

    /// The newest shape that was stored under this name.
    pub(crate) fn newest(&self, name: &str) -> Option<&Self> {
        if name == self.name || self.aliases.contains(&name) {
            return Some(self);
        }
        let before = self.before.iter().filter_map(|before| before.newest(name));
        before.max_by_key(|shape| shape.version)
    }
}

/// Whether two names are the same: mostly they are one constant.
#[inline]
pub(crate) fn same(left: &str, right: &str) -> bool {
    std::ptr::eq(left, right) || left == right
}
