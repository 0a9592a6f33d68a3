//! Opening a store: the servers, the JetStream stream, the identity, and what the handles share.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_nats::Client;
use eventsource_core::StoreError;
use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio::sync::{RwLock, Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep};

use crate::documents::Documents;
use crate::error::{backend, damaged};
use crate::known::Known;
use crate::life::{Life, Record};
use crate::lines::Lines;
use crate::metrics::Counters;
use crate::options::{Kept, NatsOptions};
use crate::store::NatsStore;
use crate::subject::Subjects;
use crate::tail::Tail;
use crate::tide::Tide;
use crate::turn::Turns;
use crate::wire::{Expected, Outgoing, Sent, Told, Wire, code};

/// What is wrong where the log has lost its identity.
pub(crate) const GONE: &str = "its identity is gone: was it purged?";

/// What a stream that is a store is marked with.
const MARK: &str = "eventsource";

/// What the handles and the task of a store share.
pub(crate) struct Shared {
    pub(crate) options: Kept,
    /// How many servers have the events.
    pub(crate) replicas: AtomicUsize,
    pub(crate) subjects: Subjects,
    pub(crate) wire: Wire,
    pub(crate) documents: Documents,
    pub(crate) life: Life,
    pub(crate) known: Known,
    pub(crate) lines: Lines,
    /// Held alone by an append that rests on the whole log.
    pub(crate) whole: RwLock<()>,
    pub(crate) turns: Turns,
    pub(crate) tail: Tail,
    pub(crate) tide: Tide,
    pub(crate) counters: Counters,
    pub(crate) indexed_types: Vec<String>,
    /// How many appends may be under way, and how many may begin now.
    pub(crate) queue: usize,
    pub(crate) under_way: Semaphore,
    /// The most bytes of a message.
    pub(crate) message_bytes: usize,
    pub(crate) runtime: Handle,
    closed: watch::Sender<bool>,
    is_closed: AtomicBool,
    owns_client: bool,
    task: Mutex<Option<JoinHandle<()>>>,
    /// Snapshots on their way.
    keeping: Mutex<JoinSet<()>>,
}

impl Shared {
    pub(crate) fn replicas(&self) -> usize {
        self.replicas.load(Ordering::SeqCst)
    }

    pub(crate) fn check_open(&self) -> Result<(), StoreError> {
        match self.is_closed.load(Ordering::SeqCst) {
            true => Err(StoreError::Closed),
            false => Ok(()),
        }
    }

    /// Ends the task, and refuses what comes.
    pub(crate) fn close(&self) {
        self.is_closed.store(true, Ordering::SeqCst);
        self.under_way.close();
        self.closed.send_replace(true);
        self.tide.close();
    }

    /// Waits until the task has ended and the connection is closed.
    pub(crate) async fn finish(&self) {
        let task = self
            .task
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(task) = task {
            let _ = task.await;
        }
        let mut keeping = std::mem::take(&mut *self.keeping());
        while keeping.join_next().await.is_some() {}
        if self.owns_client {
            // It fails where the connection is closed already.
            let _ = self.wire.client.drain().await;
        }
    }

    /// Ends when the store is closed.
    pub(crate) fn closing(&self) -> watch::Receiver<bool> {
        self.closed.subscribe()
    }

    pub(crate) fn keeping(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.keeping.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the task that follows the log, unless it runs already: it is there for those who wait.
    pub(crate) fn follow(self: &Arc<Self>) {
        let mut task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        if task.is_none() && self.check_open().is_ok() {
            *task = Some(self.runtime.spawn(Tide::run(Arc::clone(self))));
        }
    }

    /// What the server says of the stream, or `None` if there is none.
    pub(crate) async fn stream_info(&self) -> Result<Option<Value>, StoreError> {
        let begin = Instant::now();
        loop {
            self.check_open()?;
            match stream_info(&self.wire).await {
                Err(_) if begin.elapsed() < self.options.patience => sleep(Kept::PAUSE).await,
                answer => return answer,
            }
        }
    }
}

async fn stream_info(wire: &Wire) -> Result<Option<Value>, StoreError> {
    let asked = format!("STREAM.INFO.{}", wire.stream);
    match wire.api(&asked, &json!({})).await? {
        Ok(info) => Ok(Some(info)),
        Err(told) if told.err_code == code::STREAM_NOT_FOUND => Ok(None),
        Err(told) => Err(said(wire, "looking for the stream", told)),
    }
}

fn said(wire: &Wire, doing: &str, told: Told) -> StoreError {
    let text = format!("{} (error {})", told.description, told.err_code);
    backend(&wire.place, doing, text)
}

/// Connects, and opens the store.
pub(crate) async fn connect(mut options: NatsOptions, url: &str) -> Result<NatsStore, StoreError> {
    let connect = std::mem::take(&mut options.connect);
    let servers: Vec<_> = url.split(',').map(str::trim).collect();
    let client = connect.connect(servers).await;
    let client = client.map_err(|error| backend(&options.name, "connecting", error))?;
    open(options, client, true).await
}

/// Opens the store on this connection.
pub(crate) async fn open(
    options: NatsOptions,
    client: Client,
    owns_client: bool,
) -> Result<NatsStore, StoreError> {
    let name = options.name.clone();
    let is_good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if name.is_empty() || name.len() > 32 || !name.bytes().all(is_good) {
        return Err(StoreError::NotAStore {
            place: name.escape_debug().to_string(),
            found: "a store's name has 1 to 32 letters, digits, `-` and `_`".into(),
        });
    }
    let server = client.server_info();
    let place = format!(
        "JetStream stream `{name}` at {}:{}",
        server.host, server.port
    );
    check_version(&place, &server.version)?;
    let subjects = Subjects::new(&name);
    let turn = subjects.turn.clone();
    let wire = Wire::new(client, name, place, turn, options.call_timeout);
    let (record, replicas, sequence) = prepare(&wire, &subjects, &options).await?;
    if !options.indexed_types.is_empty() && sorted(&options.indexed_types) != record.types {
        return Err(StoreError::NotAStore {
            place: wire.place.clone(),
            found: format!(
                "a store with the indexed types {:?}; they are fixed when it is made",
                record.types
            ),
        });
    }
    let connects = wire.client.statistics().connects.load(Ordering::Relaxed);
    let life = Life::new(record.identity(), connects);
    life.seen(sequence);
    let shared = Shared {
        documents: Documents::beside(&wire, options.patience),
        options: Kept {
            limits: options.limits,
            patience: options.patience,
        },
        replicas: AtomicUsize::new(replicas),
        subjects,
        life,
        known: Known::default(),
        lines: Lines::new(),
        whole: RwLock::new(()),
        turns: Turns::default(),
        tail: Tail::default(),
        tide: Tide::new(),
        counters: Counters::default(),
        indexed_types: record.types,
        queue: options.queue,
        under_way: Semaphore::new(options.queue),
        message_bytes: server.max_payload.saturating_sub(4 << 10).min(8 << 20),
        runtime: Handle::current(),
        closed: watch::Sender::new(false),
        is_closed: AtomicBool::new(false),
        owns_client,
        task: Mutex::new(None),
        keeping: Mutex::default(),
        wire,
    };
    Ok(NatsStore::new(Arc::new(shared)))
}

/// Atomic batches, and direct gets of several messages, are there since 2.12.
fn check_version(place: &str, version: &str) -> Result<(), StoreError> {
    let mut numbers = version.split(['.', '-']).map(str::parse::<u32>);
    let mut next = || numbers.next().and_then(Result::ok).unwrap_or(0);
    if (next(), next()) >= (2, 12) {
        return Ok(());
    }
    Err(StoreError::NotAStore {
        place: place.into(),
        found: format!("a server of version {version}; atomic batches need 2.12 or newer"),
    })
}

fn sorted(types: &[String]) -> Vec<String> {
    let mut types = types.to_vec();
    types.sort_unstable();
    types.dedup();
    types
}

fn config(wire: &Wire, subjects: &Subjects, replicas: usize) -> Value {
    json!({
        "name": wire.stream, "subjects": [subjects.everything], "num_replicas": replicas,
        "storage": "file", "retention": "limits", "discard": "new",
        "max_msgs": -1, "max_bytes": -1, "max_age": 0, "max_msgs_per_subject": -1, "max_msg_size": -1,
        "max_consumers": -1, "duplicate_window": 100_000_000,
        "allow_direct": true, "allow_atomic": true, "allow_msg_ttl": true,
        "deny_delete": true, "deny_purge": true, "metadata": { MARK: "1" },
    })
}

/// Finds the stream or makes it, checks that it is fit to be a store, and gives its identity, how many replicas it has, and its
/// last number.
async fn prepare(
    wire: &Wire,
    subjects: &Subjects,
    options: &NatsOptions,
) -> Result<(Record, usize, u64), StoreError> {
    let info = match stream_info(wire).await? {
        Some(info) => info,
        None => {
            let asked = format!("STREAM.CREATE.{}", wire.stream);
            let config = config(wire, subjects, options.replicas);
            match wire.api(&asked, &config).await? {
                Ok(info) => info,
                // Somebody else was faster, perhaps with other settings.
                Err(told) if told.err_code == code::STREAM_NAME_IN_USE => {
                    let info = stream_info(wire).await?;
                    info.ok_or_else(|| said(wire, "making the stream", told))?
                }
                Err(told) => return Err(said(wire, "making the stream", told)),
            }
        }
    };
    let replicas = check_config(wire, &info["config"], options.replicas)?;
    let created = info["created"].as_str().unwrap_or_default();
    let record = Record::new(created, &sorted(&options.indexed_types));
    let last = info["state"]["last_seq"].as_u64().unwrap_or(0);
    if last == 0 {
        let message = Outgoing {
            subject: subjects.life.clone(),
            expected: Some(Expected::Here(0)),
            body: record.body(),
        };
        let begin = Instant::now();
        loop {
            match wire.store(vec![message.again()], None).await {
                Sent::Stored(sequence) => return Ok((record, replicas, sequence)),
                // It has one by now.
                Sent::Refused => break,
                Sent::Failed(error) => return Err(error),
                Sent::NotTaken(reason) | Sent::Unknown(reason) => {
                    if begin.elapsed() > options.patience {
                        return Err(backend(&wire.place, "making the store", reason));
                    }
                    sleep(Kept::PAUSE).await;
                }
            }
        }
    }
    let asked = json!({ "last_by_subj": subjects.life });
    let begin = Instant::now();
    loop {
        let found = wire.get(&asked).await.map(|page| page.messages);
        match found.as_deref() {
            Ok([message, ..]) => {
                return Ok((Record::read(&wire.place, &message.body)?, replicas, last));
            }
            // A replica that was made a moment ago may not have it yet.
            _ if begin.elapsed() < options.call_timeout => sleep(Kept::PAUSE).await,
            Ok([]) => return Err(damaged(&wire.place, GONE)),
            Err(_) => {
                found?;
            }
        }
    }
}

/// Whether a stream keeps what it acknowledges, and is one of ours. Gives the number of its replicas.
fn check_config(wire: &Wire, config: &Value, replicas: usize) -> Result<usize, StoreError> {
    let refuse = |found: String| {
        Err(StoreError::NotAStore {
            place: wire.place.clone(),
            found,
        })
    };
    if config["metadata"][MARK].is_null() {
        return refuse("a stream that was made by something else".into());
    }
    let has = config["num_replicas"].as_u64().unwrap_or(1);
    if has < replicas as u64 {
        return refuse(format!(
            "a stream with {has} replicas where {replicas} are asked for; give it more, or ask for fewer with `replicas`"
        ));
    }
    for (key, wanted) in [("storage", "file"), ("retention", "limits")] {
        if config[key] != wanted {
            return refuse(format!(
                "a stream whose {key} is {} and not {wanted}",
                config[key]
            ));
        }
    }
    for key in ["allow_direct", "allow_atomic", "allow_msg_ttl"] {
        if config[key] != true {
            return refuse(format!("a stream without `{key}`"));
        }
    }
    for key in ["max_msgs", "max_bytes", "max_age", "max_msgs_per_subject"] {
        if config[key].as_i64().is_some_and(|limit| limit > 0) {
            return refuse(format!("a stream that drops events by `{key}`"));
        }
    }
    for key in ["deny_delete", "deny_purge"] {
        if config[key] != true {
            tracing::warn!(
                place = wire.place,
                key,
                "events of this stream can be deleted by hand"
            );
        }
    }
    Ok(usize::try_from(has).unwrap_or(usize::MAX))
}
