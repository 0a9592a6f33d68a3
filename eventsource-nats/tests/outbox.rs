//! The outbox of a store in a file, on a real server: what comes twice is left out there, and nothing is lost.

mod server;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, pull};
use async_nats::jetstream::{self, stream};
use eventsource_cloudevents::{CloudEvent, Outbox};
use eventsource_core::{
    Append, Ended, LogScan, NewEvent, OnError, Runner, Store, StreamName, Timestamp,
};
use eventsource_faults::{Others, in_role, say};
use eventsource_nats::{NatsPublisher, async_nats};
use eventsource_sqlite::SqliteStore;
use futures_util::StreamExt;

async fn record(store: &SqliteStore, stream: &str, name: &str, payload: String) {
    let event = NewEvent {
        name: name.to_owned().into(),
        schema: 1,
        format: "json".into(),
        payload: payload.into(),
        metadata: [].into(),
        recorded_at: Timestamp::default(),
        tags: Vec::new(),
    };
    let stream = StreamName::parse(stream).unwrap();
    let append = Append::to(stream).event(event);
    store.append(Arc::new(append)).await.unwrap();
}

fn outbox(
    store: &SqliteStore,
    client: &async_nats::Client,
    prefix: &str,
) -> Runner<SqliteStore, Outbox<NatsPublisher>> {
    let prefix = prefix.to_owned();
    let subject = move |event: &CloudEvent<'_>| format!("{prefix}.{}", event.stored().name);
    let publisher = NatsPublisher::new(client.clone(), subject).structured();
    let outbox = Outbox::new("to-nats", publisher).source("urn:test");
    let soon = Duration::from_millis(5);
    outbox
        .on(store)
        .batch(20)
        .lease(Duration::from_millis(30))
        .on_error(OnError::park().retries(1).backoff(soon, soon))
}

#[test]
#[ignore = "runs as another process of the other test"]
fn the_publishing_process() {
    in_role(|place, _| async move {
        let (path, prefix) = place.split_once('|').unwrap();
        let store = SqliteStore::open(path).await.unwrap();
        let client = async_nats::connect(server::one()).await.unwrap();
        say("open");
        outbox(&store, &client, prefix).run().await.unwrap();
    });
}

/// How many events are published while publishers are killed.
const EVENTS: u64 = 1_500;

/// A store in a file, and a place on the server for its events.
struct Place {
    store: SqliteStore,
    client: async_nats::Client,
    jetstream: jetstream::Context,
    prefix: String,
    folder: tempfile::TempDir,
}

impl Place {
    async fn fresh() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(folder.path().join("events.db"))
            .await
            .unwrap();
        let client = async_nats::connect(server::one()).await.unwrap();
        Self {
            store,
            jetstream: jetstream::new(client.clone()),
            client,
            prefix: server::fresh_name(),
            folder,
        }
    }

    async fn make_stream(&self, max_message_size: i32) {
        let config = stream::Config {
            name: self.prefix.clone(),
            subjects: vec![format!("{}.>", self.prefix)],
            max_message_size,
            ..stream::Config::default()
        };
        self.jetstream.create_stream(config).await.unwrap();
    }

    fn outbox(&self) -> Runner<SqliteStore, Outbox<NatsPublisher>> {
        outbox(&self.store, &self.client, &self.prefix)
    }

    /// How many messages the server has kept.
    async fn count(&self) -> u64 {
        let mut stream = self.jetstream.get_stream(&self.prefix).await.unwrap();
        stream.info().await.unwrap().state.messages
    }

    /// What the server has kept, in order: subject, subject attribute, id.
    async fn kept(&self) -> Vec<(String, String, String)> {
        let count = self.count().await;
        let stream = self.jetstream.get_stream(&self.prefix).await.unwrap();
        let consumer = stream
            .create_consumer(pull::Config {
                ack_policy: AckPolicy::None,
                ..pull::Config::default()
            })
            .await
            .unwrap();
        let count = usize::try_from(count).unwrap();
        let mut messages = consumer.messages().await.unwrap().take(count);
        let mut kept = Vec::new();
        while let Some(message) = messages.next().await {
            let message = message.unwrap();
            let headers = message.headers.as_ref().unwrap();
            assert_eq!(
                headers.get("Content-Type").unwrap().as_str(),
                "application/cloudevents+json"
            );
            let event: serde_json::Value = serde_json::from_slice(&message.payload).unwrap();
            assert_eq!(event["specversion"], "1.0");
            let text = |name: &str| event[name].as_str().unwrap().to_owned();
            kept.push((message.subject.to_string(), text("subject"), text("id")));
        }
        kept
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let (jetstream, name) = (self.jetstream.clone(), self.prefix.clone());
        tokio::spawn(async move { jetstream.delete_stream(name).await });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_event_is_kept_once_in_order_though_the_outbox_is_killed() {
    let place = Place::fresh().await;
    place.make_stream(-1).await;
    for number in 0..EVENTS {
        let stream = format!("account/{}", number % 5);
        let payload = number.to_string();
        record(&place.store, &stream, "account.deposited", payload).await;
    }
    let others = Others {
        test: "the_publishing_process",
        place: format!(
            "{}|{}",
            place.folder.path().join("events.db").display(),
            place.prefix
        ),
    };
    // Each publishes a few more, and is killed at whatever it does.
    let (mut kept, mut kills) = (0, 0);
    while kept < EVENTS {
        let mut publishing = others.start("publish").await;
        let goal = EVENTS.min(kept + 40 + 31 * kills);
        while kept < goal {
            tokio::time::sleep(Duration::from_millis(1)).await;
            kept = place.count().await;
        }
        publishing.kill();
        kills += 1;
        kept = place.count().await;
    }
    assert!(kills >= 5, "only {kills} were killed");
    assert_eq!(place.outbox().catch_up().await.unwrap(), Ended::CaughtUp);

    let mut expected: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for event in place.store.read_all(LogScan::default()).await.unwrap() {
        let id = CloudEvent::new("urn:test", event.as_ref()).id().to_string();
        expected
            .entry(event.stream.to_string())
            .or_default()
            .push(id);
    }
    let mut kept: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (subject, stream, id) in place.kept().await {
        assert_eq!(subject, format!("{}.account.deposited", place.prefix));
        kept.entry(stream).or_default().push(id);
    }
    for (stream, expected) in expected {
        let differs: Vec<_> = kept[&stream]
            .iter()
            .zip(&expected)
            .enumerate()
            .filter(|(_, (kept, expected))| kept != expected)
            .take(1)
            .collect();
        assert!(differs.is_empty(), "{stream}: {differs:?}");
        assert_eq!(kept[&stream].len(), expected.len(), "{stream}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_stream_it_waits_and_what_is_too_large_is_parked() {
    let place = Place::fresh().await;
    record(&place.store, "a/1", "first", "1".into()).await;
    record(
        &place.store,
        "a/2",
        "large",
        format!("\"{}\"", "x".repeat(3000)),
    )
    .await;
    record(&place.store, "a/1", "small", "2".into()).await;
    let runner = place.outbox();
    let outbox = runner.handle();
    let running = tokio::spawn(runner.catch_up());
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!running.is_finished(), "nobody has taken anything");
    place.make_stream(2000).await;
    assert_eq!(running.await.unwrap().unwrap(), Ended::CaughtUp);
    let kept = place.kept().await;
    let subjects: Vec<_> = kept.iter().map(|kept| kept.0.as_str()).collect();
    let prefix = &place.prefix;
    assert_eq!(
        subjects,
        [format!("{prefix}.first"), format!("{prefix}.small")]
    );
    let parked = outbox.parked().await.unwrap();
    assert_eq!(parked.len(), 1);
    assert_eq!(parked[0].stream.as_str(), "a/2");
    assert!(
        parked[0].error.contains("exceeds maximum"),
        "{}",
        parked[0].error
    );
}
