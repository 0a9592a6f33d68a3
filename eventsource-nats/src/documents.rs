//! What is kept beside the events and changes: documents, each the only message of its subject, in a JetStream stream of their
//! own. It is made when something is first kept.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use eventsource_core::{IdSource as _, RandomIds, StoreError, Uuid};
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use tokio::time::{Instant, sleep};

use crate::error::{backend, damaged};
use crate::lines::Lines;
use crate::options::Kept;
use crate::subject::encode;
use crate::wire::{Expected, Outgoing, Sent, Wire, code};

/// The documents of a store.
pub(crate) struct Documents {
    wire: Wire,
    patience: std::time::Duration,
    made: OnceCell<()>,
    lines: Lines,
}

/// A document as it was read.
#[derive(Debug)]
struct Document {
    /// The number of its message, 0 if there is none.
    sequence: u64,
    /// Who has written it, and what; `None` where there is none, or none any more.
    written: Option<(Uuid, Bytes)>,
}

/// Bytes in front of a document that say by which attempt it was written.
const MARK: usize = 16;

impl Documents {
    /// Those beside the events on this wire.
    pub(crate) fn beside(events: &Wire, patience: std::time::Duration) -> Self {
        let stream = format!("{}-KEPT", events.stream);
        Self {
            wire: Wire::new(
                events.client.clone(),
                stream.clone(),
                format!("{}, what is kept beside it", events.place),
                format!("{stream}.b"),
                events.call_timeout,
            ),
            patience,
            made: OnceCell::new(),
            lines: Lines::new(),
        }
    }

    /// The subject of a document: what kind it is, and what it is about.
    pub(crate) fn subject(&self, kind: &str, about: &[&str]) -> String {
        let mut subject = format!("{}.{kind}", self.wire.stream);
        for about in about {
            subject.push('.');
            encode(about, &mut subject);
        }
        subject
    }

    /// A document, as the leader has it.
    pub(crate) async fn read(
        &self,
        subject: &str,
        replicas: usize,
    ) -> Result<Option<Bytes>, StoreError> {
        self.make(replicas).await?;
        let document = self.found(subject).await?;
        Ok(document.written.map(|(_, body)| body))
    }

    /// Changes a document: `change` is given what it is, and says what it will be, `None` to leave it; and what to answer. It is
    /// called again where somebody else was faster.
    pub(crate) async fn change<T, E: From<StoreError>>(
        &self,
        subject: &str,
        replicas: usize,
        mut change: impl FnMut(Option<&[u8]>) -> Result<(T, Option<Bytes>), E>,
    ) -> Result<T, E> {
        self.make(replicas).await?;
        let subject = subject.to_owned();
        let _line = self.lines.wait(std::iter::once(&subject)).await;
        let begin = Instant::now();
        // What was sent and not answered, with its answer: it may be there.
        let mut sent: Vec<(Uuid, T)> = Vec::new();
        loop {
            let before = self.found(&subject).await?;
            if let Some((by, _)) = &before.written
                && let Some(own) = sent.iter().position(|(attempt, _)| attempt == by)
            {
                return Ok(sent.swap_remove(own).1);
            }
            let body = before.written.as_ref().map(|(_, body)| &**body);
            let (answer, body) = change(body)?;
            let Some(body) = body else { return Ok(answer) };
            let attempt = RandomIds.fresh();
            let message = Outgoing {
                subject: subject.clone(),
                expected: Some(Expected::Here(before.sequence)),
                body: [attempt.as_bytes(), &*body].concat().into(),
            };
            let why = match self.wire.store(vec![message], None).await {
                Sent::Stored(_) => return Ok(answer),
                Sent::Failed(error) => return Err(error.into()),
                Sent::Refused => "others were always faster".to_owned(),
                Sent::NotTaken(why) => why,
                Sent::Unknown(why) => {
                    sent.push((attempt, answer));
                    why
                }
            };
            if begin.elapsed() > self.patience {
                return Err(backend(&self.wire.place, "keeping something", why).into());
            }
            if !sent.is_empty() {
                sleep(Kept::PAUSE).await;
            }
        }
    }

    /// The subjects of all documents of a kind.
    pub(crate) async fn subjects(
        &self,
        kind: &str,
        replicas: usize,
    ) -> Result<Vec<String>, StoreError> {
        self.make(replicas).await?;
        let filter = format!("{}.{kind}.>", self.wire.stream);
        let asked = format!("STREAM.INFO.{}", self.wire.stream);
        let mut subjects = Vec::new();
        loop {
            let body = json!({ "subjects_filter": filter, "offset": subjects.len() });
            let info = self.wire.api(&asked, &body).await?;
            let info = info.map_err(|told| {
                backend(&self.wire.place, "listing what is kept", told.description)
            })?;
            let before = subjects.len();
            if let Some(page) = info["state"]["subjects"].as_object() {
                subjects.extend(page.keys().cloned());
            }
            if subjects.len() == before || Some(subjects.len() as u64) >= info["total"].as_u64() {
                return Ok(subjects);
            }
        }
    }

    /// The document as the leader has it: a replica may be behind.
    async fn found(&self, subject: &str) -> Result<Document, StoreError> {
        let asked = format!("STREAM.MSG.GET.{}", self.wire.stream);
        let begin = Instant::now();
        let answer = loop {
            let answer = self
                .wire
                .api(&asked, &json!({ "last_by_subj": subject }))
                .await;
            let why = match answer {
                Ok(Ok(answer)) => break answer,
                Ok(Err(told)) if told.err_code == code::NO_MESSAGE => {
                    return Ok(Document {
                        sequence: 0,
                        written: None,
                    });
                }
                Ok(Err(told)) => {
                    backend(&self.wire.place, "reading what is kept", told.description)
                }
                Err(error) => error,
            };
            if begin.elapsed() > self.patience {
                return Err(why);
            }
            sleep(Kept::PAUSE).await;
        };
        let unreadable = |what: &str| damaged(&self.wire.place, format!("`{subject}`: {what}"));
        let message = &answer["message"];
        let sequence = message["seq"]
            .as_u64()
            .ok_or_else(|| unreadable("no number"))?;
        let data = message["data"].as_str().unwrap_or_default();
        let body = STANDARD
            .decode(data)
            .map_err(|error| unreadable(&error.to_string()))?;
        let body = Bytes::from(body);
        let written = match body.split_at_checked(MARK) {
            None => return Err(unreadable("it is too short")),
            Some((_, [])) => None,
            Some((by, _)) => Some((Uuid::from_slice(by).unwrap_or_default(), body.slice(MARK..))),
        };
        Ok(Document { sequence, written })
    }

    /// Makes the stream, unless it is there.
    async fn make(&self, replicas: usize) -> Result<(), StoreError> {
        let make = async {
            let config = json!({
                "name": self.wire.stream, "subjects": [format!("{}.>", self.wire.stream)],
                "num_replicas": replicas, "storage": "file", "retention": "limits", "discard": "old",
                "max_msgs_per_subject": 1, "max_msgs": -1, "max_bytes": -1, "max_age": 0,
                "allow_direct": true, "duplicate_window": 100_000_000,
            });
            let begin = Instant::now();
            loop {
                let asked = format!("STREAM.INFO.{}", self.wire.stream);
                let why = match self.wire.api(&asked, &json!({})).await {
                    Ok(Ok(info)) => return self.check(&info["config"]),
                    Ok(Err(told)) if told.err_code == code::STREAM_NOT_FOUND => {
                        let asked = format!("STREAM.CREATE.{}", self.wire.stream);
                        match self.wire.api(&asked, &config).await {
                            Ok(Ok(_)) => return Ok(()),
                            Ok(Err(told)) => {
                                backend(&self.wire.place, "making it", told.description)
                            }
                            Err(error) => error,
                        }
                    }
                    Ok(Err(told)) => backend(&self.wire.place, "looking for it", told.description),
                    Err(error) => error,
                };
                if begin.elapsed() > self.patience {
                    return Err(why);
                }
                sleep(Kept::PAUSE).await;
            }
        };
        self.made.get_or_try_init(|| make).await?;
        Ok(())
    }

    /// Whether the stream keeps what it is given, and one of each.
    fn check(&self, config: &Value) -> Result<(), StoreError> {
        let keeps = config["max_msgs_per_subject"] == 1 && config["storage"] == "file";
        let drops = ["max_msgs", "max_bytes", "max_age"];
        let drops = drops
            .iter()
            .find(|key| config[**key].as_i64().is_some_and(|it| it > 0));
        match (keeps, drops) {
            (true, None) => Ok(()),
            (_, drops) => Err(StoreError::NotAStore {
                place: self.wire.place.clone(),
                found: match drops {
                    Some(key) => format!("a stream that drops documents by `{key}`"),
                    None => "a stream that was made by something else".into(),
                },
            }),
        }
    }
}
