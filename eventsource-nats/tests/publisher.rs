//! Publishing from a store to JetStream: a server that stores each event once, though the outbox is killed between the
//! publishing and its checkpoint, and streams in order.
#![cfg(feature = "outbox")]

mod server;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use eventsource_cloudevents::{CloudEvent, Outbox, Publish, PublishError};
use eventsource_core::{Append, MemoryStore, NewEvent, Store, StreamName, Timestamp};
use eventsource_nats::{NatsPublisher, async_nats};
use serde_json::{Value, json};

/// Publishes, and is stuck for ever once so many events are stored: as a process that is killed before its checkpoint.
struct Stuck {
    publisher: NatsPublisher,
    left: Arc<AtomicU64>,
}

impl Publish for Stuck {
    async fn publish(&self, event: &CloudEvent<'_>) -> Result<(), PublishError> {
        self.publisher.publish(event).await?;
        if self.left.fetch_sub(1, Ordering::SeqCst) <= 1 {
            std::future::pending::<()>().await;
        }
        Ok(())
    }
}

async fn api(client: &async_nats::Client, what: String, body: Value) -> Value {
    let answer = client.request(what, body.to_string().into()).await.unwrap();
    serde_json::from_slice(&answer.payload).unwrap()
}

#[tokio::test]
async fn it_is_killed_before_its_checkpoint_and_the_stream_has_each_event_once_in_order() {
    let client = async_nats::connect(server::one()).await.unwrap();
    let name = server::fresh_name();
    let config = json!({ "name": name, "subjects": [format!("{name}.>")], "storage": "file" });
    let made = api(&client, format!("$JS.API.STREAM.CREATE.{name}"), config).await;
    assert!(made["error"].is_null(), "{made}");

    let store = MemoryStore::new();
    for number in 0..60 {
        let event = NewEvent {
            name: "account.credited".into(),
            schema: 1,
            format: "json".into(),
            payload: format!(r#"{{"amount":{number}}}"#).into(),
            metadata: [].into(),
            recorded_at: Timestamp::default(),
            tags: vec![],
        };
        let stream = StreamName::parse(&format!("account/{}", number % 5)).unwrap();
        let append = Append::to(stream).event(event);
        store.append(Arc::new(append)).await.unwrap();
    }
    let publisher = || {
        let prefix = name.clone();
        let publisher = NatsPublisher::new(client.clone(), move |event| {
            format!("{prefix}.{}", event.stored().name)
        });
        publisher.expect_stream(&name)
    };
    let lease = Duration::from_millis(60);
    for kill_after in [1, 7, 33] {
        let left = Arc::new(AtomicU64::new(kill_after));
        let stuck = Stuck {
            publisher: publisher(),
            left: Arc::clone(&left),
        };
        let outbox = Outbox::new("out", stuck).on(&store).batch(50).lease(lease);
        let running = tokio::spawn(outbox.catch_up());
        while left.load(Ordering::SeqCst) > 0 && left.load(Ordering::SeqCst) <= kill_after {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        running.abort();
        let _ = running.await;
    }
    let outbox = Outbox::new("out", publisher()).on(&store).lease(lease);
    outbox.catch_up().await.unwrap();

    let mut streams: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    let info = api(&client, format!("$JS.API.STREAM.INFO.{name}"), json!({})).await;
    for sequence in 1..=info["state"]["messages"].as_u64().unwrap() {
        let what = format!("$JS.API.STREAM.MSG.GET.{name}");
        let found = api(&client, what, json!({ "seq": sequence })).await;
        let decode = |key: &str| {
            use base64::Engine as _;
            let text = found["message"][key].as_str().unwrap();
            let bytes = base64::engine::general_purpose::STANDARD
                .decode(text)
                .unwrap();
            String::from_utf8(bytes).unwrap()
        };
        let headers = decode("hdrs");
        let header = |name: &str| {
            let line = headers.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_else(|| panic!("{name}: {headers}"))
                .trim()
                .to_owned()
        };
        assert_eq!(header("ce-specversion:"), "1.0");
        assert_eq!(header("ce-type:"), "account.credited");
        assert_eq!(header("ce-datacontenttype:"), "application/json");
        assert!(decode("data").starts_with(r#"{"amount":"#));
        let version = header("ce-esversion:").parse().unwrap();
        streams
            .entry(header("ce-subject:"))
            .or_default()
            .push(version);
    }
    let each: Vec<u64> = (1..=12).collect();
    let expected: BTreeMap<_, _> = (0..5)
        .map(|id| (format!("account/{id}"), each.clone()))
        .collect();
    assert_eq!(streams, expected);
    let deleted = api(&client, format!("$JS.API.STREAM.DELETE.{name}"), json!({})).await;
    assert!(deleted["error"].is_null(), "{deleted}");
}
