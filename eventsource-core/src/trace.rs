//! What the runtime tells `tracing`: a span for each command and each load, with its outcome. Without the feature
//! `tracing`, which the stores switch on, there is nothing to tell and nothing to compile.

#[cfg(feature = "tracing")]
mod told {
    use std::fmt::Display;

    use tracing::field::Empty;
    pub(crate) use tracing::{Instrument, Span};

    /// A command: its attempts and the version after it are recorded later.
    pub(crate) fn execute(aggregate: &str, id: &impl Display, command: &str) -> Span {
        tracing::info_span!("execute", aggregate, %id, command, attempts = Empty, version = Empty)
    }

    /// A load: the version that it found is recorded later.
    pub(crate) fn load(aggregate: &str, id: &impl Display) -> Span {
        tracing::debug_span!("load", aggregate, %id, version = Empty)
    }

    /// A decision over several things: its attempts are recorded later.
    pub(crate) fn decide(decision: &str) -> Span {
        tracing::info_span!("decide", decision, attempts = Empty)
    }

    pub(crate) fn attempts(attempts: u32) {
        Span::current().record("attempts", attempts);
    }

    pub(crate) fn version(span: &Span, version: u64) {
        span.record("version", version);
    }

    pub(crate) fn current() -> Span {
        Span::current()
    }

    pub(crate) fn conflict(attempt: u32, conflict: &impl Display) {
        tracing::debug!(attempt, %conflict, "conflict");
    }

    pub(crate) fn unknown(attempt: u32, reason: &str) {
        tracing::warn!(attempt, reason, "unknown outcome");
    }

    pub(crate) fn snapshot_taken(stream: &impl Display, version: u64) {
        tracing::debug!(%stream, version, "snapshot taken");
    }

    pub(crate) fn snapshot_not_taken(stream: &impl Display, reason: &impl Display) {
        tracing::warn!(%stream, %reason, "snapshot not taken");
    }

    pub(crate) fn snapshot_unused(stream: &impl Display, reason: &impl Display) {
        tracing::warn!(%stream, %reason, "snapshot not used: the state is made from the events");
    }
}

#[cfg(not(feature = "tracing"))]
mod told {
    use std::fmt::Display;

    /// A span that nobody sees.
    #[derive(Clone)]
    pub(crate) struct Span;

    pub(crate) trait Instrument: Sized {
        fn instrument(self, _: Span) -> Self {
            self
        }
    }

    impl<F> Instrument for F {}

    pub(crate) fn execute(_: &str, _: &impl Display, _: &str) -> Span {
        Span
    }

    pub(crate) fn load(_: &str, _: &impl Display) -> Span {
        Span
    }

    pub(crate) fn decide(_: &str) -> Span {
        Span
    }

    pub(crate) fn attempts(_: u32) {}

    pub(crate) fn version(_: &Span, _: u64) {}

    pub(crate) fn current() -> Span {
        Span
    }

    pub(crate) fn conflict(_: u32, _: &impl Display) {}

    pub(crate) fn unknown(_: u32, _: &str) {}

    pub(crate) fn snapshot_taken(_: &impl Display, _: u64) {}

    pub(crate) fn snapshot_not_taken(_: &impl Display, _: &impl Display) {}

    pub(crate) fn snapshot_unused(_: &impl Display, _: &impl Display) {}
}

pub(crate) use told::*;
