//! Snapshots in a file: they outlive the process, and never what they were made of.

mod scratch;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use eventsource_conformance::Account;
use eventsource_core::{
    Aggregate, Append, Fingerprint, Position, Repository, Snapshot, SnapshotStore, Snapshots,
    Snapshotted, Store, StreamName, StreamScan, Timestamp, Version,
};
use eventsource_sqlite::SqliteStore;
use rusqlite::Connection;
use scratch::{event, path};

const CODE: Fingerprint = Fingerprint(7);

fn stream() -> StreamName {
    StreamName::parse("sample/1").unwrap()
}

async fn fill(store: &SqliteStore, count: usize) {
    let append = (0..count).fold(Append::to(stream()), |append, _| append.event(event()));
    store.append(Arc::new(append)).await.unwrap();
}

async fn keep(store: &SqliteStore, version: u64) {
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

async fn kept(store: &SqliteStore) -> Option<u64> {
    let found = store.snapshot(stream(), CODE).await.unwrap();
    found.map(|snapshot| snapshot.version.0)
}

async fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path).await.unwrap()
}

#[tokio::test]
async fn they_are_there_when_the_file_is_opened_again() {
    let path = path("snapshots");
    let store = open(&path).await;
    fill(&store, 5).await;
    keep(&store, 4).await;
    store.close().await;
    let store = open(&path).await;
    assert_eq!(kept(&store).await, Some(4));
}

/// A restored file has snapshots of its own past, which may be of events that were stored once more since.
#[tokio::test]
async fn g9_none_of_an_earlier_life_is_given() {
    let path = path("restored");
    let store = open(&path).await;
    fill(&store, 3).await;
    keep(&store, 3).await;
    let copy = path.with_file_name("copy.db");
    store.backup_to(&copy).await.unwrap();
    fill(&store, 3).await;
    keep(&store, 6).await;
    let life = store.identity();
    store.close().await;
    for suffix in ["", "-wal", "-shm"] {
        let mut file = path.clone().into_os_string();
        file.push(suffix);
        let _ = fs::remove_file(file);
    }
    fs::copy(&copy, &path).unwrap();

    let store = open(&path).await;
    assert_ne!(store.identity().incarnation, life.incarnation);
    assert_eq!(kept(&store).await, None);
    // What somebody took before, and offers only now, is not kept either.
    let late = Snapshot {
        stream: stream(),
        version: Version(3),
        position: Position(3),
        latest: Timestamp::default(),
        incarnation: life.incarnation,
        fingerprint: CODE,
        format: "json".into(),
        state: b"{}".to_vec(),
    };
    store.keep_snapshot(late).await.unwrap();
    assert_eq!(kept(&store).await, None);
    // A later one of the earlier life stands in nobody's way.
    keep(&store, 2).await;
    assert_eq!(kept(&store).await, Some(2));
}

#[tokio::test]
async fn g9_none_of_events_that_are_gone_is_given() {
    let path = path("gone");
    let store = open(&path).await;
    fill(&store, 6).await;
    keep(&store, 6).await;
    let sql = "DELETE FROM events WHERE version > 4";
    Connection::open(&path).unwrap().execute(sql, []).unwrap();
    assert_eq!(kept(&store).await, None);
    keep(&store, 3).await;
    assert_eq!(kept(&store).await, Some(3));
    // The same version, and another event.
    keep(&store, 4).await;
    let sql = "DELETE FROM events WHERE version = 4";
    Connection::open(&path).unwrap().execute(sql, []).unwrap();
    fill(&store, 1).await;
    assert_eq!(kept(&store).await, None);
}

/// A file of the first version, which knew no snapshots, gets their table and keeps its events.
#[tokio::test]
async fn a_file_of_the_first_version_is_brought_up_to_date() {
    let path = path("before");
    let store = open(&path).await;
    fill(&store, 5).await;
    let identity = store.identity();
    store.close().await;
    let before = Connection::open(&path).unwrap();
    before
        .execute_batch(
            "DROP TABLE snapshots; DROP TABLE consumers; DROP TABLE slots; DROP TABLE parked; DROP TABLE kept; \
             ALTER TABLE events DROP COLUMN stamp; PRAGMA user_version = 1",
        )
        .unwrap();
    drop(before);

    let store = open(&path).await;
    assert_eq!(store.identity(), identity);
    assert_eq!(
        store
            .read_stream(StreamScan::of(stream()))
            .await
            .unwrap()
            .len(),
        5
    );
    keep(&store, 5).await;
    assert_eq!(kept(&store).await, Some(5));
}

#[tokio::test]
async fn a_snapshot_is_no_append_in_the_metrics() {
    let store = open(&path("metrics")).await;
    fill(&store, 5).await;
    let before = store.metrics();
    keep(&store, 5).await;
    assert_eq!(kept(&store).await, Some(5));
    assert_eq!(store.metrics().appends, before.appends);
}

/// A snapshot that was offered and not waited for is written before the store is closed.
#[tokio::test]
async fn closing_finishes_what_was_offered() {
    let path = path("closing");
    let store = open(&path).await;
    let accounts = Repository::<Account, _>::new(store.clone()).snapshots(Snapshots::every(2));
    for command in [r#""Open""#, r#"{"Deposit":{"amount":5}}"#] {
        let command: <Account as Aggregate>::Command = serde_json::from_str(command).unwrap();
        accounts.execute(&1, command).await.unwrap();
    }
    accounts.load(&1).await.unwrap();
    drop(accounts);
    store.close().await;
    let store = open(&path).await;
    let of = StreamName::parse("conformance.account/1").unwrap();
    let found = store.snapshot(of, Account::FINGERPRINT).await.unwrap();
    assert_eq!(found.map(|snapshot| snapshot.version), Some(Version(2)));
}
