//! The outbox of any store, on NATS: committed events as messages that other programs read.

use async_nats::HeaderMap;
use async_nats::header::NATS_MESSAGE_ID;
use async_nats::jetstream::context::PublishErrorKind;
use async_nats::jetstream::{self, Context, ErrorCode};
use eventsource_cloudevents::{CloudEvent, Publish, PublishError};

use crate::subject::encode;

/// Publishes events to JetStream, each as one message: a CloudEvent in JSON (structured mode), whose subject is a prefix, a
/// dot and the event's stored name. What a subject cannot hold is written as `%` and two digits a byte.
///
/// A message is published once the server has acknowledged it: it is kept by the stream whose subjects have the prefix,
/// which you make as you like. Its `Nats-Msg-Id` is the event's source and id, so that within the stream's
/// [`duplicate_window`](async_nats::jetstream::stream::Config::duplicate_window) the server itself leaves out what comes a second
/// time; beyond it, a reader does by `source` and `id`.
///
/// While no stream takes it, or nobody answers, the outbox tries again; an event that is larger than the server or the
/// stream allows is [refused](PublishError::Refused).
///
/// ```no_run
/// use eventsource_cloudevents::Outbox;
/// use eventsource_nats::{NatsPublisher, async_nats};
/// # use eventsource_core::MemoryStore;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = MemoryStore::new();
/// let client = async_nats::connect("nats://one:4222").await?;
/// let publisher = NatsPublisher::new(async_nats::jetstream::new(client), "bank.events");
/// let runner = Outbox::new("to-nats", publisher).source("https://bank.example").on(&store);
/// tokio::spawn(runner.run());
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct NatsPublisher {
    jetstream: Context,
    prefix: String,
}

impl NatsPublisher {
    /// Publishes on a connection, to subjects below a prefix: `bank.events` gives `bank.events.account.opened`.
    #[must_use]
    pub fn new(jetstream: Context, prefix: impl Into<String>) -> Self {
        let prefix = prefix.into();
        Self { jetstream, prefix }
    }

    fn subject(&self, name: &str) -> String {
        let mut subject = self.prefix.clone();
        for token in name.split('.') {
            subject.push('.');
            match token {
                "" => subject.push('%'),
                token => encode(token, &mut subject),
            }
        }
        subject
    }
}

impl Publish for NatsPublisher {
    async fn publish(&self, event: &CloudEvent<'_>) -> Result<(), PublishError> {
        let message = event.to_json().map_err(PublishError::refused)?;
        let mut headers = HeaderMap::new();
        let id = format!("{} {}", event.source(), event.id());
        headers.insert(NATS_MESSAGE_ID, id.as_str());
        headers.insert("content-type", "application/cloudevents+json");
        let subject = self.subject(event.stored().name);
        let sent = self
            .jetstream
            .publish_with_headers(subject, headers, message.into());
        let acknowledged = sent.await.map_err(failed)?;
        acknowledged.await.map_err(failed)?;
        Ok(())
    }
}

fn failed(error: jetstream::context::PublishError) -> PublishError {
    let refusal = std::error::Error::source(&error).and_then(|source| source.downcast_ref());
    let is_too_large = refusal.is_some_and(|refusal: &jetstream::Error| {
        refusal.error_code() == ErrorCode::STREAM_MESSAGE_EXCEEDS_MAXIMUM
    });
    match error.kind() {
        PublishErrorKind::MaxPayloadExceeded => PublishError::refused(error),
        _ if is_too_large => PublishError::refused(error),
        _ => PublishError::unreachable(error),
    }
}
