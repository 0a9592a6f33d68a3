//! The `source` of a store's events.

use eventsource_core::StoreIdentity;

/// What it is unless it is set.
pub(crate) fn source_of(store: StoreIdentity) -> String {
    format!("urn:eventsource:{}", store.id)
}

/// Whether it is not empty and has no character that RFC 3986 knows no place for.
pub(crate) fn is_uri_reference(text: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte);
    !text.is_empty() && text.bytes().all(known)
}
