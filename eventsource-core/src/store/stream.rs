//! Where an event stands: the stream it belongs to, its version there, and its position in the whole store.

use std::fmt;
use std::fmt::Write as _;
use std::sync::Arc;

use crate::id::Id;

/// The longest name of a stream, in bytes.
pub const STREAM_NAME_LIMIT: usize = 512;

/// The name of one stream: the aggregate's name and its id, as in `account/42`.
///
/// ```
/// use eventsource_core::StreamName;
///
/// let name = StreamName::new("account", &42_u64)?;
/// assert_eq!(name.as_str(), "account/42");
/// assert_eq!(name.category(), "account");
/// assert_eq!(name.id(), "42");
/// # Ok::<(), eventsource_core::InvalidStreamName>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamName(Arc<str>);

impl StreamName {
    /// The stream of the aggregate called `category` whose id is `id`.
    pub fn new(category: &str, id: &impl Id) -> Result<Self, InvalidStreamName> {
        // Room for any number or uuid, so that it does not grow on the way.
        let mut name = String::with_capacity(category.len() + 1 + 39);
        let _ = write!(name, "{category}/{id}");
        Self::parse(&name)
    }

    /// Reads a whole name, `category/id`.
    pub fn parse(name: &str) -> Result<Self, InvalidStreamName> {
        let problem = match name.split_once('/') {
            _ if name.len() > STREAM_NAME_LIMIT => StreamNameProblem::TooLong { bytes: name.len() },
            _ if name.chars().any(char::is_control) => StreamNameProblem::ControlCharacter,
            None => StreamNameProblem::NoSlash,
            Some(("", _)) => StreamNameProblem::NoCategory,
            Some((_, "")) => StreamNameProblem::NoId,
            Some(_) => return Ok(Self(name.into())),
        };
        let shown = name.chars().take(80).collect();
        Err(InvalidStreamName {
            name: shown,
            problem,
        })
    }

    /// The whole name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the first slash: the aggregate's name.
    #[must_use]
    pub fn category(&self) -> &str {
        self.0.split_once('/').map_or("", |(category, _)| category)
    }

    /// The part after the first slash: the aggregate's id as text.
    #[must_use]
    pub fn id(&self) -> &str {
        self.0.split_once('/').map_or("", |(_, id)| id)
    }
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StreamName({:?})", &*self.0)
    }
}

/// A text that cannot name a stream.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` cannot name a stream: {problem}", .name.escape_debug())]
pub struct InvalidStreamName {
    /// The text, cut after 80 characters.
    pub name: String,
    /// What is wrong with it.
    pub problem: StreamNameProblem,
}

/// Why a text cannot name a stream.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StreamNameProblem {
    /// It is longer than [`STREAM_NAME_LIMIT`].
    #[error("it has {bytes} bytes, and {STREAM_NAME_LIMIT} is the most")]
    TooLong {
        /// How long it is.
        bytes: usize,
    },
    /// It contains a NUL, a line break or another control character.
    #[error("it contains a control character")]
    ControlCharacter,
    /// It is not of the form `category/id`.
    #[error("it has no `/` between the aggregate's name and the id")]
    NoSlash,
    /// Nothing stands before the slash.
    #[error("the aggregate's name is empty")]
    NoCategory,
    /// Nothing stands after the slash.
    #[error("the id is empty")]
    NoId,
}

/// How many events a stream has, and so also the number of its last one: versions are dense and start at 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Version(pub u64);

impl Version {
    /// A stream without an event.
    pub const NONE: Self = Self(0);

    /// The version after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl From<u64> for Version {
    fn from(version: u64) -> Self {
        Self(version)
    }
}

impl PartialEq<u64> for Version {
    fn eq(&self, other: &u64) -> bool {
        self.0 == *other
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where an event stands among all events of a store. Positions increase in the order in which appends become
/// visible; [`Position::START`] stands before the first event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Position(pub u64);

impl Position {
    /// Before the first event.
    pub const START: Self = Self(0);
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
