//! What is in the file: reopened, foreign, newer, damaged, cut.

mod scratch;

use std::fs;
use std::sync::Arc;

use eventsource_core::{Append, LogScan, Store, StoreError, StreamName};
use eventsource_sqlite::SqliteStore;
use rusqlite::Connection;
use scratch::{event, path};

async fn append(store: &SqliteStore, stream: &str, count: usize) {
    let append = Append::to(StreamName::parse(stream).unwrap());
    store
        .append(Arc::new(
            (0..count).fold(append, |append, _| append.event(event())),
        ))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_reopened_store_is_the_same() {
    let path = path("reopened");
    let store = SqliteStore::open(&path).await.unwrap();
    let identity = store.identity();
    append(&store, "sample/1", 3).await;
    let before = store.read_all(LogScan::default()).await.unwrap();
    store.close().await;
    let store = SqliteStore::open(&path).await.unwrap();
    assert_eq!(store.identity(), identity);
    assert_eq!(store.read_all(LogScan::default()).await.unwrap(), before);
    append(&store, "sample/1", 1).await;
    assert_eq!(store.head().await.unwrap().0, 4);
}

#[tokio::test]
async fn two_stores_on_one_file_see_each_other() {
    let path = path("two");
    let (one, two) = (
        SqliteStore::open(&path).await.unwrap(),
        SqliteStore::open(&path).await.unwrap(),
    );
    assert_eq!(one.identity(), two.identity());
    for round in 1..=20 {
        let (writer, waiter) = if round % 2 == 0 {
            (&one, &two)
        } else {
            (&two, &one)
        };
        let after = waiter.head().await.unwrap();
        let waits = tokio::spawn({
            let waiter = waiter.clone();
            async move { waiter.wait_beyond(after).await }
        });
        append(writer, "sample/1", 1).await;
        waits.await.unwrap().unwrap();
        assert_eq!(waiter.head().await.unwrap().0, round);
    }
}

#[tokio::test]
async fn many_stores_open_a_new_file_at_once() {
    let path = path("at-once");
    let open = |_| tokio::spawn(SqliteStore::open(path.clone()));
    let mut identities = Vec::new();
    for opened in (0..8).map(open).collect::<Vec<_>>() {
        identities.push(opened.await.unwrap().unwrap().identity());
    }
    identities.dedup();
    assert_eq!(identities.len(), 1);
}

#[tokio::test]
async fn a_foreign_file_is_refused_and_not_changed() {
    let text = path("text");
    fs::write(&text, "once upon a time ".repeat(1_000)).unwrap();
    let other = path("other");
    Connection::open(&other)
        .unwrap()
        .execute_batch("CREATE TABLE theirs (x)")
        .unwrap();
    let marked = path("marked");
    Connection::open(&marked)
        .unwrap()
        .execute_batch("PRAGMA application_id = 7; CREATE TABLE theirs (x)")
        .unwrap();
    for path in [text, other, marked] {
        let before = fs::read(&path).unwrap();
        let error = SqliteStore::open(&path).await.unwrap_err();
        assert!(
            matches!(&error, StoreError::NotAStore { place, .. } if *place == path.display().to_string()),
            "{error}"
        );
        assert_eq!(fs::read(&path).unwrap(), before);
    }
}

#[tokio::test]
async fn a_newer_file_is_refused() {
    let path = path("newer");
    SqliteStore::open(&path).await.unwrap().close().await;
    let newer = Connection::open(&path).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    // One that this version can live with is used as it is, and left as new as it is.
    let store = SqliteStore::open(&path).await.unwrap();
    append(&store, "sample/1", 1).await;
    store.close().await;
    let version: i64 = newer
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap();
    assert_eq!(version, 99);
    newer
        .execute("UPDATE meta SET oldest_user = 98", [])
        .unwrap();
    drop(newer);
    let error = SqliteStore::open(&path).await.unwrap_err();
    assert!(
        matches!(
            error,
            StoreError::Newer {
                found: 99,
                supported: 4,
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn a_cut_file_is_damaged() {
    let path = path("cut");
    let store = SqliteStore::open(&path).await.unwrap();
    append(&store, "sample/1", 2_000).await;
    store.close().await;
    let whole = fs::read(&path).unwrap();
    for length in [whole.len() / 2, whole.len() - 4096, 4096] {
        fs::write(&path, &whole[..length]).unwrap();
        let error = SqliteStore::open(&path).await.unwrap_err();
        assert!(
            matches!(&error, StoreError::Damaged { .. }),
            "{length} bytes of {}: {error}",
            whole.len()
        );
    }
}

#[tokio::test]
async fn damage_inside_is_found_when_it_is_read() {
    let path = path("inside");
    let store = SqliteStore::open(&path).await.unwrap();
    append(&store, "sample/1", 5_000).await;
    store.close().await;
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 4096 / 2 * 4096;
    for page in [middle, middle + 4096, middle + 8192] {
        bytes[page..page + 4096].fill(0xa5);
    }
    fs::write(&path, bytes).unwrap();
    let store = match SqliteStore::open(&path).await {
        Ok(store) => store,
        Err(error) => return assert!(matches!(error, StoreError::Damaged { .. }), "{error}"),
    };
    let stream = eventsource_core::StreamScan::of(StreamName::parse("sample/1").unwrap());
    let read = [
        store.read_stream(stream).await,
        store.read_all(LogScan::default()).await,
    ];
    assert!(
        read.iter()
            .any(|read| matches!(read, Err(StoreError::Damaged { .. }))),
        "nothing was found"
    );
}

#[tokio::test]
async fn a_missing_table_is_damage() {
    let path = path("missing");
    SqliteStore::open(&path).await.unwrap().close().await;
    Connection::open(&path)
        .unwrap()
        .execute_batch("DROP TABLE keys")
        .unwrap();
    let error = SqliteStore::open(&path).await.unwrap_err();
    assert!(
        matches!(&error, StoreError::Damaged { reason, .. } if reason.contains("keys")),
        "{error}"
    );
}

#[tokio::test]
async fn a_folder_that_does_not_exist_is_an_error() {
    let error = SqliteStore::open(path("nowhere").join("events.db"))
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::Backend { .. }), "{error}");
}
