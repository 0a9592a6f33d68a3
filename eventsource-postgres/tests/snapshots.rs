//! Snapshots in a database: they never outlive what they were made of.

mod scratch;

use std::sync::Arc;

use eventsource_core::{
    Append, Fingerprint, LogScan, Position, Snapshot, SnapshotStore, Store, StreamName, Timestamp,
    Version,
};
use eventsource_postgres::PostgresStore;
use scratch::{Schema, client, open};

const CODE: Fingerprint = Fingerprint(u64::MAX - 7);

fn stream() -> StreamName {
    StreamName::parse("sample/1").unwrap()
}

async fn fill(store: &PostgresStore, count: usize) {
    let event = eventsource_conformance::sample::event("sample.made", 1);
    let append = (0..count).fold(Append::to(stream()), |append, _| {
        append.event(event.clone())
    });
    store.append(Arc::new(append)).await.unwrap();
}

async fn keep(store: &PostgresStore, version: u64) {
    let snapshot = Snapshot {
        stream: stream(),
        version: Version(version),
        position: Position(version),
        latest: Timestamp::default(),
        incarnation: store.identity().incarnation,
        fingerprint: CODE,
        format: "json".into(),
        state: b"{}".to_vec(),
    };
    store.keep_snapshot(snapshot).await.unwrap();
}

async fn kept(store: &PostgresStore) -> Option<u64> {
    let found = store.snapshot(stream(), CODE).await.unwrap();
    found.map(|snapshot| snapshot.version.0)
}

#[tokio::test]
async fn g9_none_of_an_earlier_life_is_given() {
    let schema = Schema::fresh();
    let store = open(schema.name()).await;
    fill(&store, 6).await;
    keep(&store, 6).await;
    assert_eq!(kept(&store).await, Some(6));
    store.renew_incarnation().await.unwrap();
    assert_eq!(kept(&store).await, None);
    // It stands in nobody's way.
    keep(&store, 2).await;
    assert_eq!(kept(&store).await, Some(2));
}

#[tokio::test]
async fn g9_none_of_events_that_are_gone_is_given() {
    let schema = Schema::fresh();
    let store = open(schema.name()).await;
    fill(&store, 6).await;
    keep(&store, 6).await;
    let delete = |which: &str| format!("DELETE FROM \"{}\".events WHERE {which}", schema.name());
    client()
        .await
        .batch_execute(&delete("version > 4"))
        .await
        .unwrap();
    assert_eq!(kept(&store).await, None);
    keep(&store, 4).await;
    assert_eq!(kept(&store).await, Some(4));
    // The same version, and another event.
    client()
        .await
        .batch_execute(&delete("version = 4"))
        .await
        .unwrap();
    fill(&store, 1).await;
    assert_eq!(kept(&store).await, None);
}

/// A schema of the first version, which knew no snapshots, gets their table and keeps its events.
#[tokio::test]
async fn a_schema_of_the_first_version_is_brought_up_to_date() {
    let schema = Schema::fresh();
    let store = open(schema.name()).await;
    fill(&store, 5).await;
    let identity = store.identity();
    store.close().await;
    let name = schema.name();
    let of = |names: &[&str]| {
        let names = names.iter().map(|one| format!("\"{name}\".{one}"));
        names.collect::<Vec<_>>().join(", ")
    };
    let tables = of(&["snapshots", "consumers", "slots", "parked", "kept"]);
    let functions = of(&[
        "claim_v1",
        "hide_v1",
        "show_v1",
        "activate_v1",
        "drop_made_v1",
        "append_v2",
        "append_one_v2",
    ]);
    let before = format!(
        "DROP FUNCTION {functions}; DROP TABLE {tables}; ALTER TABLE \"{name}\".events DROP COLUMN stamp; \
         UPDATE \"{name}\".meta SET schema_version = 1"
    );
    client().await.batch_execute(&before).await.unwrap();

    let store = open(name).await;
    assert_eq!(store.identity(), identity);
    assert_eq!(store.read_all(LogScan::default()).await.unwrap().len(), 5);
    keep(&store, 5).await;
    assert_eq!(kept(&store).await, Some(5));
}
