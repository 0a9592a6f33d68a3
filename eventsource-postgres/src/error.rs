//! PostgreSQL's errors as the store's: what is certainly not written is told apart from what nobody knows, and damage
//! from a failure that may pass.

use std::error::Error as _;
use std::fmt;
use std::io;
use std::sync::Arc;

use eventsource_core::StoreError;
use tokio_postgres::Error;
use tokio_postgres::error::{Severity, SqlState};

/// What an error of PostgreSQL means for the store in `place`.
pub(crate) fn store_error(place: &str, doing: &str, error: Error) -> StoreError {
    match damage(&error) {
        Some(reason) => StoreError::Damaged {
            place: place.into(),
            reason,
        },
        None => backend(place, doing, error),
    }
}

/// A failure that is no damage.
pub(crate) fn backend(
    place: &str,
    doing: &str,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> StoreError {
    let source = match source.into().downcast::<Error>() {
        Ok(error) => Box::new(Told(Arc::new(*error))),
        Err(other) => other,
    };
    StoreError::Backend {
        doing: format!("{doing} ({place})"),
        source,
    }
}

/// The driver's error, if that is what the store's error comes from.
pub(crate) fn of_the_driver<'e>(
    source: &'e (dyn std::error::Error + Send + Sync + 'static),
) -> Option<&'e Error> {
    source.downcast_ref::<Told>().map(|told| &*told.0)
}

/// An error of the driver with what the server has said, or what the network was like: its own text is `db error`.
#[derive(Debug, Clone)]
pub struct Told(pub(crate) Arc<Error>);

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0.as_db_error(), self.0.source()) {
            (Some(told), _) => {
                write!(f, "{} (SQLSTATE {})", told.message(), told.code().code())?;
                told.detail()
                    .map_or(Ok(()), |detail| write!(f, ": {detail}"))
            }
            (None, Some(source)) => write!(f, "{}: {source}", self.0),
            (None, None) => self.0.fmt(f),
        }
    }
}

impl std::error::Error for Told {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

/// What is damaged, if the error says that something is.
pub(crate) fn damage(error: &Error) -> Option<String> {
    let Some(told) = error.as_db_error() else {
        // The store writes every value itself, so one of another type was written by something else.
        let unreadable = error
            .source()
            .is_some_and(<dyn std::error::Error>::is::<tokio_postgres::types::WrongType>);
        return unreadable.then(|| format!("a value cannot be read: {error}"));
    };
    let damaged = [
        SqlState::DATA_CORRUPTED,
        SqlState::INDEX_CORRUPTED,
        SqlState::UNDEFINED_TABLE,
        SqlState::UNDEFINED_COLUMN,
        SqlState::UNDEFINED_FUNCTION,
        SqlState::INVALID_SCHEMA_NAME,
    ];
    damaged
        .contains(told.code())
        .then(|| told.message().to_owned())
}

/// Whether the connection is of no more use, and what was asked on it may or may not have been done.
pub(crate) fn is_broken(error: &Error) -> bool {
    if let Some(told) = error.as_db_error() {
        return matches!(
            told.parsed_severity(),
            Some(Severity::Fatal | Severity::Panic)
        );
    }
    // What cannot be encoded is an I/O error too, but one of the input.
    let of_the_socket = |source: &io::Error| source.kind() != io::ErrorKind::InvalidInput;
    error.is_closed()
        || error
            .source()
            .and_then(|source| source.downcast_ref())
            .is_some_and(of_the_socket)
}

/// Whether the same call may well succeed if it is sent again: somebody else was in the way.
pub(crate) fn may_pass(error: &Error) -> bool {
    let passing = [
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::LOCK_NOT_AVAILABLE,
    ];
    error.code().is_some_and(|code| passing.contains(code))
}

/// Whether the error can be about what was sent, rather than about the server: its resources, an operator's order, a
/// limit of time, rights, or what is missing there.
pub(crate) fn is_about_the_request(error: &Error) -> bool {
    let Some(code) = error.code() else {
        return true;
    };
    let class = code.code().get(..2).unwrap_or_default();
    !may_pass(error)
        && !matches!(
            class,
            "08" | "25" | "28" | "3D" | "3F" | "42" | "53" | "55" | "57" | "58" | "F0" | "XX"
        )
}

/// Whether trying to connect again is of no use: the server has refused who asks, or what is asked for.
pub(crate) fn is_final(error: &Error) -> bool {
    let Some(code) = error.code() else {
        // A URL or a certificate that is wrong; what the network does may pass.
        return error.source().is_none() && !error.is_closed();
    };
    let class = code.code().get(..2).unwrap_or_default();
    matches!(class, "28" | "3D" | "42" | "0A" | "22")
}

/// An error that several are told of, once more.
pub(crate) fn shared_error(error: &StoreError) -> StoreError {
    match error {
        StoreError::Closed => StoreError::Closed,
        StoreError::NotAStore { place, found } => StoreError::NotAStore {
            place: place.clone(),
            found: found.clone(),
        },
        StoreError::Damaged { place, reason } => StoreError::Damaged {
            place: place.clone(),
            reason: reason.clone(),
        },
        StoreError::Backend { doing, source } => StoreError::Backend {
            doing: doing.clone(),
            source: source.to_string().into(),
        },
        other => StoreError::Backend {
            doing: "connecting".into(),
            source: other.to_string().into(),
        },
    }
}
