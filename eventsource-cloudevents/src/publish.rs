//! Where events are published to, and what may go wrong there.

use std::future::Future;

use eventsource_core::BoxError;

use crate::event::CloudEvent;

/// Something outside that takes events: a message broker, a webhook, another system's queue. An [`Outbox`](crate::Outbox)
/// calls it.
///
/// ```
/// use eventsource_cloudevents::{CloudEvent, Publish, PublishError};
///
/// struct Lines;
///
/// impl Publish for Lines {
///     async fn publish(&self, event: &CloudEvent<'_>) -> Result<(), PublishError> {
///         println!("{}", event.to_json().map_err(PublishError::refused)?);
///         Ok(())
///     }
/// }
/// ```
pub trait Publish: Send + Sync + 'static {
    /// Gives an event away, and returns once it is kept there. The next event of its stream is given only then; events of
    /// other streams are given meanwhile.
    ///
    /// An event may be given more than once, now and after a restart: [`CloudEvent::source`] and [`CloudEvent::id`] are
    /// then the same, so that what is there already can be left out.
    fn publish(
        &self,
        event: &CloudEvent<'_>,
    ) -> impl Future<Output = Result<(), PublishError>> + Send;
}

/// Why an event was not published.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// It will never be taken as it is: it is too large, or not allowed there. The runner's policy says what is done then:
    /// it is parked with those after it in its stream, if not set otherwise, and the other streams go on.
    #[error("it is refused: {0}")]
    Refused(BoxError),
    /// Nobody has taken it, or nobody can say: there is no connection, no leader, no answer. It is tried again for as long
    /// as that takes.
    #[error("it is not acknowledged: {0}")]
    Unreachable(BoxError),
}

impl PublishError {
    /// It will never be taken as it is.
    pub fn refused(error: impl Into<BoxError>) -> Self {
        Self::Refused(error.into())
    }

    /// Nobody has taken it, or nobody can say.
    pub fn unreachable(error: impl Into<BoxError>) -> Self {
        Self::Unreachable(error.into())
    }
}
