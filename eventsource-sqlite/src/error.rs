//! SQLite's errors as the store's: damage is told apart from a failure that may pass.

use std::error::Error;

use eventsource_core::StoreError;
use rusqlite::ErrorCode;

/// What an error of SQLite means for the store in the file `place`.
pub(crate) fn store_error(place: &str, doing: &str, error: rusqlite::Error) -> StoreError {
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
    source: impl Into<Box<dyn Error + Send + Sync>>,
) -> StoreError {
    StoreError::Backend {
        doing: format!("{doing} ({place})"),
        source: source.into(),
    }
}

/// What is damaged, if the error says that something is.
pub(crate) fn damage(error: &rusqlite::Error) -> Option<String> {
    match error {
        rusqlite::Error::SqliteFailure(failure, _)
            if matches!(
                failure.code,
                ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase
            ) =>
        {
            Some(error.to_string())
        }
        rusqlite::Error::QueryReturnedNoRows => {
            Some("a row that another one refers to is missing".into())
        }
        // The store writes every value itself, so one of another type or size was written by something else.
        rusqlite::Error::FromSqlConversionFailure(..)
        | rusqlite::Error::IntegralValueOutOfRange(..)
        | rusqlite::Error::InvalidColumnType(..)
        | rusqlite::Error::Utf8Error(..) => Some(format!("a value cannot be read: {error}")),
        _ => None,
    }
}

/// Whether another connection holds the lock.
pub(crate) fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}
