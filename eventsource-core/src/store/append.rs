//! The append request: records, checks and a key, judged together before anything is written.
//!
//! There is one shape for every store. Its type parameter says how far it reaches (one stream, several streams, a
//! boundary across streams), so that asking a store for more than it can promise is a compile error.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::sync::Arc;

use uuid::Uuid;

use crate::environment::time::Timestamp;
use crate::store::error::StoreError;
use crate::store::key::Key;
use crate::store::limits::Rejected;
use crate::store::query::Query;
use crate::store::stored_event::StoredEvent;
use crate::store::stream::{Position, StreamName, Version};
use crate::store::tag::Tag;

/// An event that is not stored yet: its stored name, its encoded payload, and what was known when it was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// The stored name, as in `account.opened`.
    pub name: Cow<'static, str>,
    /// The version of the payload's shape.
    pub schema: u32,
    /// The codec that wrote the payload, as in `json`.
    pub format: Cow<'static, str>,
    /// The encoded event.
    pub payload: Vec<u8>,
    /// The encoded [`Metadata`](crate::Metadata), shared by the events of one command; may be empty.
    pub metadata: Arc<[u8]>,
    /// When it was decided, by the repository's clock.
    pub recorded_at: Timestamp,
    /// What it is about, beside its stream.
    pub tags: Vec<Tag>,
}

impl NewEvent {
    /// What it counts towards [`Limits::append`](crate::Limits): its payload, metadata, names and tags, in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        let tags: usize = self.tags.iter().map(|tag| tag.as_str().len()).sum();
        self.payload.len() + self.metadata.len() + self.name.len() + self.format.len() + tags
    }
}

/// A new event and the stream that it goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The stream.
    pub stream: StreamName,
    /// The event.
    pub event: NewEvent,
}

/// What must hold of a stream for an append to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StreamCheck {
    /// The stream has exactly this version.
    At(StreamName, Version),
    /// The stream has no event.
    New(StreamName),
    /// The stream has at least one event.
    Exists(StreamName),
}

impl StreamCheck {
    /// The stream that it is about.
    #[must_use]
    pub fn stream(&self) -> &StreamName {
        let (Self::At(stream, _) | Self::New(stream) | Self::Exists(stream)) = self;
        stream
    }

    /// Whether it holds for a stream at this version.
    #[must_use]
    pub fn holds(&self, actual: Version) -> bool {
        match self {
            Self::At(_, expected) => actual == *expected,
            Self::New(_) => actual == Version::NONE,
            Self::Exists(_) => actual > Version::NONE,
        }
    }

    /// Whether it says at which version the next event of this stream stands.
    fn says_where(&self, stream: &StreamName) -> bool {
        matches!(self, Self::At(checked, _) | Self::New(checked) if checked == stream)
    }

    /// The version that the one who asked has seen; a conflict's answer brings what came after it.
    #[must_use]
    pub fn seen(&self) -> Version {
        match self {
            Self::At(_, version) => *version,
            Self::New(_) | Self::Exists(_) => Version::NONE,
        }
    }
}

/// What tells whether an append was made whose key is kept nowhere: see [`Append::stamp`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp<'a> {
    /// What a store keeps with the first event.
    pub id: Uuid,
    /// Where the first event stands, if the append was made.
    pub place: StampPlace<'a>,
}

/// Where the first event of an append stands, if it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StampPlace<'a> {
    /// At this version of its stream, which was checked to be at the one before.
    Version(&'a StreamName, Version),
    /// It is the first one that matches a query which nothing matched.
    FirstMatch {
        /// Which of the append's checks says so.
        check: usize,
        /// The query.
        query: &'a Query,
        /// The position after which it is.
        after: Position,
    },
}

/// What must hold for an append to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Check {
    /// Something about one stream.
    Stream(StreamCheck),
    /// No event after this position matches this query. A position beyond the last event is
    /// [`StoreError::BeyondHead`].
    NothingMatches {
        /// Which events would be a conflict.
        query: Query,
        /// The position up to which the decision has seen everything.
        after: Position,
    },
}

/// The reach of an append to one stream: what every store can do.
#[derive(Debug, Clone, Copy)]
pub enum OneStream {}
/// The reach of an append to several streams at once.
#[derive(Debug, Clone, Copy)]
pub enum ManyStreams {}
/// The reach of an append whose checks may ask for types and tags, across all streams.
#[derive(Debug, Clone, Copy)]
pub enum Boundary {}

/// One append: all of its records are written, or none is.
///
/// ```
/// use eventsource_core::{Append, NewEvent, Position, Query, StreamName, Tag, Timestamp, Version};
/// # let event = NewEvent { name: "enrolled".into(), schema: 1, format: "json".into(), payload: b"{}".to_vec(),
/// #     metadata: [].into(), recorded_at: Timestamp::default(), tags: vec![] };
///
/// let stream = StreamName::parse("course/c1")?;
/// let one = Append::to(stream.clone()).at(Version(7)).event(event.clone());
/// let within = Append::within().record(stream, event).nothing_matches(
///     Query::types(["enrolled"]).tagged(Tag::new("course", "c1")),
///     Position(41),
/// );
/// # let _ = (one, within);
/// # Ok::<(), eventsource_core::InvalidStreamName>(())
/// ```
#[derive(Debug, Clone)]
pub struct Append<Reach = OneStream> {
    target: Option<StreamName>,
    records: Vec<Record>,
    checks: Vec<Check>,
    key: Option<Key>,
    incarnation: Option<Uuid>,
    reach: PhantomData<Reach>,
}

impl<Reach> Append<Reach> {
    fn empty(target: Option<StreamName>) -> Self {
        Self {
            target,
            records: Vec::new(),
            checks: Vec::new(),
            key: None,
            incarnation: None,
            reach: PhantomData,
        }
    }

    /// Makes the append idempotent: a second one with an equal key is not made, but answered as the first was.
    #[must_use]
    pub fn key(mut self, key: Key) -> Self {
        self.key = Some(key);
        self
    }

    /// Only if the store is still in this life: what the checks rest on was read in it. A store that was restored or
    /// promoted since answers [`StoreError::OtherIncarnation`].
    #[must_use]
    pub fn incarnation(mut self, incarnation: Uuid) -> Self {
        self.incarnation = Some(incarnation);
        self
    }

    /// The life of the store that it was decided in, if that matters.
    #[must_use]
    pub fn expected_incarnation(&self) -> Option<Uuid> {
        self.incarnation
    }

    /// The records, in the order in which they will be stored.
    #[must_use]
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// The checks.
    #[must_use]
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// The idempotency key, if it has one.
    #[must_use]
    pub fn idempotency_key(&self) -> Option<&Key> {
        self.key.as_ref()
    }

    /// What tells a store that it has made this append already, in place of a table of keys: for a key that [nobody else
    /// has](Key::unique), where a check says where the first event would stand. Stamped with the key's id, that event
    /// answers when the append is sent again, and the check, which does not hold any more, is the occasion to look.
    ///
    /// ```
    /// use eventsource_core::{Append, Key, Position, Query, StampPlace, StreamName, Uuid, Version};
    /// # let event = eventsource_core::NewEvent { name: "enrolled".into(), schema: 1, format: "json".into(),
    /// #     payload: b"{}".to_vec(), metadata: [].into(), recorded_at: Default::default(), tags: vec![] };
    ///
    /// let (stream, own) = (StreamName::parse("course/c1")?, Key::unique(Uuid::from_u128(1)));
    /// let append = Append::to(stream.clone()).event(event.clone()).key(own);
    /// assert!(append.stamp().is_none(), "nobody knows where it would stand");
    ///
    /// let append = append.at(Version(7));
    /// let place = append.stamp().map(|stamp| stamp.place);
    /// assert_eq!(place, Some(StampPlace::Version(&stream, Version(8))));
    ///
    /// let within = Append::within().record(stream.clone(), event).key(own);
    /// let within = within.nothing_matches(Query::types(["enrolled"]), Position(41));
    /// assert!(within.stamp().is_some(), "the first one that matches after 41 is its own, or it was not made");
    ///
    /// let append = append.key(Key::given("course/c1", "request-1", b"{}"));
    /// assert!(append.stamp().is_none(), "somebody else may send the key, with other checks");
    /// # Ok::<(), eventsource_core::InvalidStreamName>(())
    /// ```
    #[must_use]
    pub fn stamp(&self) -> Option<Stamp<'_>> {
        let id = self.key.as_ref().filter(|key| key.is_unique())?.id;
        let first = self.records.first()?;
        let mut place = None;
        for (number, check) in self.checks.iter().enumerate() {
            match check {
                Check::Stream(check) if check.says_where(&first.stream) => {
                    let version = Version(check.seen().0.checked_add(1)?);
                    place = Some(StampPlace::Version(&first.stream, version));
                    break;
                }
                Check::NothingMatches { query, after }
                    if place.is_none() && query.matches(&first.event.name, &first.event.tags) =>
                {
                    place = Some(StampPlace::FirstMatch {
                        check: number,
                        query,
                        after: *after,
                    });
                }
                _ => {}
            }
        }
        place.map(|place| Stamp { id, place })
    }

    /// The idempotency key, if it has one that must be kept: all but those that [a stamp](Self::stamp) stands for.
    #[must_use]
    pub fn kept_key(&self) -> Option<&Key> {
        self.key.as_ref().filter(|_| self.stamp().is_none())
    }

    fn with_reach<Wider>(self) -> Append<Wider> {
        Append {
            target: None,
            records: self.records,
            checks: self.checks,
            key: self.key,
            incarnation: self.incarnation,
            reach: PhantomData,
        }
    }
}

impl Append<OneStream> {
    /// An append to this stream, without a check yet.
    #[must_use]
    pub fn to(stream: StreamName) -> Self {
        Self::empty(Some(stream))
    }

    /// Only if the stream is at this version ([`Version::NONE`]: has no event).
    #[must_use]
    pub fn at(self, version: Version) -> Self {
        self.check(|stream| StreamCheck::At(stream, version))
    }

    /// Only if the stream has no event.
    #[must_use]
    pub fn if_new(self) -> Self {
        self.check(StreamCheck::New)
    }

    /// Only if the stream has an event.
    #[must_use]
    pub fn if_exists(self) -> Self {
        self.check(StreamCheck::Exists)
    }

    /// Adds an event.
    #[must_use]
    pub fn event(mut self, event: NewEvent) -> Self {
        if let Some(stream) = self.target.clone() {
            self.records.push(Record { stream, event });
        }
        self
    }

    fn check(mut self, check: impl FnOnce(StreamName) -> StreamCheck) -> Self {
        self.checks.extend(
            self.target
                .clone()
                .map(|stream| Check::Stream(check(stream))),
        );
        self
    }
}

impl Append<ManyStreams> {
    /// An append to several streams, empty yet.
    #[must_use]
    pub fn across() -> Self {
        Self::empty(None)
    }
}

impl Append<Boundary> {
    /// An append that may be checked against queries, empty yet.
    #[must_use]
    pub fn within() -> Self {
        Self::empty(None)
    }

    /// An append of these records under these checks.
    pub(crate) fn assembled(records: Vec<Record>, checks: Vec<Check>) -> Self {
        Self {
            records,
            checks,
            ..Self::empty(None)
        }
    }

    /// The same with the reach that its checks really have.
    pub(crate) fn narrowed<Reach>(self) -> Append<Reach> {
        self.with_reach()
    }

    /// Only if no event after this position matches this query.
    #[must_use]
    pub fn nothing_matches(mut self, query: Query, after: Position) -> Self {
        self.checks.push(Check::NothingMatches { query, after });
        self
    }
}

/// A reach beyond one stream, where each record and check names its stream.
pub trait AcrossStreams: sealed::Sealed + Sized + Send + Sync + 'static {
    /// The reach of what reaches as far as this and as far as the other.
    type And<Other: AcrossStreams>: AcrossStreams;
}

impl AcrossStreams for ManyStreams {
    type And<Other: AcrossStreams> = Other;
}

impl AcrossStreams for Boundary {
    type And<Other: AcrossStreams> = Self;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::ManyStreams {}
    impl Sealed for super::Boundary {}
}

impl<Reach: AcrossStreams> Append<Reach> {
    /// Adds an event for a stream.
    #[must_use]
    pub fn record(mut self, stream: StreamName, event: NewEvent) -> Self {
        self.records.push(Record { stream, event });
        self
    }

    /// Adds a check of a stream.
    #[must_use]
    pub fn if_stream(mut self, check: StreamCheck) -> Self {
        self.checks.push(Check::Stream(check));
        self
    }
}

impl From<Append<OneStream>> for Append<ManyStreams> {
    fn from(append: Append<OneStream>) -> Self {
        append.with_reach()
    }
}

impl From<Append<OneStream>> for Append<Boundary> {
    fn from(append: Append<OneStream>) -> Self {
        append.with_reach()
    }
}

impl From<Append<ManyStreams>> for Append<Boundary> {
    fn from(append: Append<ManyStreams>) -> Self {
        append.with_reach()
    }
}

/// Where one record of an append was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Its position in the store.
    pub position: Position,
    /// Its version in its stream.
    pub version: Version,
}

/// The answer to an append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// Where each record was stored, in the order of the records.
    pub placed: Vec<Placed>,
    /// Whether it was stored earlier, under the same key, and not now. A store that has sent an append again by itself, since the
    /// answer was lost, may not be able to tell its own first try from somebody else's, and then says so too. Under a key that
    /// [nobody else has](Key::unique) it may be either: the request was the caller's own.
    pub repeated: bool,
}

/// What an earlier append under a key has stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The digest that came with it.
    pub digest: Uuid,
    /// Where each of its records is.
    pub placed: Vec<Placed>,
}

/// Why an append was not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// A check does not hold. Nothing was written; the answer says what is there now.
    #[error("{0}")]
    Conflict(Box<Conflict>),
    /// The key was used before, for something else. Nothing was written.
    #[error("the idempotency key was used before for a different request")]
    KeyReused,
    /// The store's queue is full. Nothing was written; try again later.
    #[error("the store is overloaded: {waiting} requests are waiting already")]
    Overloaded {
        /// How many requests were waiting.
        waiting: usize,
    },
    /// The request breaks a limit. Nothing was written.
    #[error(transparent)]
    Rejected(#[from] Rejected),
    /// A projection that is run inline does not take one of its events. Nothing was written.
    #[error("the projection `{projection}` does not take it: {source}")]
    Projection {
        /// The projection's name.
        projection: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Nobody can say whether it was written. Sending the identical request again, with its key, is safe and tells.
    #[error("the outcome of the append is unknown: {reason}")]
    Unknown {
        /// What happened to the answer.
        reason: String,
    },
    /// The store failed. Nothing was written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The check that failed, and what is there instead.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Conflict {
    /// A stream is not at the version that was expected.
    #[error("the stream `{}` is at version {actual}", .check.stream())]
    Stream {
        /// The check that failed.
        check: StreamCheck,
        /// The stream's version now.
        actual: Version,
        /// What came after the version that the check had seen: all of it, or nothing where it would be more than
        /// [`MISSED_LIMIT`] events or [`MISSED_BYTES`].
        missed: Vec<StoredEvent>,
    },
    /// An event matches the query of a boundary check.
    #[error("an event that the decision has not seen stands at position {position}")]
    Boundary {
        /// The query that something matches.
        query: Query,
        /// The position of one such event.
        position: Position,
    },
}

/// The most events that a conflict's answer brings along.
pub const MISSED_LIMIT: usize = 64;

/// The most bytes of payloads and metadata that a conflict's answer brings along.
pub const MISSED_BYTES: usize = 256 << 10;
