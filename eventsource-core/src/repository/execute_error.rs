//! Why a command was not executed.

use crate::aggregate::Misapplied;
use crate::codec::CodecError;
use crate::repository::load::LoadError;
use crate::store::append::AppendError;
use crate::store::error::StoreError;
use crate::store::limits::Rejected;
use crate::store::stream::Version;

/// Why a command was not executed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExecuteError<E> {
    /// The aggregate refused it.
    #[error(transparent)]
    Refused(E),
    /// It needs an aggregate that exists.
    #[error("{aggregate} `{}` does not exist", .id.escape_debug())]
    NotFound {
        /// The aggregate's name.
        aggregate: &'static str,
        /// Its id.
        id: String,
    },
    /// It creates an aggregate that exists already.
    #[error("{aggregate} `{}` exists already", .id.escape_debug())]
    AlreadyExists {
        /// The aggregate's name.
        aggregate: &'static str,
        /// Its id.
        id: String,
    },
    /// The aggregate is not at the version that the caller expected.
    #[error("version {expected} was expected, and the aggregate is at {actual}")]
    WrongVersion {
        /// What the caller expected.
        expected: Version,
        /// Where the aggregate is.
        actual: Version,
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
    #[error("others changed the aggregate first, at each of {attempts} attempts")]
    Contended {
        /// How often it was tried.
        attempts: u32,
    },
    /// Its idempotency key was used before, for another command on this aggregate.
    #[error("the idempotency key `{}` was used before for another command", .key.escape_debug())]
    KeyReused {
        /// The key.
        key: String,
    },
    /// Its events would break the aggregate's invariant. Nothing was stored.
    #[error(
        "event {number} of this command (`{event}`) would make the aggregate invalid: {reason}"
    )]
    Invariant {
        /// The event's place among those of the command, from 1.
        number: usize,
        /// The event's stored name.
        event: &'static str,
        /// What the invariant says.
        reason: String,
    },
    /// One of its events creates an aggregate that is there, or changes one that is not. Nothing was stored.
    #[error("event {number} of this command (`{event}`) cannot be applied: {reason}")]
    Misapplied {
        /// The event's place among those of the command, from 1.
        number: usize,
        /// The event's stored name.
        event: &'static str,
        /// Why.
        reason: Misapplied,
    },
    /// The store's queue is full. Nothing was stored; try again later.
    #[error("the store is overloaded: {waiting} requests are waiting already")]
    Overloaded {
        /// How many requests were waiting.
        waiting: usize,
    },
    /// Its events break a limit of the store. Nothing was stored.
    #[error(transparent)]
    Rejected(Rejected),
    /// Nobody can say whether it was stored. Executing it again under the same idempotency key is safe, and tells.
    #[error("the outcome is unknown: {reason}")]
    Unknown {
        /// What happened to the store's answer.
        reason: String,
    },
    /// One of its events, or the command itself, cannot be encoded.
    #[error("`{name}` cannot be encoded: {source}")]
    Encode {
        /// The event's or the command's name.
        name: &'static str,
        /// Why.
        source: CodecError,
    },
    /// The aggregate could not be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The store failed. Nothing was stored.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl<E> ExecuteError<E> {
    /// That what was decided under a key could not be appended.
    pub(crate) fn not_appended(error: AppendError, key: &str) -> Self {
        match error {
            AppendError::KeyReused => Self::KeyReused { key: key.into() },
            AppendError::Overloaded { waiting } => Self::Overloaded { waiting },
            AppendError::Rejected(rejected) => Self::Rejected(rejected),
            AppendError::Projection { projection, source } => {
                Self::Projection { projection, source }
            }
            AppendError::Unknown { reason } => Self::Unknown { reason },
            AppendError::Store(error) => Self::Store(error),
            AppendError::Conflict(_) => Self::Contended { attempts: 1 },
        }
    }

    /// The failure of the store, if it is one; nothing is wrong with the command then.
    pub(crate) fn into_store_error(self) -> Result<StoreError, Self> {
        match self {
            Self::Store(error) | Self::Load(LoadError::Store(error)) => Ok(error),
            Self::Overloaded { waiting } => Ok(StoreError::Overloaded { waiting }),
            Self::Unknown { reason } => Ok(StoreError::Backend {
                doing: "appending".into(),
                source: reason.into(),
            }),
            other => Err(other),
        }
    }

    /// The aggregate's own refusal, or else the failure, whose type then does not need the aggregate's error.
    pub fn split(self) -> Result<E, ExecuteError<std::convert::Infallible>> {
        Err(match self {
            Self::Refused(refusal) => return Ok(refusal),
            Self::NotFound { aggregate, id } => ExecuteError::NotFound { aggregate, id },
            Self::AlreadyExists { aggregate, id } => ExecuteError::AlreadyExists { aggregate, id },
            Self::WrongVersion { expected, actual } => {
                ExecuteError::WrongVersion { expected, actual }
            }
            Self::Contended { attempts } => ExecuteError::Contended { attempts },
            Self::KeyReused { key } => ExecuteError::KeyReused { key },
            Self::Invariant {
                number,
                event,
                reason,
            } => ExecuteError::Invariant {
                number,
                event,
                reason,
            },
            Self::Misapplied {
                number,
                event,
                reason,
            } => ExecuteError::Misapplied {
                number,
                event,
                reason,
            },
            Self::Overloaded { waiting } => ExecuteError::Overloaded { waiting },
            Self::Rejected(rejected) => ExecuteError::Rejected(rejected),
            Self::Unknown { reason } => ExecuteError::Unknown { reason },
            Self::Encode { name, source } => ExecuteError::Encode { name, source },
            Self::Load(error) => ExecuteError::Load(error),
            Self::Store(error) => ExecuteError::Store(error),
            Self::Projection { projection, source } => {
                ExecuteError::Projection { projection, source }
            }
        })
    }
}
