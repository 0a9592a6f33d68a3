//! What the runtime tells `tracing`: a span for each command and each load, with its outcome. Without the feature
//! `tracing`, which the stores switch on, there is nothing to tell and nothing to compile.

#[cfg(feature = "tracing")]
mod told {
    use std::fmt::Display;

    use tracing::field::Empty;
    pub(crate) use tracing::{Instrument, Span};

    use crate::runner::checkpoint_store::{Fence, Slot};
    use crate::store::stored_event::{EventRef, StoredEvent};
    use crate::store::stream::Position;

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

    /// A process takes an input: its attempts are recorded later.
    pub(crate) fn step(process: &str, id: &impl Display, input: &EventRef<'_>) -> Span {
        let (event, position) = (input.name, input.position);
        tracing::info_span!("step", process, %id, event, %position, attempts = Empty)
    }

    /// A process sends a command.
    pub(crate) fn send(process: &str, journal: &impl Display, aggregate: &str, id: &str) -> Span {
        tracing::info_span!("send", process, %journal, aggregate, id)
    }

    pub(crate) fn refused(reason: &str) {
        tracing::info!(reason, "the command is refused");
    }

    pub(crate) fn due(process: &str, journal: &impl Display, at: &impl Display) {
        tracing::debug!(process, %journal, %at, "a timer is due");
    }

    pub(crate) fn timers_fail(process: &str, error: &impl Display) {
        tracing::warn!(process, %error, "the store fails, timers are tried again");
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

    /// A run of a consumer of events.
    pub(crate) fn run(consumer: &str, version: u32) -> Span {
        tracing::info_span!("run", consumer, version)
    }

    pub(crate) fn owned(slot: &Slot, fence: Fence) {
        tracing::info!(slice = slot.slice.index, epoch = fence.epoch, position = %fence.position, "owns a slice");
    }

    pub(crate) fn lost(slot: &Slot, fence: Fence) {
        tracing::warn!(
            slice = slot.slice.index,
            epoch = fence.epoch,
            "has lost a slice to another runner"
        );
    }

    pub(crate) fn yielded(slot: &Slot) {
        tracing::info!(slice = slot.slice.index, "gives a slice to another runner");
    }

    pub(crate) fn activated(slot: &Slot, active: u32) {
        tracing::info!(version = slot.version, active, "readers see a new version");
    }

    pub(crate) fn committed(slot: &Slot, events: usize, to: Position) {
        tracing::debug!(slice = slot.slice.index, events, position = %to, "consumed");
    }

    pub(crate) fn store_fails(slot: &Slot, error: &impl Display) {
        tracing::warn!(slice = slot.slice.index, %error, "the store fails, trying again");
    }

    pub(crate) fn event_fails(slot: &Slot, event: &StoredEvent, tries: u32, error: &impl Display) {
        tracing::warn!(
            slice = slot.slice.index,
            position = %event.position,
            stream = %event.stream,
            event = &*event.name,
            tries,
            %error,
            "an event cannot be consumed"
        );
    }

    pub(crate) fn parked(slot: &Slot, event: &StoredEvent) {
        tracing::error!(
            slice = slot.slice.index,
            position = %event.position,
            stream = %event.stream,
            "the events of a stream are parked from here on"
        );
    }
}

#[cfg(not(feature = "tracing"))]
mod told {
    use std::fmt::Display;

    use crate::runner::checkpoint_store::{Fence, Slot};
    use crate::store::stored_event::{EventRef, StoredEvent};
    use crate::store::stream::Position;

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

    pub(crate) fn step(_: &str, _: &impl Display, _: &EventRef<'_>) -> Span {
        Span
    }

    pub(crate) fn send(_: &str, _: &impl Display, _: &str, _: &str) -> Span {
        Span
    }

    pub(crate) fn refused(_: &str) {}

    pub(crate) fn due(_: &str, _: &impl Display, _: &impl Display) {}

    pub(crate) fn timers_fail(_: &str, _: &impl Display) {}

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

    pub(crate) fn run(_: &str, _: u32) -> Span {
        Span
    }

    pub(crate) fn owned(_: &Slot, _: Fence) {}

    pub(crate) fn lost(_: &Slot, _: Fence) {}

    pub(crate) fn yielded(_: &Slot) {}

    pub(crate) fn activated(_: &Slot, _: u32) {}

    pub(crate) fn committed(_: &Slot, _: usize, _: Position) {}

    pub(crate) fn store_fails(_: &Slot, _: &impl Display) {}

    pub(crate) fn event_fails(_: &Slot, _: &StoredEvent, _: u32, _: &impl Display) {}

    pub(crate) fn parked(_: &Slot, _: &StoredEvent) {}
}

pub(crate) use told::*;
