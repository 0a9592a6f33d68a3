//! What goes over the wire: messages to be stored together, and their one answer.

use std::time::Duration;

use async_nats::client::{PublishErrorKind, RequestErrorKind};
use async_nats::{Client, HeaderMap, HeaderValue, Message, Request};
use bytes::Bytes;
use eventsource_core::StoreError;
use futures_util::future::{Either, select};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex;

use crate::error::backend;

/// A message to be stored.
pub(crate) struct Outgoing {
    pub(crate) subject: String,
    /// What must hold of a subject's last message.
    pub(crate) expected: Option<Expected>,
    pub(crate) body: Bytes,
}

/// The last message of a subject has this sequence number; 0 if there is none.
#[derive(Debug, Clone)]
pub(crate) enum Expected {
    /// The subject of the message itself.
    Here(u64),
    /// Another one.
    There { subject: String, sequence: u64 },
}

/// What became of messages that were sent to be stored together.
#[derive(Debug)]
pub(crate) enum Sent {
    /// They are there; the last one has this sequence number.
    Stored(u64),
    /// They are not: something that was expected does not hold, or somebody else is just changing it.
    Refused,
    /// They are not: nobody was there to take them.
    NotTaken(String),
    /// They are not, for a reason that will not pass by itself.
    Failed(StoreError),
    /// Nobody can say.
    Unknown(String),
}

/// A connection to the servers, and the stream that the store is in.
pub(crate) struct Wire {
    pub(crate) client: Client,
    pub(crate) stream: String,
    /// What errors call it.
    pub(crate) place: String,
    /// The subject of messages that are only there to check something.
    pub(crate) turn: String,
    pub(crate) call_timeout: Duration,
    /// The messages of one append go out without others between them: the server keeps few unfinished batches.
    sending: Mutex<()>,
}

#[derive(Deserialize)]
struct Ack {
    #[serde(default)]
    seq: u64,
    error: Option<Told>,
}

/// An error of the server.
#[derive(Debug, Deserialize)]
pub(crate) struct Told {
    pub(crate) code: u16,
    #[serde(default)]
    pub(crate) err_code: u32,
    #[serde(default)]
    pub(crate) description: String,
}

/// The codes of the server's errors that the store acts upon.
pub(crate) mod code {
    pub(crate) const WRONG_LAST_SEQUENCE: u32 = 10071;
    /// The same, of a subject that is being written to at this moment.
    pub(crate) const SUBJECT_IN_FLIGHT: u32 = 10164;
    pub(crate) const NO_MESSAGE: u32 = 10037;
    pub(crate) const STREAM_NOT_FOUND: u32 = 10059;
    pub(crate) const STREAM_NAME_IN_USE: u32 = 10058;
    /// A batch of which some messages came to another leader.
    pub(crate) const BATCH_INCOMPLETE: u32 = 10176;
    pub(crate) const TOO_MANY_BATCHES: u32 = 10211;
}

impl Wire {
    pub(crate) fn new(
        client: Client,
        stream: String,
        place: String,
        turn: String,
        call_timeout: Duration,
    ) -> Self {
        Self {
            client,
            stream,
            place,
            turn,
            call_timeout,
            sending: Mutex::new(()),
        }
    }

    /// Has these messages stored, all of them or none; `whole` is what the last sequence number of the stream must be.
    pub(crate) async fn store(&self, messages: Vec<Outgoing>, whole: Option<u64>) -> Sent {
        let count = messages.len();
        let batch = (count > 1).then(|| self.client.new_inbox().replace("_INBOX.", ""));
        let turn = match batch {
            Some(_) => Some(self.sending.lock().await),
            None => None,
        };
        for (number, message) in (1..).zip(messages) {
            let mut headers = HeaderMap::new();
            if let Some(batch) = &batch {
                headers.insert("Nats-Batch-Id", batch.as_str());
                headers.insert("Nats-Batch-Sequence", HeaderValue::from(number));
            }
            if let (1, Some(sequence)) = (number, whole) {
                headers.insert("Nats-Expected-Last-Sequence", HeaderValue::from(sequence));
            }
            match &message.expected {
                Some(Expected::Here(sequence)) => {
                    headers.insert(
                        "Nats-Expected-Last-Subject-Sequence",
                        HeaderValue::from(*sequence),
                    );
                }
                Some(Expected::There { subject, sequence }) => {
                    headers.insert(
                        "Nats-Expected-Last-Subject-Sequence",
                        HeaderValue::from(*sequence),
                    );
                    headers.insert(
                        "Nats-Expected-Last-Subject-Sequence-Subject",
                        subject.as_str(),
                    );
                }
                None => {}
            }
            if message.subject == self.turn {
                // Its place in the log was all that it said.
                headers.insert("Nats-TTL", "1s");
            }
            if number < count {
                let sent = self
                    .client
                    .publish_with_headers(message.subject, headers, message.body);
                if let Err(error) = sent.await {
                    return match error.kind() {
                        PublishErrorKind::Send => Sent::NotTaken(error.to_string()),
                        _ => Sent::Failed(backend(&self.place, "sending an event", error)),
                    };
                }
                continue;
            }
            if batch.is_some() {
                headers.insert("Nats-Batch-Commit", "1");
            }
            let request = Request::new()
                .headers(headers)
                .payload(message.body)
                .timeout(Some(self.call_timeout));
            let answer = self.client.send_request(message.subject, request);
            let answer = match turn {
                None => answer.await,
                Some(turn) => {
                    // It is on its way once it was polled; who comes next need not wait for the answer.
                    match select(Box::pin(answer), std::future::ready(())).await {
                        Either::Left((answer, _)) => answer,
                        Either::Right(((), answer)) => {
                            drop(turn);
                            answer.await
                        }
                    }
                }
            };
            return match answer {
                Ok(answer) => self.judged(&answer),
                Err(error) => match error.kind() {
                    RequestErrorKind::NoResponders => Sent::NotTaken("no leader".into()),
                    RequestErrorKind::TimedOut => Sent::Unknown("no answer in time".into()),
                    RequestErrorKind::Other => Sent::Unknown(error.to_string()),
                    _ => Sent::Failed(backend(&self.place, "sending an event", error)),
                },
            };
        }
        Sent::Unknown("nothing was sent".into())
    }

    fn judged(&self, answer: &Message) -> Sent {
        let ack: Ack = match serde_json::from_slice(&answer.payload) {
            Ok(ack) => ack,
            Err(error) => return Sent::Unknown(format!("an answer that is none: {error}")),
        };
        match ack.error {
            None if ack.seq > 0 => Sent::Stored(ack.seq),
            None => Sent::Unknown("an answer without a sequence number".into()),
            Some(told) => match told.err_code {
                code::WRONG_LAST_SEQUENCE | code::SUBJECT_IN_FLIGHT => Sent::Refused,
                code::BATCH_INCOMPLETE | code::TOO_MANY_BATCHES => Sent::NotTaken(told.description),
                // The servers are busy with themselves; perhaps it was proposed before.
                _ if told.code == 503 => Sent::Unknown(told.description),
                _ => Sent::Failed(backend(&self.place, "storing events", told.description)),
            },
        }
    }

    /// Asks the servers' API, and gives the answer or what it says is wrong.
    pub(crate) async fn api(
        &self,
        what: &str,
        body: &Value,
    ) -> Result<Result<Value, Told>, StoreError> {
        let subject = format!("$JS.API.{what}");
        let request = Request::new()
            .payload(body.to_string().into())
            .timeout(Some(self.call_timeout));
        let failed = |error: Box<dyn std::error::Error + Send + Sync>| {
            backend(&self.place, &format!("asking for {what}"), error)
        };
        let answer = self.client.send_request(subject, request).await;
        let answer = answer.map_err(|error| match error.kind() {
            RequestErrorKind::NoResponders => failed(
                "the server answers no request of JetStream: it is off, or off for this account"
                    .into(),
            ),
            _ => failed(error.into()),
        })?;
        let mut answer: Value =
            serde_json::from_slice(&answer.payload).map_err(|error| failed(error.into()))?;
        match answer.get_mut("error").map(Value::take) {
            None => Ok(Ok(answer)),
            Some(told) => Ok(Err(
                serde_json::from_value(told).map_err(|error| failed(error.into()))?
            )),
        }
    }
}

impl Outgoing {
    /// The same once more.
    pub(crate) fn again(&self) -> Self {
        Self {
            subject: self.subject.clone(),
            expected: self.expected.clone(),
            body: self.body.clone(),
        }
    }
}
