//! Aggregates in a decision over several things: each decides with its own handlers, and records on its own stream.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use crate::aggregate::{Aggregate, Root};
use crate::codec::{Codec, Json};
use crate::command::{CommandOf, Context};
use crate::decide::attempt::Attempt;
use crate::decide::error::{Unsound, UnsoundProblem};
use crate::decide::part::{Part, Recalling, Source};
use crate::decision::{Events, Rejection};
use crate::environment::Environment;
use crate::event::EventMeta;
use crate::message::MessageSet;
use crate::repository::load::{AsOf, Corrupt, Fold, LoadError, check, stream_of};
use crate::snapshot::Trail;
use crate::snapshot::keep::Keep;
use crate::store::StoreIdentity;
use crate::store::stored_event::EventRef;
use crate::store::stream::{Position, StreamName, Version};

/// An aggregate that is to take part in a decision: [`Repository::at`](crate::Repository::at) makes it.
pub struct At<A: Aggregate, C = Json> {
    id: A::Id,
    codec: C,
    pub(crate) environment: Environment,
    snapshots: Option<Arc<dyn Keep<A>>>,
}

impl<A: Aggregate, C: Codec> At<A, C> {
    pub(crate) fn new(
        id: A::Id,
        codec: C,
        environment: Environment,
        snapshots: Option<Arc<dyn Keep<A>>>,
    ) -> Self {
        Self {
            id,
            codec,
            environment,
            snapshots,
        }
    }

    pub(crate) fn open(self) -> Result<Member<A, C>, LoadError> {
        Ok(Member {
            stream: stream_of::<A>(&self.id)?,
            id: self.id,
            fold: Fold::new(self.codec.clone(), AsOf::Now),
            codec: self.codec,
            snapshots: self.snapshots,
            loaded: Version::NONE,
            attempt: None,
        })
    }
}

impl<A: Aggregate, C> fmt::Debug for At<A, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("At");
        debug.field("aggregate", &A::NAME).field("id", &self.id);
        debug.finish_non_exhaustive()
    }
}

/// An aggregate in the closure of a decision: it executes commands with its own handlers, and its events are applied as
/// they are decided, so that the next command sees them. They are stored together with all else that the decision
/// records, on the aggregate's own stream, if it is still at the version at which it was read.
pub struct Member<A: Aggregate, C = Json> {
    id: A::Id,
    stream: StreamName,
    codec: C,
    snapshots: Option<Arc<dyn Keep<A>>>,
    fold: Fold<A, C>,
    /// How many events were read from the store; the state may have more, which were decided.
    loaded: Version,
    attempt: Option<Arc<Attempt>>,
}

impl<A: Aggregate, C: Codec> Member<A, C> {
    /// Its id.
    pub fn id(&self) -> &A::Id {
        &self.id
    }

    /// Its state, after what it has decided so far; `None` before the event that creates it.
    pub fn state(&self) -> Option<&A> {
        self.fold.root.state()
    }

    /// Its version, after what it has decided so far; 0 if it has no event.
    pub fn version(&self) -> Version {
        self.fold.root.version()
    }

    /// Has the aggregate decide about a command. Nothing is stored yet.
    pub fn execute(&mut self, command: impl CommandOf<A>) -> Result<(), Declined<A::Error>> {
        // A closure gets a member only within an attempt.
        let Some(attempt) = self.attempt.clone() else {
            return Ok(());
        };
        let (now, ids) = (attempt.now, &*attempt.ids);
        let context = Context::new(&self.id, self.version(), now, ids, &attempt.metadata);
        let mut events = Events::new();
        let decided = self.fold.root.decide(command, &context, &mut events);
        decided.map_err(|rejection| Declined::of::<A>(rejection, &self.id))?;
        for event in events.as_slice() {
            self.apply(event, &attempt).map_err(|unsound| {
                // The state is not one that can be decided on any more, whatever the closure makes of the answer.
                attempt.unsound(unsound.clone());
                Declined::Unsound(unsound)
            })?;
            attempt.record(&self.codec, &self.stream, event);
        }
        Ok(())
    }

    /// Whether it has seen nothing yet.
    fn is_fresh(&self) -> bool {
        self.version() == Version::NONE
    }

    fn apply(&mut self, event: &A::Event, attempt: &Attempt) -> Result<(), Unsound> {
        let root: &mut Root<A> = &mut self.fold.root;
        let meta = EventMeta {
            version: root.version().next(),
            part: 0,
            recorded_at: attempt.now,
            metadata: &attempt.stored,
        };
        let applied = root.apply(event, &meta).map_err(UnsoundProblem::Misapplied);
        let sound = applied.and_then(|()| check(root).map_err(UnsoundProblem::Invariant));
        sound.map_err(|problem| Unsound {
            aggregate: A::NAME,
            id: self.id.to_string(),
            event: event.name(),
            problem,
        })
    }
}

impl<A: Aggregate, C: Codec> Part for Member<A, C> {
    fn source(&self) -> Source<'_> {
        Source::Stream(&self.stream, self.loaded)
    }

    fn identity(&self) -> String {
        self.stream.to_string()
    }

    fn recall(&mut self, store: StoreIdentity, until: Position) -> Recalling<'_> {
        Box::pin(async move {
            let Some(snapshots) = self.snapshots.as_deref().filter(|_| self.is_fresh()) else {
                return false;
            };
            let (root, trail) = match snapshots.recall(&self.stream, store).await {
                // It must show the moment that all the others show.
                Some((root, trail)) if trail.position <= until => (root, trail),
                _ => {
                    self.fold.trail = snapshots.trail();
                    return false;
                }
            };
            self.loaded = root.version();
            self.fold = Fold::on(root, trail, self.codec.clone(), AsOf::Now);
            true
        })
    }

    fn offer(&mut self, store: StoreIdentity, since: Instant) {
        if let Some(snapshots) = &self.snapshots {
            let Fold { root, trail, .. } = &mut self.fold;
            snapshots.offer(&self.stream, store, root, trail, since.elapsed());
        }
    }

    fn see(&mut self, event: &EventRef<'_>) -> Result<(), Box<Corrupt>> {
        self.fold.apply(event)?;
        self.loaded = self.fold.root.version();
        Ok(())
    }

    fn begin(&mut self, attempt: &Arc<Attempt>) {
        self.attempt = Some(Arc::clone(attempt));
    }

    fn settle(&mut self) {
        if self.version() != self.loaded {
            self.restart();
        }
    }

    fn restart(&mut self) {
        self.fold = Fold::new(self.codec.clone(), AsOf::Now);
        self.fold.trail = self
            .snapshots
            .as_deref()
            .map_or_else(Trail::default, Keep::trail);
        self.loaded = Version::NONE;
    }
}

impl<A: Aggregate, C> fmt::Debug for Member<A, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Member");
        debug.field("aggregate", &A::NAME).field("id", &self.id);
        debug
            .field("version", &self.fold.root.version())
            .finish_non_exhaustive()
    }
}

/// Why an aggregate in a decision did not execute a command.
///
/// A closure may hand it on with `?`, and the caller of `decide` then gets the aggregate's own error as
/// [`DecideError::Refused`](crate::DecideError::Refused). Where a closure has an error of its own, [`map`](Self::map)
/// brings the aggregate's error into it; the closure's own errors become a `Declined` with `.into()`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Declined<E> {
    /// It refused.
    Refused(E),
    /// The command needs an aggregate that exists.
    NotFound {
        /// The aggregate's name.
        aggregate: &'static str,
        /// Its id.
        id: String,
    },
    /// The command creates an aggregate that exists already.
    AlreadyExists {
        /// The aggregate's name.
        aggregate: &'static str,
        /// Its id.
        id: String,
    },
    /// It decided an event that it cannot have. The decision fails, whatever the closure returns.
    Unsound(Unsound),
}

impl<E> Declined<E> {
    /// The same with another error.
    pub fn map<F>(self, refused: impl FnOnce(E) -> F) -> Declined<F> {
        match self {
            Self::Refused(error) => Declined::Refused(refused(error)),
            Self::NotFound { aggregate, id } => Declined::NotFound { aggregate, id },
            Self::AlreadyExists { aggregate, id } => Declined::AlreadyExists { aggregate, id },
            Self::Unsound(unsound) => Declined::Unsound(unsound),
        }
    }

    fn of<A: Aggregate<Error = E>>(rejection: Rejection<E>, id: &A::Id) -> Self {
        let (aggregate, id) = (A::NAME, id.to_string());
        match rejection {
            Rejection::Refused(error) => Self::Refused(error),
            Rejection::NotFound => Self::NotFound { aggregate, id },
            Rejection::AlreadyExists => Self::AlreadyExists { aggregate, id },
        }
    }
}

impl<E> From<E> for Declined<E> {
    fn from(error: E) -> Self {
        Self::Refused(error)
    }
}
