//! Loading: a state from its events, as they are read, and what can be wrong with them.

use std::any::Any;
use std::marker::PhantomData;
use std::ops::{ControlFlow, Deref};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::aggregate::{Aggregate, Misapplied, Root};
use crate::codec::{Codec, DecodeError};
use crate::environment::time::Timestamp;
use crate::event::{EventMeta, Recorded};
use crate::message::MessageSet as _;
use crate::metadata::Metadata;
use crate::snapshot::Trail;
use crate::store::Visit;
use crate::store::error::StoreError;
use crate::store::stored_event::EventRef;
use crate::store::stream::{InvalidStreamName, Position, StreamName, Version};
use crate::versions::decode;

/// A state and the version that it has. It dereferences to the state.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded<A> {
    state: A,
    version: Version,
}

impl<A> Loaded<A> {
    /// How many events made the state.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// The state.
    #[must_use]
    pub fn state(&self) -> &A {
        &self.state
    }

    /// The state, by value.
    #[must_use]
    pub fn into_state(self) -> A {
        self.state
    }
}

impl<A> Deref for Loaded<A> {
    type Target = A;

    fn deref(&self) -> &A {
        &self.state
    }
}

/// The moment whose state is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AsOf {
    /// After everything that was recorded.
    #[default]
    Now,
    /// After this version.
    Version(Version),
    /// Before the first event that was recorded later than this.
    Time(Timestamp),
}

impl AsOf {
    pub(crate) fn version(self) -> Option<Version> {
        match self {
            Self::Version(version) => Some(version),
            Self::Now | Self::Time(_) => None,
        }
    }

    /// Whether a state of this version, whose latest event is of that time, is not later.
    pub(crate) fn admits(self, version: Version, latest: Timestamp) -> bool {
        match self {
            Self::Now => true,
            Self::Version(asked) => version <= asked,
            Self::Time(time) => latest <= time,
        }
    }
}

/// Whether a state may lack the latest events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lag {
    None,
    Allowed,
}

/// Why a state or a history could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// It has no event.
    #[error("{aggregate} `{}` does not exist", .id.escape_debug())]
    NotFound {
        /// The aggregate's name.
        aggregate: &'static str,
        /// Its id.
        id: String,
    },
    /// A version was asked for that it has not reached.
    #[error("{aggregate} `{}` has reached version {actual}, and {asked} was asked for", .id.escape_debug())]
    VersionNotReached {
        /// The aggregate's name.
        aggregate: &'static str,
        /// Its id.
        id: String,
        /// What was asked for.
        asked: Version,
        /// Where it is.
        actual: Version,
    },
    /// Its id cannot be part of a stream's name.
    #[error(transparent)]
    InvalidId(#[from] InvalidStreamName),
    /// One of its events cannot be read or cannot have happened.
    #[error(transparent)]
    Corrupt(#[from] Box<Corrupt>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl LoadError {
    pub(crate) fn not_found<A: Aggregate>(id: &A::Id) -> Self {
        Self::NotFound {
            aggregate: A::NAME,
            id: id.to_string(),
        }
    }
}

/// A stored event that an aggregate cannot have: which one, where it stands, and what is wrong with it. Commands on
/// the aggregate are refused until it is mended; nothing else is touched.
#[derive(Debug, thiserror::Error)]
#[error("{stream} is corrupt: event {version} (`{}`, position {position}): {cause}", .event.escape_debug())]
pub struct Corrupt {
    /// The aggregate's stream.
    pub stream: String,
    /// The event's version in it.
    pub version: Version,
    /// The event's position in the store.
    pub position: Position,
    /// The event's stored name.
    pub event: String,
    /// What is wrong.
    pub cause: CorruptCause,
}

/// What is wrong with a stored event.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CorruptCause {
    /// It cannot be read.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// Its metadata cannot be read.
    #[error("its metadata does not decode: {0}")]
    Metadata(serde_json::Error),
    /// It cannot follow the events before it.
    #[error(transparent)]
    Misapplied(#[from] Misapplied),
    /// The aggregate's `#[apply]` method panicked on it.
    #[error("applying it panicked: {0}")]
    Panicked(String),
    /// The state after it breaks the aggregate's invariant.
    #[error("the state after it is invalid: {0}")]
    Invariant(String),
    /// The versions of the stream are not dense.
    #[error("version {expected} was expected here")]
    Gap {
        /// The version that should be there.
        expected: Version,
    },
}

#[expect(
    clippy::unnecessary_box_returns,
    reason = "an error this large is boxed everywhere"
)]
pub(crate) fn corrupt(event: &EventRef<'_>, cause: impl Into<CorruptCause>) -> Box<Corrupt> {
    Box::new(Corrupt {
        stream: event.stream.to_string(),
        version: event.version,
        position: event.position,
        event: event.name.into(),
        cause: cause.into(),
    })
}

/// The message of a panic.
pub(crate) fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("it gave no message").to_owned()
}

/// The stream of an aggregate.
pub(crate) fn stream_of<A: Aggregate>(id: &A::Id) -> Result<StreamName, LoadError> {
    Ok(StreamName::new(A::NAME, id)?)
}

/// Folds the events of a stream into a state while a store reads them.
pub(crate) struct Fold<A, C> {
    pub(crate) root: Root<A>,
    pub(crate) trail: Trail,
    codec: C,
    as_of: AsOf,
    problem: Option<Box<Corrupt>>,
}

impl<A: Aggregate, C: Codec> Fold<A, C> {
    pub(crate) fn new(codec: C, as_of: AsOf) -> Self {
        Self::on(Root::new(), Trail::default(), codec, as_of)
    }

    /// On what was made of earlier events.
    pub(crate) fn on(root: Root<A>, trail: Trail, codec: C, as_of: AsOf) -> Self {
        Self {
            root,
            trail,
            codec,
            as_of,
            problem: None,
        }
    }

    /// The fold, unless an event stopped it.
    pub(crate) fn checked(mut self) -> Result<Self, LoadError> {
        self.problem
            .take()
            .map_or(Ok(self), |problem| Err(problem.into()))
    }

    pub(crate) fn into_loaded(self) -> Option<Loaded<A>> {
        let version = self.root.version();
        let state = self.root.into_state().filter(|_| version > Version::NONE)?;
        Some(Loaded { state, version })
    }

    /// A copy of the state, if there is an event.
    pub(crate) fn loaded(&self, copy: impl FnOnce(&A) -> A) -> Option<Loaded<A>> {
        let version = self.root.version();
        let state = self.root.state().filter(|_| version > Version::NONE)?;
        let state = copy(state);
        Some(Loaded { state, version })
    }

    /// Decodes and applies the next event.
    pub(crate) fn apply(&mut self, event: &EventRef<'_>) -> Result<(), Box<Corrupt>> {
        let expected = self.root.version().next();
        if event.version != expected {
            return Err(corrupt(event, CorruptCause::Gap { expected }));
        }
        let (root, trail) = (&mut self.root, &mut self.trail);
        let applied = decode::each(&self.codec, event, |decoded: A::Event, part| {
            let meta = EventMeta::of(event, part);
            trail.mark(|| decoded.name());
            // A panic here would come back at every load, on a thread of the store at that.
            match catch_unwind(AssertUnwindSafe(|| root.apply_part(&decoded, &meta))) {
                Ok(applied) => applied.map_err(CorruptCause::Misapplied),
                Err(panic) => Err(CorruptCause::Panicked(said(&*panic))),
            }
        });
        applied.map_err(|cause| corrupt(event, cause))?;
        self.root.pass();
        self.trail.note(event.position, event.recorded_at);
        // After all parts of an event that was split: between them the state is one that never was.
        check(&self.root).map_err(|broken| corrupt(event, CorruptCause::Invariant(broken)))
    }
}

impl<A: Aggregate, C: Codec> Visit for Fold<A, C> {
    fn visit(&mut self, event: EventRef<'_>) -> ControlFlow<()> {
        if matches!(self.as_of, AsOf::Time(time) if event.recorded_at > time) {
            return ControlFlow::Break(());
        }
        match self.apply(&event) {
            Ok(()) => ControlFlow::Continue(()),
            Err(problem) => {
                self.problem = Some(problem);
                ControlFlow::Break(())
            }
        }
    }
}

/// Checks the invariant of an aggregate that has one.
pub(crate) fn check<A: Aggregate>(root: &Root<A>) -> Result<(), String> {
    if !A::HAS_INVARIANT {
        return Ok(());
    }
    root.state().map_or(Ok(()), A::check_invariant)
}

/// Collects the decoded events of a stream.
pub(crate) struct Typed<A: Aggregate, C> {
    events: Vec<Recorded<A::Event>>,
    codec: C,
    problem: Option<Box<Corrupt>>,
    aggregate: PhantomData<fn() -> A>,
}

impl<A: Aggregate, C: Codec> Typed<A, C> {
    pub(crate) fn new(codec: C) -> Self {
        Self {
            events: Vec::new(),
            codec,
            problem: None,
            aggregate: PhantomData,
        }
    }

    pub(crate) fn into_events(self) -> Result<Vec<Recorded<A::Event>>, LoadError> {
        self.problem
            .map_or(Ok(self.events), |problem| Err(problem.into()))
    }

    fn decode(&mut self, event: &EventRef<'_>) -> Result<(), CorruptCause> {
        let metadata = Metadata::from_stored(event.metadata).map_err(CorruptCause::Metadata)?;
        decode::each(&self.codec, event, |decoded, part| {
            self.events.push(Recorded {
                position: event.position,
                stream: event.stream.clone(),
                version: event.version,
                part,
                recorded_at: event.recorded_at,
                metadata: metadata.clone(),
                event: decoded,
            });
            Ok(())
        })
    }
}

impl<A: Aggregate, C: Codec> Visit for Typed<A, C> {
    fn visit(&mut self, event: EventRef<'_>) -> ControlFlow<()> {
        match self.decode(&event) {
            Ok(()) => ControlFlow::Continue(()),
            Err(cause) => {
                self.problem = Some(corrupt(&event, cause));
                ControlFlow::Break(())
            }
        }
    }
}
