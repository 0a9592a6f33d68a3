//! The store's errors, in its words.

use eventsource_core::StoreError;

/// A failure of the servers, or of the way to them.
pub(crate) fn backend(
    place: &str,
    doing: &str,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> StoreError {
    StoreError::Backend {
        doing: format!("{doing} ({place})"),
        source: source.into(),
    }
}

/// What is there is not what was written.
pub(crate) fn damaged(place: &str, reason: impl Into<String>) -> StoreError {
    StoreError::Damaged {
        place: place.into(),
        reason: reason.into(),
    }
}
