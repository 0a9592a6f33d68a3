//! The store against the same operations by plain `async-nats`, in one run, taking turns.
//!
//! `scripts/with-servers cargo bench --package eventsource-nats` measures on three servers, and on one with `REPLICAS=1`. A word
//! after `--` leaves out what has it not in its name.
#![allow(
    missing_docs,
    clippy::cast_precision_loss,
    reason = "a program, and ratios for people"
)]

use std::future::Future;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use async_nats::{Client, HeaderMap, HeaderValue, Request};
use bytes::Bytes;
use eventsource_core::IdSource;
use eventsource_core::{
    Append, EventRef, Key, NewEvent, RandomIds, Store, StreamName, StreamScan, Timestamp, Version,
    Visit,
};
use eventsource_nats::NatsStore;
use futures_util::StreamExt;
use futures_util::future::{Either, select};
use serde_json::json;

const PAYLOAD: &[u8] = &[b'x'; 100];
/// Each side is measured so often, for so long, in turns.
const TURNS: usize = 3;
const TURN: Duration = Duration::from_millis(700);

#[tokio::main]
async fn main() {
    let replicas = std::env::var("REPLICAS").map_or(3, |text| text.parse().expect("a number"));
    let variable = if replicas == 1 {
        "EVENTSOURCE_NATS"
    } else {
        "EVENTSOURCE_NATS_CLUSTER"
    };
    let url = std::env::var(variable).expect("scripts/with-servers starts the servers");
    let unique = std::process::id();
    let options = NatsStore::options()
        .name(format!("BENCH_{unique}"))
        .replicas(replicas);
    let store = options.open(&url).await.expect("a store");
    let plain = Plain::make(&url, format!("PLAIN_{unique}"), replicas).await;
    println!("{replicas} replicas; operations a second, the median of {TURNS} turns\n");
    println!("| operation | at once | plain | store | ratio |\n|---|---:|---:|---:|---:|");

    for tasks in [1, 16, 64, 256] {
        compare(
            "append one event at a version",
            tasks,
            |task, number| plain.append(task, number),
            |task, number| {
                let key = Key::unique(RandomIds.fresh());
                append(&store, &format!("single{tasks}"), task, number, key)
            },
        )
        .await;
    }
    for tasks in [1, 16, 64, 256] {
        compare(
            "append one event under a given key",
            tasks,
            |task, number| plain.append_under_key(tasks, task, number),
            |task, number| {
                let key = Key::given("bench", &format!("{tasks} {task} {number}"), b"asked");
                append(&store, &format!("keyed{tasks}"), task, number, key)
            },
        )
        .await;
    }
    // Side by side in the log, and with others between them, as they are in practice.
    for (events, others) in [(10, 0), (10, 2_000), (5_000, 0)] {
        let stream = StreamName::new("read", &format!("{events}-{others}")).expect("a name");
        let subject = format!("{}.read.{events}-{others}", plain.stream);
        let mut last = 0;
        for version in 0..events {
            let append = Append::to(stream.clone())
                .at(Version(version))
                .event(event());
            store.append(Arc::new(append)).await.expect("an append");
            last = plain.publish(&subject, expecting(last)).await;
            fill(&plain, &store, others).await;
        }
        let scan = || StreamScan::of(stream.clone());
        let what = match others {
            0 => format!("{events} events"),
            _ => format!("{events} events, {others} others after each"),
        };
        for at_once in [1, 16]
            .into_iter()
            .filter(|at_once| at_once * events < 5_001)
        {
            compare(
                &format!("read {what}, as a command does"),
                at_once,
                |_, _| plain.read(subject.clone(), events),
                |_, _| read(&store, scan().may_lag(), events),
            )
            .await;
            if replicas > 1 {
                compare(
                    &format!("read the newest state, {what}"),
                    at_once,
                    |_, _| async {
                        plain
                            .publish(&format!("{}.turn", plain.stream), HeaderMap::new())
                            .await;
                        plain.read(subject.clone(), events).await;
                    },
                    |_, _| read(&store, scan(), events),
                )
                .await;
            }
        }
    }
    println!("\n{:?}", store.metrics());
    plain.delete(&format!("BENCH_{unique}")).await;
    plain.delete(&plain.stream).await;
    store.close().await;
}

/// Messages of a thousand other subjects, in both.
async fn fill(plain: &Plain, store: &NatsStore, count: u64) {
    let one = |number: u64| async move {
        let other = StreamName::new("other", &(number % 1_000)).expect("a name");
        let append = Append::to(other).event(event());
        store.append(Arc::new(append)).await.expect("an append");
        let subject = format!("{}.other.{}", plain.stream, number % 1_000);
        plain.publish(&subject, HeaderMap::new()).await;
    };
    let all = futures_util::stream::iter((0..count).map(one));
    all.buffer_unordered(128).for_each(|()| async {}).await;
}

/// Lets both sides take turns, each with so many tasks, and prints how often each did it.
async fn compare<P, S>(
    what: &str,
    tasks: u64,
    plain: impl Fn(u64, u64) -> P,
    store: impl Fn(u64, u64) -> S,
) where
    P: Future<Output = ()>,
    S: Future<Output = ()>,
{
    let mut words = std::env::args().skip(1);
    if words.any(|word| !word.starts_with("--") && !what.contains(&word)) {
        return;
    }
    let (mut rates, mut done) = (
        [Vec::new(), Vec::new()],
        vec![[0; 2]; usize::try_from(tasks).expect("few")],
    );
    for _ in 0..TURNS {
        for side in [0, 1] {
            let (begin, count) = (Instant::now(), AtomicU64::new(0));
            let run = (0..).zip(&mut done).map(|(task, done)| {
                let (plain, store, count) = (&plain, &store, &count);
                async move {
                    while begin.elapsed() < TURN {
                        match side {
                            0 => plain(task, done[0]).await,
                            _ => store(task, done[1]).await,
                        }
                        done[side] += 1;
                        count.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
            futures_util::future::join_all(run).await;
            rates[side].push(count.into_inner() as f64 / begin.elapsed().as_secs_f64());
        }
    }
    let [plain, store] = rates.map(|mut rates| {
        rates.sort_by(f64::total_cmp);
        rates[TURNS / 2]
    });
    println!(
        "| {what} | {tasks} | {plain:.0} | {store:.0} | {:.2} |",
        store / plain
    );
}

fn event() -> NewEvent {
    NewEvent {
        name: "account.deposited".into(),
        schema: 1,
        format: "json".into(),
        payload: PAYLOAD.to_vec(),
        metadata: [].into(),
        recorded_at: Timestamp::from_micros(1_700_000_000_000_000),
        tags: Vec::new(),
    }
}

fn append<'s>(
    store: &'s NatsStore,
    category: &str,
    task: u64,
    number: u64,
    key: Key,
) -> impl Future<Output = ()> + use<'s> {
    let stream = StreamName::new(category, &task).expect("a name");
    let append = Append::to(stream)
        .at(Version(number))
        .key(key)
        .event(event());
    let append = Arc::new(append);
    async move { store.append(append).await.map(drop).expect("an append") }
}

struct Count(u64);

impl Visit for Count {
    fn visit(&mut self, event: EventRef<'_>) -> ControlFlow<()> {
        self.0 += u64::from(event.payload.len() == PAYLOAD.len());
        ControlFlow::Continue(())
    }
}

async fn read(store: &NatsStore, scan: StreamScan, events: u64) {
    let counted = store.scan_stream(scan, Count(0)).await;
    assert_eq!(counted.expect("a scan").0, events);
}

/// Of a message that is stored only if this is the last one of its subject.
fn expecting(last: u64) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(
        "Nats-Expected-Last-Subject-Sequence",
        HeaderValue::from(last),
    );
    headers
}

/// The same by hand: each task has a subject, and remembers its last number.
struct Plain {
    client: Client,
    stream: String,
    lasts: Vec<AtomicU64>,
    sending: tokio::sync::Mutex<()>,
}

impl Plain {
    async fn make(url: &str, stream: String, replicas: usize) -> Self {
        let servers: Vec<_> = url.split(',').collect();
        let client = async_nats::connect(servers).await.expect("a connection");
        let config = json!({
            "name": stream, "subjects": [format!("{stream}.>")], "num_replicas": replicas, "storage": "file",
            "retention": "limits", "discard": "new", "max_msgs": -1, "max_bytes": -1, "max_age": 0,
            "max_msgs_per_subject": -1, "allow_direct": true, "allow_atomic": true,
        });
        let asked = format!("$JS.API.STREAM.CREATE.{stream}");
        client
            .request(asked, config.to_string().into())
            .await
            .expect("a stream");
        Self {
            client,
            stream,
            lasts: (0..1024).map(|_| AtomicU64::new(0)).collect(),
            sending: tokio::sync::Mutex::new(()),
        }
    }

    fn last(&self, index: u64) -> &AtomicU64 {
        &self.lasts[usize::try_from(index).expect("few")]
    }

    /// The number that was given to the message; `None` if the one before it was acknowledged so short a time ago that the
    /// leader still counts it as being written.
    async fn request(&self, subject: String, headers: HeaderMap, payload: Bytes) -> Option<u64> {
        let request = Request::new().headers(headers).payload(payload);
        let answer = self.client.send_request(subject, request).await;
        let answer = answer.expect("an answer");
        let answer: serde_json::Value = serde_json::from_slice(&answer.payload).expect("JSON");
        let stored = answer["seq"].as_u64().filter(|stored| *stored > 0);
        let in_flight = answer["error"]["err_code"] == 10164;
        assert!(stored.is_some() || in_flight, "it was refused: {answer}");
        stored
    }

    async fn publish(&self, subject: &str, headers: HeaderMap) -> u64 {
        loop {
            let sent = self.request(subject.into(), headers.clone(), PAYLOAD.into());
            if let Some(stored) = sent.await {
                return stored;
            }
        }
    }

    async fn append(&self, task: u64, _: u64) {
        let last = self.last(task);
        let headers = expecting(last.load(Ordering::Relaxed));
        let stored = self
            .publish(&format!("{}.single.{task}", self.stream), headers)
            .await;
        last.store(stored, Ordering::Relaxed);
    }

    async fn append_under_key(&self, tasks: u64, task: u64, number: u64) {
        let last = self.last(512 + task);
        // A hash, as whatever a caller names a request by has to become one token of a subject.
        let named = Key::given("bench", &format!("{tasks} {task} {number}"), b"asked");
        let key = format!("{}.key.{}", self.stream, named.id.simple());
        loop {
            let stored = self.batch(task, last.load(Ordering::Relaxed), &key).await;
            if let Some(stored) = stored {
                return last.store(stored - 1, Ordering::Relaxed);
            }
        }
    }

    /// Two messages that are stored together.
    async fn batch(&self, task: u64, last: u64, key: &str) -> Option<u64> {
        let batch = self.client.new_inbox().replace("_INBOX.", "");
        let headers = |number: u64, expected: u64| {
            let mut headers = expecting(expected);
            headers.insert("Nats-Batch-Id", batch.as_str());
            headers.insert("Nats-Batch-Sequence", HeaderValue::from(number));
            headers
        };
        let subject = format!("{}.keyed.{task}", self.stream);
        let sending = self.sending.lock().await;
        let sent = self
            .client
            .publish_with_headers(subject, headers(1, last), PAYLOAD.into());
        sent.await.expect("it is sent");
        let mut second = headers(2, 0);
        second.insert("Nats-Batch-Commit", "1");
        let answer = Box::pin(self.request(key.into(), second, Bytes::from_static(&[0; 24])));
        match select(answer, std::future::ready(())).await {
            Either::Left((stored, _)) => stored,
            Either::Right(((), answer)) => {
                drop(sending);
                answer.await
            }
        }
    }

    async fn read(&self, subject: String, events: u64) {
        let (mut from, mut counted) = (1, 0);
        loop {
            let inbox = self.client.new_inbox();
            let mut answers = self
                .client
                .subscribe(inbox.clone())
                .await
                .expect("a subscription");
            let asked = json!({ "seq": from, "next_by_subj": subject, "batch": 512 });
            let api = format!("$JS.API.DIRECT.GET.{}", self.stream);
            let sent = self
                .client
                .publish_with_reply(api, inbox, asked.to_string().into());
            sent.await.expect("it is sent");
            loop {
                let answer = answers.next().await.expect("an answer");
                let headers = answer.headers.as_ref().expect("headers");
                if answer.status.is_some() {
                    let pending = headers.get("Nats-Num-Pending").map(HeaderValue::as_str);
                    if pending.is_none_or(|pending| pending == "0") {
                        assert!(
                            counted == events || self.lasts.len() > 1,
                            "a replica may be behind"
                        );
                        return;
                    }
                    break;
                }
                let sequence = headers.get("Nats-Sequence").expect("a number").as_str();
                from = sequence.parse::<u64>().expect("a number") + 1;
                counted += u64::from(answer.payload.len() == PAYLOAD.len());
            }
        }
    }

    async fn delete(&self, stream: &str) {
        let _ = self
            .client
            .request(format!("$JS.API.STREAM.DELETE.{stream}"), "".into())
            .await;
    }
}
