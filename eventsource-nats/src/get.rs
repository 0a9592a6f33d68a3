//! Reading messages: direct gets, which any replica answers, and which may be behind.

use std::pin::Pin;
use std::time::Duration;

use async_nats::{Message, Subscriber};
use bytes::Bytes;
use eventsource_core::StoreError;
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use serde_json::{Value, json};
use tokio::time::{Instant, Sleep, sleep};

use crate::error::{backend, damaged};
use crate::open::{GONE, Shared};
use crate::options::Kept;
use crate::wire::Wire;

/// A stored message.
#[derive(Debug, Clone)]
pub(crate) struct Got {
    pub(crate) sequence: u64,
    pub(crate) subject: String,
    pub(crate) body: Bytes,
}

/// Messages that were read by one request.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) messages: Vec<Got>,
    /// Whether the replica had more of them.
    pub(crate) more: bool,
    /// The last sequence number that the replica had, where it says so.
    pub(crate) up_to: u64,
    /// How many answers it was put together from, which may be of different moments.
    pub(crate) answers: usize,
}

/// The most bytes of one answer: one message more is sent where a single one is larger.
const ANSWER: usize = 4 << 20;

/// The most messages of one answer.
pub(crate) const PAGE: usize = 512;

/// The most subjects in one request.
const SUBJECTS: usize = 512;

impl Shared {
    /// Messages with a subject that matches, from this sequence number on.
    pub(crate) async fn next(
        &self,
        from: u64,
        filter: &str,
        count: usize,
    ) -> Result<Page, StoreError> {
        let count = count.clamp(1, PAGE);
        let asked = json!({
            "seq": from.max(1), "next_by_subj": filter, "batch": count, "max_bytes": ANSWER,
        });
        self.patiently(&asked).await
    }

    /// The last message of each of these subjects, in no particular order. `up_to` says of what moment that is.
    pub(crate) async fn last_of(&self, subjects: &[String]) -> Result<Page, StoreError> {
        let mut all = Page {
            up_to: u64::MAX,
            ..Page::default()
        };
        let mut rest = subjects;
        let mut count = SUBJECTS - 1;
        loop {
            let (some, later) = rest.split_at(count.min(rest.len()));
            // There is always a message with the store's identity: without any, the answer would not say how old it is.
            let mut asked: Vec<&str> = some.iter().map(String::as_str).collect();
            asked.push(&self.subjects.life);
            let asked = json!({ "multi_last": asked, "batch": SUBJECTS });
            let page = self.patiently(&asked).await?;
            if page.more && some.len() > 1 {
                // They are too large for one answer, which then lacks some that are there.
                count = some.len() / 2;
                continue;
            }
            if page.up_to == 0 {
                return Err(damaged(&self.wire.place, GONE));
            }
            all.up_to = all.up_to.min(page.up_to);
            all.answers += 1;
            let own = page.messages.into_iter();
            all.messages
                .extend(own.filter(|message| message.subject != self.subjects.life));
            rest = later;
            if rest.is_empty() {
                return Ok(all);
            }
        }
    }

    /// The last message with a subject that matches.
    pub(crate) async fn last_by(&self, filter: &str) -> Result<Option<Got>, StoreError> {
        let page = self.patiently(&json!({ "last_by_subj": filter })).await?;
        Ok(page.messages.into_iter().next())
    }

    /// Asks again while there is nobody to answer.
    async fn patiently(&self, asked: &Value) -> Result<Page, StoreError> {
        let begin = Instant::now();
        loop {
            self.check_open()?;
            match self.wire.get(asked).await {
                Ok(page) => return Ok(page),
                Err(error) if begin.elapsed() >= self.options.patience => return Err(error),
                Err(_) => sleep(Kept::PAUSE).await,
            }
        }
    }
}

impl Wire {
    /// Asks once.
    pub(crate) async fn get(&self, asked: &Value) -> Result<Page, StoreError> {
        let failed = |error: Box<dyn std::error::Error + Send + Sync>| {
            backend(&self.place, "reading events", error)
        };
        let single = asked.get("batch").is_none();
        let inbox = self.client.new_inbox();
        let subscribed = self.client.subscribe(inbox.clone()).await;
        let messages = subscribed.map_err(|error| failed(error.into()))?;
        let subject = format!("$JS.API.DIRECT.GET.{}", self.stream);
        let sent = self
            .client
            .publish_with_reply(subject, inbox, asked.to_string().into());
        sent.await.map_err(|error| failed(error.into()))?;
        let mut answers = Answers::new(messages, self.call_timeout);
        let mut page = Page::default();
        loop {
            let answer = answers.next().await.map_err(|why| failed(why.into()))?;
            let header = |name: &str| {
                let value = answer
                    .headers
                    .as_ref()
                    .and_then(|headers| headers.get(name));
                value.map(async_nats::HeaderValue::as_str)
            };
            let number = |name: &str| header(name).and_then(|text| text.parse::<u64>().ok());
            if let Some(status) = answer.status {
                return match status.as_u16() {
                    204 => {
                        page.more = number("Nats-Num-Pending").is_some_and(|pending| pending > 0);
                        page.up_to = number("Nats-UpTo-Sequence").unwrap_or(0);
                        Ok(page)
                    }
                    // No message is such.
                    404 => Ok(page),
                    503 => Err(failed("no replica answers".into())),
                    _ => Err(failed(
                        answer
                            .description
                            .unwrap_or_else(|| status.to_string())
                            .into(),
                    )),
                };
            }
            let (Some(sequence), Some(subject)) = (number("Nats-Sequence"), header("Nats-Subject"))
            else {
                return Err(failed("an answer without a sequence number".into()));
            };
            page.messages.push(Got {
                sequence,
                subject: subject.to_owned(),
                body: answer.payload.clone(),
            });
            if single {
                return Ok(page);
            }
        }
    }
}

/// The answers to one request, each of which must come in time.
///
/// There is one timer for all of them, which is set on only when it rings: set anew for each answer, it would wake the
/// runtime's driver as often, which took a third of the speed of a long read.
struct Answers {
    messages: Subscriber,
    patience: Duration,
    heard: Instant,
    silence: Pin<Box<Sleep>>,
}

impl Answers {
    fn new(messages: Subscriber, patience: Duration) -> Self {
        Self {
            messages,
            patience,
            heard: Instant::now(),
            silence: Box::pin(sleep(patience)),
        }
    }

    async fn next(&mut self) -> Result<Message, &'static str> {
        loop {
            match select(self.messages.next(), self.silence.as_mut()).await {
                Either::Left((Some(message), _)) => {
                    self.heard = Instant::now();
                    return Ok(message);
                }
                Either::Left((None, _)) => return Err("the connection is closed"),
                Either::Right(((), _)) => {
                    let due = self.heard + self.patience;
                    if due <= Instant::now() {
                        return Err("no answer in time");
                    }
                    self.silence.as_mut().reset(due);
                }
            }
        }
    }
}
