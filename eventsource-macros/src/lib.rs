//! The macros of `eventsource-core`.
