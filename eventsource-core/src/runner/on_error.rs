//! What a runner does with an event that cannot be consumed.

use std::time::Duration;

/// What a runner does with an event that cannot be consumed: it tries again, so many times and with pauses that double,
/// and then stops, or parks the event with all that follow in its stream, in their order, and goes on with the others.
///
/// ```
/// use std::time::Duration;
/// use eventsource_core::OnError;
///
/// let patient = OnError::park().retries(8).backoff(Duration::from_millis(50), Duration::from_secs(10));
/// # let _ = patient;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnError {
    pub(super) retries: u32,
    pub(super) first: Duration,
    pub(super) longest: Duration,
    pub(super) parks: bool,
}

impl OnError {
    /// Stops the runner, after five retries unless set: a person must look at it. This is the default, as only a person
    /// knows what a read model is worth without an event.
    #[must_use]
    pub const fn stop() -> Self {
        Self {
            retries: 5,
            first: Duration::from_millis(100),
            longest: Duration::from_secs(5),
            parks: false,
        }
    }

    /// Parks the event and those that follow in its stream, after five retries unless set.
    #[must_use]
    pub const fn park() -> Self {
        Self {
            parks: true,
            ..Self::stop()
        }
    }

    /// How often an event is tried again; `u32::MAX` for ever.
    #[must_use]
    pub const fn retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// The pause before the first retry, and the longest one; each is twice as long as the one before.
    #[must_use]
    pub const fn backoff(mut self, first: Duration, longest: Duration) -> Self {
        self.first = first;
        self.longest = longest;
        self
    }

    /// The pause before a retry, counted from 1.
    pub(super) fn pause(&self, retry: u32) -> Duration {
        let doublings = retry.saturating_sub(1).min(30);
        self.first
            .saturating_mul(1 << doublings)
            .min(self.longest.max(self.first))
    }

    /// Whether an event is tried again that was tried so often.
    pub(super) fn tries_again(&self, tries: u32) -> bool {
        self.retries == u32::MAX || tries <= self.retries
    }
}

impl Default for OnError {
    fn default() -> Self {
        Self::stop()
    }
}
