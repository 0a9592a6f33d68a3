//! Why a decision over several things was not made.

use std::fmt;

use crate::aggregate::Misapplied;
use crate::codec::CodecError;
use crate::decide::member::Declined;
use crate::repository::load::LoadError;
use crate::store::error::StoreError;
use crate::store::limits::Rejected;
use crate::store::stream::{InvalidStreamName, StreamName};

/// Why a decision over several things was not made. Nothing was stored, except where it says that nobody knows.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecideError<E> {
    /// The closure, or one of the aggregates in it, refused.
    #[error(transparent)]
    Refused(E),
    /// A command in the closure needs an aggregate that exists.
    #[error("{aggregate} `{}` does not exist", .id.escape_debug())]
    NotFound {
        /// The aggregate's name.
        aggregate: &'static str,
        /// Its id.
        id: String,
    },
    /// A command in the closure creates an aggregate that exists already.
    #[error("{aggregate} `{}` exists already", .id.escape_debug())]
    AlreadyExists {
        /// The aggregate's name.
        aggregate: &'static str,
        /// Its id.
        id: String,
    },
    /// The same aggregate takes part twice. Nothing was read.
    #[error("`{stream}` takes part twice in one decision")]
    Twice {
        /// The aggregate's stream.
        stream: StreamName,
    },
    /// A projection that is run inline does not take one of its events. Nothing was stored.
    #[error("the projection `{projection}` does not take it: {source}")]
    Projection {
        /// The projection's name.
        projection: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Others were faster, at every try.
    #[error("others changed what the decision rests on first, at each of {attempts} attempts")]
    Contended {
        /// How often it was tried.
        attempts: u32,
    },
    /// Its idempotency key was used before, for another decision of this name.
    #[error("the idempotency key `{}` was used before for another request", .key.escape_debug())]
    KeyReused {
        /// The key.
        key: String,
    },
    /// An event of an aggregate in the decision cannot follow those before it.
    #[error(transparent)]
    Unsound(Unsound),
    /// An event that the closure returned goes to a stream whose name is not valid.
    #[error("the event `{event}` has no stream: {source}")]
    Stream {
        /// The event's stored name.
        event: &'static str,
        /// What is wrong with the name.
        source: InvalidStreamName,
    },
    /// An event that the closure returned goes to the stream of an aggregate, which alone may record there: it has to
    /// take part in the decision, and execute a command.
    #[error(
        "the event `{event}` would go to `{stream}`, where only the aggregate {aggregate} records"
    )]
    StreamOfAggregate {
        /// The event's stored name.
        event: &'static str,
        /// The stream.
        stream: StreamName,
        /// The aggregate's name.
        aggregate: &'static str,
    },
    /// The store's queue is full. Try again later.
    #[error("the store is overloaded: {waiting} requests are waiting already")]
    Overloaded {
        /// How many requests were waiting.
        waiting: usize,
    },
    /// Its events break a limit of the store.
    #[error(transparent)]
    Rejected(Rejected),
    /// Nobody can say whether it was stored. Deciding again under the same idempotency key is safe, and tells.
    #[error("the outcome is unknown: {reason}")]
    Unknown {
        /// What happened to the store's answer.
        reason: String,
    },
    /// What was given as its request cannot be written as JSON.
    #[error("the request cannot be encoded: {reason}")]
    Request {
        /// Why.
        reason: String,
    },
    /// One of its events cannot be encoded.
    #[error("`{name}` cannot be encoded: {source}")]
    Encode {
        /// The event's stored name.
        name: &'static str,
        /// Why.
        source: CodecError,
    },
    /// What the decision rests on could not be read.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl<E> From<Declined<E>> for DecideError<E> {
    fn from(declined: Declined<E>) -> Self {
        match declined {
            Declined::Refused(error) => Self::Refused(error),
            Declined::NotFound { aggregate, id } => Self::NotFound { aggregate, id },
            Declined::AlreadyExists { aggregate, id } => Self::AlreadyExists { aggregate, id },
            Declined::Unsound(unsound) => Self::Unsound(unsound),
        }
    }
}

/// An event that an aggregate has decided and cannot have: a mistake in its rules, as
/// [`ExecuteError::Invariant`](crate::ExecuteError::Invariant) is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Unsound {
    /// The aggregate's name.
    pub aggregate: &'static str,
    /// Its id.
    pub id: String,
    /// The event's stored name.
    pub event: &'static str,
    /// What is wrong.
    pub problem: UnsoundProblem,
}

impl fmt::Display for Unsound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            aggregate,
            id,
            event,
            problem,
        } = self;
        let id = id.escape_debug();
        match problem {
            UnsoundProblem::Misapplied(reason) => {
                write!(
                    f,
                    "{aggregate} `{id}` cannot apply its event `{event}`: {reason}"
                )
            }
            UnsoundProblem::Invariant(reason) => {
                write!(
                    f,
                    "the event `{event}` would make {aggregate} `{id}` invalid: {reason}"
                )
            }
        }
    }
}

/// What is wrong with an event that was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnsoundProblem {
    /// It creates an aggregate that is there, or changes one that is not.
    Misapplied(Misapplied),
    /// The state after it breaks the aggregate's invariant, which says this.
    Invariant(String),
}
