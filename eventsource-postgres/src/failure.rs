//! Why a call of appends has no answer, and what that is for each whom it has met.

use std::sync::Arc;

use eventsource_core::{AppendError, BoxError, StoreError};

use crate::error::{Told, backend, damage, is_about_the_request, shared_error};
use crate::open::Shared;

/// What an appender is doing when something fails.
pub(crate) const DOING: &str = "appending events";

/// Why a call has no answer.
pub(crate) enum Failure {
    /// It was certainly not written.
    NotWritten(Arc<tokio_postgres::Error>),
    /// There was no connection to send it on, or the store's life could not be found out.
    NotSent(Arc<StoreError>),
    /// It was perhaps written.
    Unknown(String),
    /// An inline projection does not take it.
    Refused {
        projection: &'static str,
        source: BoxError,
    },
}

impl Failure {
    /// Whether one of several appends can be at fault, and the others be made without it.
    pub(crate) fn is_perhaps_of_one(&self) -> bool {
        match self {
            Self::NotWritten(error) => is_about_the_request(error),
            Self::Refused { .. } => true,
            Self::NotSent(_) | Self::Unknown(_) => false,
        }
    }

    /// The same failure, where nothing is written without another statement that commits.
    pub(crate) fn before_the_commit(self, shared: &Shared) -> Self {
        match self {
            Self::Unknown(reason) => not_sent(backend(&shared.place, DOING, reason)),
            known => known,
        }
    }

    /// The same for another one whom it has met.
    pub(crate) fn once_more(&self) -> Self {
        match self {
            Self::NotWritten(error) => Self::NotWritten(Arc::clone(error)),
            Self::NotSent(error) => Self::NotSent(Arc::clone(error)),
            Self::Unknown(reason) => Self::Unknown(reason.clone()),
            Self::Refused { projection, source } => Self::Refused {
                projection,
                source: source.to_string().into(),
            },
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotWritten(error) => error.fmt(f),
            Self::NotSent(error) => error.fmt(f),
            Self::Unknown(reason) => f.write_str(reason),
            Self::Refused { projection, source } => write!(f, "{projection}: {source}"),
        }
    }
}

pub(crate) fn not_written(error: tokio_postgres::Error) -> Failure {
    Failure::NotWritten(Arc::new(error))
}

pub(crate) fn not_sent(error: StoreError) -> Failure {
    Failure::NotSent(Arc::new(error))
}

/// What a failure is for one whom it has met.
pub(crate) fn told(shared: &Shared, failure: Failure) -> AppendError {
    match failure {
        Failure::NotWritten(error) => match damage(&error) {
            Some(reason) => StoreError::Damaged {
                place: shared.place.clone(),
                reason,
            }
            .into(),
            None => backend(&shared.place, DOING, Told(error)).into(),
        },
        Failure::NotSent(error) => shared_error(&error).into(),
        Failure::Unknown(reason) => AppendError::Unknown { reason },
        Failure::Refused { projection, source } => AppendError::Projection {
            projection: projection.into(),
            source,
        },
    }
}
