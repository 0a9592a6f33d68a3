//! Publishing events to a JetStream stream for others to read: not the store's own, and of any store.

use std::fmt::{self, Write as _};
use std::time::Duration;

use async_nats::client::RequestErrorKind;
use async_nats::{Client, HeaderMap, Request};
use eventsource_cloudevents::{CloudEvent, Publish, PublishError};
use serde::Deserialize;

use crate::wire::Told;

/// Publishes events of any store to JetStream, and waits for each to be stored there: for an
/// [`Outbox`](eventsource_cloudevents::Outbox).
///
/// A message is in the binary mode of the [NATS binding](https://github.com/cloudevents/spec) of CloudEvents: the data is its body,
/// each attribute a header `ce-…`. With [`structured`](Self::structured) all of it is JSON in the body.
///
/// `Nats-Msg-Id` is the event's source and id, so that JetStream leaves out what it has stored within the stream's
/// `duplicate_window`, two minutes unless set. Where an outage may be longer, set it longer, or have the receivers leave out what they
/// have.
///
/// ```no_run
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// use eventsource_cloudevents::Outbox;
/// use eventsource_core::MemoryStore;
/// use eventsource_nats::{NatsPublisher, async_nats};
///
/// let store = MemoryStore::new();
/// let client = async_nats::connect("nats://broker:4222").await?;
/// let publisher = NatsPublisher::new(client, |event| format!("bank.{}", event.stored().name));
/// Outbox::new("bank-events", publisher).on(&store).run().await?;
/// # Ok(()) }
/// ```
pub struct NatsPublisher {
    client: Client,
    subject: Box<dyn Fn(&CloudEvent<'_>) -> String + Send + Sync>,
    stream: Option<String>,
    is_structured: bool,
    timeout: Duration,
}

/// What JetStream answers to a message.
#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    seq: u64,
    error: Option<Told>,
}

/// The message is larger than its stream takes.
const TOO_LARGE: u32 = 10_054;

impl NatsPublisher {
    /// A publisher to the subject that `subject` says, which a JetStream stream must take.
    pub fn new(
        client: Client,
        subject: impl Fn(&CloudEvent<'_>) -> String + Send + Sync + 'static,
    ) -> Self {
        Self {
            client,
            subject: Box::new(subject),
            stream: None,
            is_structured: false,
            timeout: Duration::from_secs(5),
        }
    }

    /// Only into the JetStream stream of this name.
    #[must_use]
    pub fn expect_stream(mut self, name: impl Into<String>) -> Self {
        self.stream = Some(name.into());
        self
    }

    /// Whole events as JSON in the body.
    #[must_use]
    pub fn structured(mut self) -> Self {
        self.is_structured = true;
        self
    }

    /// How long an answer is waited for, 5 seconds unless set, before the event is sent again.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    fn headers(&self, event: &CloudEvent<'_>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let id = format!("{}#{}", event.source(), event.id());
        headers.insert("Nats-Msg-Id", id);
        if let Some(stream) = &self.stream {
            headers.insert("Nats-Expected-Stream", stream.as_str());
        }
        if self.is_structured {
            headers.insert("Content-Type", "application/cloudevents+json");
            return headers;
        }
        for (name, value) in event.attributes() {
            headers.insert(format!("ce-{name}"), escaped(&value));
        }
        headers
    }
}

/// A value as the binding writes it in a header: without space, quotation marks, and what is not printable ASCII.
fn escaped(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            0x21..=0x7e if byte != b'"' && byte != b'%' => escaped.push(char::from(byte)),
            // A `String` takes whatever is written.
            _ => write!(escaped, "%{byte:02X}").unwrap_or_default(),
        }
    }
    escaped
}

impl Publish for NatsPublisher {
    async fn publish(&self, event: &CloudEvent<'_>) -> Result<(), PublishError> {
        let body = match self.is_structured {
            true => event.to_json().map_err(PublishError::refused)?.into(),
            false => event.data().to_vec().into(),
        };
        let request = Request::new()
            .headers(self.headers(event))
            .payload(body)
            .timeout(Some(self.timeout));
        let subject = (self.subject)(event);
        let answer = self.client.send_request(subject.clone(), request).await;
        let answer = answer.map_err(|error| match error.kind() {
            RequestErrorKind::MaxPayloadExceeded | RequestErrorKind::InvalidSubject => {
                PublishError::refused(error)
            }
            RequestErrorKind::NoResponders => PublishError::unreachable(format!(
                "no JetStream stream takes `{}` now",
                subject.escape_debug()
            )),
            _ => PublishError::unreachable(error),
        })?;
        let answer: Answer =
            serde_json::from_slice(&answer.payload).map_err(PublishError::unreachable)?;
        match answer.error {
            None if answer.seq > 0 => Ok(()),
            None => Err(PublishError::unreachable("what answers is no JetStream")),
            Some(told) if told.err_code == TOO_LARGE => {
                Err(PublishError::refused(told.description))
            }
            Some(told) => Err(PublishError::unreachable(told.description)),
        }
    }
}

impl fmt::Debug for NatsPublisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NatsPublisher")
            .field("stream", &self.stream)
            .field("is_structured", &self.is_structured)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn values_are_written_as_the_binding_says() {
        assert_eq!(escaped("Euro € 😀"), "Euro%20%E2%82%AC%20%F0%9F%98%80");
        assert_eq!(escaped("\"5%\"\r\n"), "%225%25%22%0D%0A");
        assert_eq!(escaped("account/42~"), "account/42~");
    }
}
