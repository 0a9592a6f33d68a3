//! What is not fit to be a store is refused, in words that say what to change; and which life it is in is noticed.

mod server;

use std::sync::Arc;
use std::time::Duration;

use eventsource_core::{
    Append, AppendError, BoundaryStore, Conflict, Limits, LogScan, MultiStreamStore, NewEvent,
    Position, Query, RejectedProblem, Store, StoreError, StreamName, Tag, Timestamp,
};
use eventsource_nats::{NatsStore, async_nats};
use serde_json::{Value, json};
use server::{Deleted, fresh_name, one, open, options, place};

async fn api(what: &str, body: &Value) -> Value {
    let client = async_nats::connect(one()).await.unwrap();
    let answer = client
        .request(format!("$JS.API.{what}"), body.to_string().into())
        .await
        .unwrap();
    serde_json::from_slice(&answer.payload).unwrap()
}

fn refused(opened: Result<NatsStore, StoreError>) -> String {
    match opened {
        Err(StoreError::NotAStore { place, found }) => {
            assert!(place.contains("JetStream"), "{place}");
            found
        }
        other => panic!("{other:?}"),
    }
}

fn event(name: &str, tags: &[Tag]) -> NewEvent {
    NewEvent {
        name: name.to_owned().into(),
        schema: 1,
        format: "json".into(),
        payload: b"{}".to_vec(),
        metadata: [].into(),
        recorded_at: Timestamp::default(),
        tags: tags.to_vec(),
    }
}

fn stream(id: &str) -> StreamName {
    StreamName::new("sample", &id.to_owned()).unwrap()
}

async fn store_one(store: &NatsStore) -> Position {
    let append = Append::to(stream("one")).event(event("sample.made", &[]));
    store.append(Arc::new(append)).await.unwrap().placed[0].position
}

#[tokio::test]
async fn a_stream_of_somebody_else_is_refused_and_left_alone() {
    let name = fresh_name();
    let _deleted = Deleted(format!("{name} 1 {}", one()));
    let config = json!({ "name": name, "subjects": [format!("{name}.>")] });
    api(&format!("STREAM.CREATE.{name}"), &config).await;
    let found = refused(options(&name, 1).open(&one()).await);
    assert!(found.contains("made by something else"), "{found}");
    let info = api(&format!("STREAM.INFO.{name}"), &json!({})).await;
    assert_eq!(info["state"]["messages"], 0);
}

#[tokio::test]
async fn a_stream_that_drops_events_is_refused() {
    for (key, value, words) in [
        ("max_age", json!(60_000_000_000_u64), "max_age"),
        ("max_msgs", json!(1_000_000), "max_msgs"),
        ("storage", json!("memory"), "storage"),
        ("allow_atomic", json!(false), "allow_atomic"),
    ] {
        let name = fresh_name();
        let _deleted = Deleted(format!("{name} 1 {}", one()));
        let mut config = json!({
            "name": name, "subjects": [format!("{name}.>")], "storage": "file", "allow_direct": true,
            "allow_atomic": true, "allow_msg_ttl": true, "metadata": { "eventsource": "1" },
        });
        config[key] = value;
        api(&format!("STREAM.CREATE.{name}"), &config).await;
        let found = refused(options(&name, 1).open(&one()).await);
        assert!(found.contains(words), "{found}");
    }
}

#[tokio::test]
async fn too_few_replicas_are_refused() {
    let name = fresh_name();
    let text = options(&name, 3)
        .open(&one())
        .await
        .unwrap_err()
        .to_string();
    assert!(text.contains("replicas"), "{text}");
    let place = place(1);
    let _deleted = Deleted(place.clone());
    open(&place).await.close().await;
    let name = place.split(' ').next().unwrap();
    let found = refused(options(name, 3).open(&one()).await);
    assert!(
        found.contains("1 replicas where 3 are asked for"),
        "{found}"
    );
}

#[tokio::test]
async fn a_bad_name_and_a_missing_server_are_refused() {
    for name in ["", "a b", "a.b", "é", &"n".repeat(33)] {
        let opened = options(name, 1).open(&one()).await;
        assert!(
            matches!(opened, Err(StoreError::NotAStore { .. })),
            "{name}"
        );
    }
    let nobody = options("EVENTS", 1).open("nats://127.0.0.1:1").await;
    assert!(matches!(nobody, Err(StoreError::Backend { .. })));
}

#[tokio::test]
async fn g9_a_new_incarnation_is_known_to_who_opens_it() {
    let place = place(1);
    let _deleted = Deleted(place.clone());
    let store = open(&place).await;
    let position = store_one(&store).await;
    let before = store.identity();
    let after = store.renew_incarnation().await.unwrap();
    assert_eq!(after.id, before.id);
    assert_ne!(after.incarnation, before.incarnation);
    assert_eq!(open(&place).await.identity(), after);
    let earlier = Append::to(stream("one")).event(event("sample.made", &[]));
    let answer = store
        .append(Arc::new(earlier.incarnation(before.incarnation)))
        .await;
    assert!(matches!(
        answer,
        Err(AppendError::Store(StoreError::OtherIncarnation { .. }))
    ));
    assert_eq!(store.head().await.unwrap(), position);
}

#[tokio::test]
async fn g9_a_stream_that_was_made_anew_is_another_store() {
    let place = place(1);
    let _deleted = Deleted(place.clone());
    let name = place.split(' ').next().unwrap().to_owned();
    let quick = || options(&name, 1).patience(Duration::from_secs(1));
    let store = quick().open(&one()).await.unwrap();
    store_one(&store).await;
    api(&format!("STREAM.DELETE.{name}"), &json!({})).await;
    let append = || Arc::new(Append::to(stream("one")).event(event("sample.made", &[])));
    assert!(store.append(append()).await.is_err());
    let gone = store.head().await.unwrap_err().to_string();
    assert!(gone.contains("is gone"), "{gone}");
    let other = quick().open(&one()).await.unwrap();
    for _ in 0..2 {
        let answer = store.append(append()).await;
        assert!(
            matches!(
                answer,
                Err(AppendError::Store(StoreError::OtherStore { .. }))
            ),
            "{answer:?}"
        );
    }
    assert_eq!(other.head().await.unwrap(), Position::START);
}

#[tokio::test]
async fn g9_what_was_stored_cannot_be_purged() {
    let place = place(1);
    let _deleted = Deleted(place.clone());
    let store = open(&place).await;
    let position = store_one(&store).await;
    let name = place.split(' ').next().unwrap();
    let purged = api(&format!("STREAM.PURGE.{name}"), &json!({})).await;
    assert!(!purged["error"].is_null(), "{purged}");
    assert_eq!(store.head().await.unwrap(), position);
}

#[tokio::test]
async fn indexed_types_are_kept_in_the_store() {
    let name = fresh_name();
    let _deleted = Deleted(format!("{name} 1 {}", one()));
    let indexed = |names: &[&str]| options(&name, 1).indexed_types(names.iter().copied());
    let store = indexed(&["b", "a"]).open(&one()).await.unwrap();
    let append = Append::across()
        .record(stream("one"), event("a", &[]))
        .record(stream("two"), event("c", &[]))
        .record(stream("three"), event("b", &[]));
    let placed = store.append_across(Arc::new(append)).await.unwrap().placed;
    let query = Query::types(["a", "b"]);
    let found = store
        .read_all(LogScan::default().matching(query.clone()))
        .await
        .unwrap();
    let found: Vec<_> = found.iter().map(|event| event.position).collect();
    assert_eq!(found, [placed[0].position, placed[2].position]);
    // Another handle, which does not say which types are indexed, finds them in the store.
    let other = options(&name, 1).open(&one()).await.unwrap();
    let stale = Append::within()
        .record(stream("four"), event("a", &[]))
        .nothing_matches(query, placed[0].position);
    match other.append_within(Arc::new(stale)).await {
        Err(AppendError::Conflict(conflict)) => {
            assert!(
                matches!(*conflict, Conflict::Boundary { position, .. } if position == placed[2].position)
            );
        }
        answer => panic!("{answer:?}"),
    }
    let found = refused(indexed(&["a"]).open(&one()).await);
    assert!(found.contains("indexed types"), "{found}");
}

#[tokio::test]
async fn g8_what_fits_in_no_message_is_refused() {
    let place = place(1);
    let _deleted = Deleted(place.clone());
    let name = place.split(' ').next().unwrap();
    let limits = Limits {
        payload: 64 << 20,
        append: 64 << 20,
        ..Limits::default()
    };
    let store = options(name, 1).limits(limits).open(&one()).await.unwrap();
    let large = NewEvent {
        payload: vec![b'x'; 2 << 20],
        ..event("sample.made", &[])
    };
    match store
        .append(Arc::new(Append::to(stream("one")).event(large)))
        .await
    {
        Err(AppendError::Rejected(rejected)) => {
            assert!(matches!(
                rejected.problem,
                RejectedProblem::TooLarge {
                    what: "message",
                    ..
                }
            ));
        }
        answer => panic!("{answer:?}"),
    }
    // Many that fit are stored, in several messages.
    let some = (0..6).fold(Append::to(stream("one")), |append, number| {
        append.event(NewEvent {
            payload: vec![b'0' + number; 600 << 10],
            ..event("sample.made", &[Tag::new("size", "large")])
        })
    });
    let placed = store.append(Arc::new(some)).await.unwrap().placed;
    assert_eq!(placed.last().map(|placed| placed.version.0), Some(6));
    for query in [Query::all(), Query::tag(Tag::new("size", "large"))] {
        let found = store
            .read_all(LogScan::default().matching(query))
            .await
            .unwrap();
        let found: Vec<_> = found
            .iter()
            .map(|event| (event.position, event.payload[0]))
            .collect();
        let expected: Vec<_> = placed
            .iter()
            .map(|placed| placed.position)
            .zip(b'0'..)
            .collect();
        assert_eq!(found, expected);
    }
}

#[tokio::test]
async fn a_connection_of_the_users_own_stays_open() {
    let place = place(1);
    let _deleted = Deleted(place.clone());
    let name = place.split(' ').next().unwrap();
    let client = async_nats::connect(one()).await.unwrap();
    let store = options(name, 1).open_on(client.clone()).await.unwrap();
    store_one(&store).await;
    let other = store.clone();
    store.close().await;
    assert!(matches!(other.head().await, Err(StoreError::Closed)));
    assert!(matches!(
        other.wait_beyond(Position::START).await,
        Err(StoreError::Closed)
    ));
    client.flush().await.unwrap();
}
