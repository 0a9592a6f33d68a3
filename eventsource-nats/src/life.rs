//! Which store this is, and which life of it: a message in the log itself says so, so that it cannot be parted from the events.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use eventsource_core::{IdSource, RandomIds, StoreError, StoreIdentity, Uuid};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::{backend, damaged};
use crate::get::Got;
use crate::open::{GONE, Shared};
use crate::wire::{Expected, Outgoing, Sent};

/// The newest form of messages that is known here.
const SCHEMA: u32 = 1;

/// No message that is answered for is so many messages older than the newest one, unless the log is another one.
const SLACK: u64 = 1_000_000;

/// How often the log is compared with what is known of it, while it changes.
const TRIES: usize = 20;

/// The message that says which store it is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Record {
    schema: u32,
    id: Uuid,
    incarnation: Uuid,
    /// When the JetStream stream was made: another time is another stream, with a copy of the messages.
    created: String,
    /// The types whose events are copied under a subject of their own.
    pub(crate) types: Vec<String>,
}

impl Record {
    pub(crate) fn new(created: &str, types: &[String]) -> Self {
        let StoreIdentity { id, incarnation } = StoreIdentity::fresh();
        Self {
            schema: SCHEMA,
            id,
            incarnation,
            created: created.into(),
            types: types.to_vec(),
        }
    }

    pub(crate) fn read(place: &str, body: &[u8]) -> Result<Self, StoreError> {
        // What a newer version has written may have another form: the number is looked at first.
        let any: Value = serde_json::from_slice(body)
            .map_err(|error| damaged(place, format!("its identity cannot be read: {error}")))?;
        let found = any.get("schema").and_then(Value::as_u64).unwrap_or(0);
        if found > u64::from(SCHEMA) {
            return Err(StoreError::Newer {
                place: place.into(),
                found: u32::try_from(found).unwrap_or(u32::MAX),
                supported: SCHEMA,
            });
        }
        serde_json::from_value(any)
            .map_err(|error| damaged(place, format!("its identity cannot be read: {error}")))
    }

    pub(crate) fn identity(&self) -> StoreIdentity {
        StoreIdentity {
            id: self.id,
            incarnation: self.incarnation,
        }
    }

    pub(crate) fn body(&self) -> bytes::Bytes {
        json!(self).to_string().into()
    }
}

/// The life that this process knows the store in.
pub(crate) struct Life {
    identity: Mutex<StoreIdentity>,
    /// The highest sequence number that this process has seen in it.
    highest: AtomicU64,
    /// Something has happened after which it may be another one.
    suspect: AtomicBool,
    /// How often the client had connected when it was looked at last.
    connects: AtomicU64,
    looking: tokio::sync::Mutex<()>,
}

impl Life {
    pub(crate) fn new(identity: StoreIdentity, connects: u64) -> Self {
        Self {
            identity: Mutex::new(identity),
            highest: AtomicU64::new(0),
            suspect: AtomicBool::new(false),
            connects: AtomicU64::new(connects),
            looking: tokio::sync::Mutex::new(()),
        }
    }

    pub(crate) fn identity(&self) -> StoreIdentity {
        *self.identity.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A message was stored, or read, with this number. Answers come in any order, but none is so far behind another one.
    pub(crate) fn seen(&self, sequence: u64) {
        let highest = self.highest.fetch_max(sequence, Ordering::SeqCst);
        if sequence.saturating_add(SLACK) < highest {
            self.suspect();
        }
    }

    pub(crate) fn suspect(&self) {
        self.suspect.store(true, Ordering::SeqCst);
    }
}

impl Shared {
    /// Looks which life the store is in, if something has happened after which it may be another one.
    pub(crate) async fn look_at_life(&self) -> Result<(), StoreError> {
        let life = &self.life;
        let connects = self.connects();
        if !life.suspect.load(Ordering::SeqCst) && life.connects.load(Ordering::SeqCst) == connects
        {
            return Ok(());
        }
        let _looking = life.looking.lock().await;
        if !life.suspect.swap(false, Ordering::SeqCst)
            && life.connects.load(Ordering::SeqCst) == connects
        {
            return Ok(());
        }
        let mut looked = Box::pin(self.compare()).await;
        for _ in 0..TRIES {
            if !matches!(looked, Ok(false)) {
                break;
            }
            looked = Box::pin(self.compare()).await;
        }
        let looked = looked.and_then(|known| match known {
            true => Ok(()),
            false => Err(backend(
                &self.wire.place,
                "beginning a new incarnation",
                "others are always faster",
            )),
        });
        match &looked {
            Ok(()) => life.connects.store(connects, Ordering::SeqCst),
            Err(_) => life.suspect(),
        }
        looked
    }

    pub(crate) fn connects(&self) -> u64 {
        let statistics = self.wire.client.statistics();
        statistics.connects.load(Ordering::Relaxed)
    }

    /// Compares where the store is with where it was. False: somebody came between, so that it must be compared again.
    async fn compare(&self) -> Result<bool, StoreError> {
        let highest = self.life.highest.load(Ordering::SeqCst);
        let Some(info) = self.stream_info().await? else {
            return Err(damaged(&self.wire.place, "its stream is gone"));
        };
        let created = info["created"].as_str().unwrap_or_default().to_owned();
        let replicas = info["config"]["num_replicas"].as_u64().unwrap_or(1);
        self.replicas.store(
            usize::try_from(replicas).unwrap_or(usize::MAX),
            Ordering::SeqCst,
        );
        let last = info["state"]["last_seq"].as_u64().unwrap_or(0);
        let message = self.last_by(&self.subjects.life).await?;
        let message = message.ok_or_else(|| damaged(&self.wire.place, GONE))?;
        let record = Record::read(&self.wire.place, &message.body)?;
        let known = self.life.identity();
        if record.id != known.id {
            return Err(StoreError::OtherStore {
                asked: known.id,
                this: record.id,
            });
        }
        let is_older = last < highest;
        if record.created == created && !is_older {
            self.live(record.identity(), None);
            return Ok(true);
        }
        // A server that was the leader once and has not heard yet that it is not could say so as well: therefore only if
        // the log really ends there.
        self.renew(&message, record, created, Some(last)).await
    }

    /// Begins a new life, whatever it was in.
    pub(crate) async fn renew_life(&self) -> Result<(), StoreError> {
        let info = self.stream_info().await?.unwrap_or_default();
        let created = info["created"].as_str().unwrap_or_default().to_owned();
        let message = self.last_by(&self.subjects.life).await?;
        let message = message.ok_or_else(|| damaged(&self.wire.place, GONE))?;
        let record = Record::read(&self.wire.place, &message.body)?;
        match self.renew(&message, record, created, None).await? {
            true => Ok(()),
            false => Err(backend(
                &self.wire.place,
                "beginning a new incarnation",
                "somebody else has begun one at the same time",
            )),
        }
    }

    async fn renew(
        &self,
        before: &Got,
        record: Record,
        created: String,
        last: Option<u64>,
    ) -> Result<bool, StoreError> {
        let record = Record {
            incarnation: RandomIds.fresh(),
            created,
            ..record
        };
        let message = Outgoing {
            subject: self.subjects.life.clone(),
            expected: Some(Expected::Here(before.sequence)),
            body: record.body(),
        };
        match self.wire.store(vec![message], last).await {
            Sent::Stored(sequence) => {
                self.live(record.identity(), Some(sequence));
                Ok(true)
            }
            Sent::Refused => Ok(false),
            Sent::Failed(error) => Err(error),
            other => Err(backend(
                &self.wire.place,
                "beginning a new incarnation",
                format!("{other:?}; try again"),
            )),
        }
    }

    /// Goes on in this life.
    fn live(&self, identity: StoreIdentity, begins_at: Option<u64>) {
        let mut known = self
            .life
            .identity
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if *known == identity {
            return;
        }
        tracing::warn!(place = self.wire.place, incarnation = %identity.incarnation, "the store has a new incarnation");
        *known = identity;
        drop(known);
        self.life
            .highest
            .store(begins_at.unwrap_or(0), Ordering::SeqCst);
        self.known.forget();
        self.tail.forget();
        self.tide.begin_again();
    }
}
