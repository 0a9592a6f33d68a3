//! The append request: records, checks and a key, judged together before anything is written.
//!
//! There is one shape for every store. Its type parameter says how far it reaches (one stream, several streams, a
//! boundary across streams), so that asking a store for more than it can promise is a compile error.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::sync::Arc;

use uuid::Uuid;

use crate::query::Query;
use crate::store::{StoreError, StoredEvent};
use crate::stream::{Position, StreamName, Version};
use crate::tag::{TAG_LIMIT, Tag};
use crate::time::Timestamp;

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

    /// The version that the one who asked has seen; a conflict's answer brings what came after it.
    #[must_use]
    pub fn seen(&self) -> Version {
        match self {
            Self::At(_, version) => *version,
            Self::New(_) | Self::Exists(_) => Version::NONE,
        }
    }
}

/// What must hold for an append to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Check {
    /// Something about one stream.
    Stream(StreamCheck),
    /// No event after this position matches this query.
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
    reach: PhantomData<Reach>,
}

impl<Reach> Append<Reach> {
    fn empty(target: Option<StreamName>) -> Self {
        Self {
            target,
            records: Vec::new(),
            checks: Vec::new(),
            key: None,
            reach: PhantomData,
        }
    }

    /// Makes the append idempotent: a second one with an equal key is not made, but answered as the first was.
    #[must_use]
    pub fn key(mut self, key: Key) -> Self {
        self.key = Some(key);
        self
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

    fn with_reach<Wider>(self) -> Append<Wider> {
        Append {
            target: None,
            records: self.records,
            checks: self.checks,
            key: self.key,
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

    /// Only if no event after this position matches this query.
    #[must_use]
    pub fn nothing_matches(mut self, query: Query, after: Position) -> Self {
        self.checks.push(Check::NothingMatches { query, after });
        self
    }
}

/// A reach beyond one stream, where each record and check names its stream.
pub trait AcrossStreams: sealed::Sealed {}
impl AcrossStreams for ManyStreams {}
impl AcrossStreams for Boundary {}

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

/// An idempotency key as a store keeps it: sixteen bytes, and a digest of what was asked under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    /// The key, scoped to its target.
    pub id: Uuid,
    /// What was asked: the same key with another digest is [`AppendError::KeyReused`].
    pub digest: Uuid,
}

/// The namespace under which keys and digests are hashed; changing it would forget every key ever stored.
const KEYS: Uuid = Uuid::from_u128(0x6d0f_3a52_8f0b_4a5e_9f6c_1c52_b7e4_90d3);

impl Key {
    /// The key that a caller gave for a target, with the bytes that say what is asked (a command's name and JSON).
    ///
    /// Both are hashed as UUIDs of version 5 (RFC 9562): SHA-1, cut to 122 bits.
    #[must_use]
    pub fn given(target: &str, key: &str, asked: &[u8]) -> Self {
        let scope = Uuid::new_v5(&KEYS, target.as_bytes());
        Self {
            id: Uuid::new_v5(&scope, key.as_bytes()),
            digest: Uuid::new_v5(&KEYS, asked),
        }
    }

    /// A key that nobody else has, which makes resending one request safe.
    #[must_use]
    pub fn unique(id: Uuid) -> Self {
        Self {
            id,
            digest: Uuid::nil(),
        }
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
    /// Whether it was stored earlier, under the same key, and not now.
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
        /// [`MISSED_LIMIT`] events.
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

/// What a store accepts in one append; judged in the client, before anything is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one payload; 1 MiB by default.
    pub payload: usize,
    /// Bytes of the metadata of one event; 64 KiB by default.
    pub metadata: usize,
    /// Bytes of all payloads and metadata together; 4 MiB by default.
    pub append: usize,
    /// Records in one append; 10,000 by default.
    pub records: usize,
    /// Tags on one event; 64 by default.
    pub tags: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            payload: 1 << 20,
            metadata: 64 << 10,
            append: 4 << 20,
            records: 10_000,
            tags: 64,
        }
    }
}

/// The longest stored name of an event and of a format, in bytes.
pub const EVENT_NAME_LIMIT: usize = 256;

/// An append that breaks a limit: which event, and which limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("event {index} of the append (`{}`) is refused: {problem}", .name.escape_debug())]
pub struct Rejected {
    /// The event's place in the append, from 0.
    pub index: usize,
    /// Its stored name.
    pub name: String,
    /// What is wrong.
    pub problem: RejectedProblem,
}

/// Which limit an append breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RejectedProblem {
    /// Something is larger than the store takes.
    #[error("its {what} has {bytes} bytes, and {limit} is the most")]
    TooLarge {
        /// Payload, metadata, tag, name …
        what: &'static str,
        /// How large it is.
        bytes: usize,
        /// How large it may be.
        limit: usize,
    },
    /// There are more than the store takes.
    #[error("there are {count} {what}, and {limit} is the most")]
    TooMany {
        /// Records or tags.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
    /// A text is empty or contains a NUL or another control character.
    #[error("its {what} is empty or contains a control character")]
    BadText {
        /// Name, format or tag.
        what: &'static str,
    },
}

impl Limits {
    /// Judges an append.
    pub fn check<Reach>(&self, append: &Append<Reach>) -> Result<(), Rejected> {
        let mut total = 0;
        for (index, record) in append.records.iter().enumerate() {
            total += record.event.payload.len() + record.event.metadata.len();
            let problem = if index >= self.records {
                Some(RejectedProblem::TooMany {
                    what: "records",
                    count: append.records.len(),
                    limit: self.records,
                })
            } else {
                self.problem(&record.event)
                    .or_else(|| too_large("append", total, self.append))
            };
            if let Some(problem) = problem {
                let name = record.event.name.chars().take(80).collect();
                return Err(Rejected {
                    index,
                    name,
                    problem,
                });
            }
        }
        Ok(())
    }

    fn problem(&self, event: &NewEvent) -> Option<RejectedProblem> {
        bad_text("name", &event.name, EVENT_NAME_LIMIT)
            .or_else(|| bad_text("format", &event.format, EVENT_NAME_LIMIT))
            .or_else(|| too_large("payload", event.payload.len(), self.payload))
            .or_else(|| too_large("metadata", event.metadata.len(), self.metadata))
            .or_else(|| {
                (event.tags.len() > self.tags).then_some(RejectedProblem::TooMany {
                    what: "tags",
                    count: event.tags.len(),
                    limit: self.tags,
                })
            })
            .or_else(|| {
                event
                    .tags
                    .iter()
                    .find_map(|tag| bad_text("tag", tag.as_str(), TAG_LIMIT))
            })
    }
}

fn too_large(what: &'static str, bytes: usize, limit: usize) -> Option<RejectedProblem> {
    (bytes > limit).then_some(RejectedProblem::TooLarge { what, bytes, limit })
}

fn bad_text(what: &'static str, text: &str, limit: usize) -> Option<RejectedProblem> {
    let bad = text.is_empty() || text.chars().any(char::is_control);
    bad.then_some(RejectedProblem::BadText { what })
        .or_else(|| too_large(what, text.len(), limit))
}
