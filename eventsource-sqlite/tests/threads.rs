//! The threads behind a store: overload, closing, panics.

mod scratch;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use eventsource_core::{
    Append, AppendError, BoundaryStore, EventRef, LogScan, Position, Query, Store, StoreError,
    StreamName, StreamScan, Tag, Visit,
};
use eventsource_sqlite::SqliteStore;
use scratch::{event, path};

fn one() -> Arc<Append> {
    Arc::new(Append::to(stream()).event(event()))
}

fn stream() -> StreamName {
    StreamName::parse("sample/1").unwrap()
}

/// Blocks its thread until it is told to go on.
struct Blocks(mpsc::Receiver<()>);

impl Visit for Blocks {
    fn visit(&mut self, _: EventRef<'_>) -> ControlFlow<()> {
        self.0.recv().ok();
        ControlFlow::Break(())
    }
}

struct Panics;

impl Visit for Panics {
    fn visit(&mut self, event: EventRef<'_>) -> ControlFlow<()> {
        panic!(
            "the visitor panics at {}, as the test wants it",
            event.position
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_refuses_appends() {
    let path = path("overload");
    let store = SqliteStore::options().queue(4).open(&path).await.unwrap();
    // While another process writes, nothing is taken from the queue.
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let append = |_| {
        let store = store.clone();
        tokio::spawn(async move { store.append(one()).await })
    };
    let first = append(0);
    while store.metrics().waiting_appends > 0 || first.is_finished() {
        tokio::task::yield_now().await;
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    let waiting: Vec<_> = (0..4).map(append).collect();
    while store.metrics().waiting_appends < 4 {
        tokio::task::yield_now().await;
    }
    assert!(matches!(
        store.append(one()).await,
        Err(AppendError::Overloaded { waiting: 4 })
    ));
    other.execute_batch("COMMIT").unwrap();
    for append in waiting.into_iter().chain([first]) {
        append.await.unwrap().unwrap();
    }
    assert_eq!(store.head().await.unwrap(), Position(5));
}

/// A check that SQLite cannot judge, in the middle of a group that is committed together.
#[tokio::test(flavor = "multi_thread")]
async fn an_append_that_fails_refuses_only_itself() {
    let path = path("alone");
    let store = SqliteStore::open(&path).await.unwrap();
    store.append(one()).await.unwrap();
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let far_too_many =
        (0..40_000).fold(Query::all(), |query, tag| query.tagged(Tag::new("n", tag)));
    let mut appends = Vec::new();
    for number in 0..20 {
        let append = Append::within().record(stream(), event());
        let append = match number {
            10 => append.nothing_matches(far_too_many.clone(), Position::START),
            _ => append,
        };
        let store = store.clone();
        appends.push(tokio::spawn(async move {
            store.append_within(Arc::new(append)).await
        }));
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    other.execute_batch("COMMIT").unwrap();
    for (number, append) in appends.into_iter().enumerate() {
        let answer = append.await.unwrap();
        match number {
            10 => assert!(
                matches!(answer, Err(AppendError::Store(StoreError::Backend { .. }))),
                "{answer:?}"
            ),
            _ => assert!(answer.is_ok(), "{number}: {answer:?}"),
        }
    }
    assert_eq!(store.head().await.unwrap(), Position(20));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_refuses_reads() {
    let store = SqliteStore::options()
        .queue(1)
        .readers(1)
        .open(path("reads"))
        .await
        .unwrap();
    store.append(one()).await.unwrap();
    let (go_on, wait) = mpsc::channel();
    let blocked = tokio::spawn({
        let store = store.clone();
        async move {
            store
                .scan_stream(StreamScan::of(stream()), Blocks(wait))
                .await
                .is_ok()
        }
    });
    let head = || {
        let store = store.clone();
        tokio::spawn(async move { store.head().await })
    };
    tokio::time::sleep(Duration::from_millis(50)).await;
    let waits = head();
    while store.metrics().waiting_reads < 1 {
        tokio::task::yield_now().await;
    }
    assert!(matches!(
        head().await.unwrap(),
        Err(StoreError::Overloaded { waiting: 1 })
    ));
    go_on.send(()).unwrap();
    assert!(blocked.await.unwrap());
    assert_eq!(waits.await.unwrap().unwrap(), Position(1));
}

#[tokio::test]
async fn an_impatient_append_fails_without_being_written() {
    let path = path("patience");
    let store = SqliteStore::options()
        .patience(Duration::from_millis(100))
        .open(&path)
        .await
        .unwrap();
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = store.append(one()).await.unwrap_err();
    assert!(
        matches!(&error, AppendError::Store(StoreError::Backend { .. })),
        "{error}"
    );
    assert!(
        error.to_string().contains("waiting for other processes"),
        "{error}"
    );
    other.execute_batch("COMMIT").unwrap();
    store.append(one()).await.unwrap();
    assert_eq!(store.head().await.unwrap(), Position(1));
}

#[tokio::test]
async fn more_panics_than_readers_do_no_harm() {
    let store = SqliteStore::options()
        .readers(2)
        .open(path("panics"))
        .await
        .unwrap();
    store.append(one()).await.unwrap();
    for _ in 0..10 {
        let store = store.clone();
        let read =
            tokio::spawn(
                async move { store.scan_all(LogScan::default(), Panics).await.map(|_| ()) },
            );
        let panic = read.await.unwrap_err().into_panic();
        assert!(
            panic
                .downcast_ref::<String>()
                .is_some_and(|text| text.contains("panics at 1"))
        );
    }
    assert_eq!(store.head().await.unwrap(), Position(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_finishes_what_was_asked() {
    let path = path("close");
    let store = SqliteStore::open(&path).await.unwrap();
    let append = |_| {
        let store = store.clone();
        tokio::spawn(async move { store.append(one()).await })
    };
    let appends: Vec<_> = (0..100).map(append).collect();
    let waits = tokio::spawn({
        let store = store.clone();
        async move { store.wait_beyond(Position(1_000)).await }
    });
    tokio::task::yield_now().await;
    store.clone().close().await;
    let mut made = 0;
    for append in appends {
        match append.await.unwrap() {
            Ok(_) => made += 1,
            Err(error) => assert!(
                matches!(error, AppendError::Store(StoreError::Closed)),
                "{error}"
            ),
        }
    }
    assert!(matches!(waits.await.unwrap(), Err(StoreError::Closed)));
    assert!(matches!(
        store.append(one()).await,
        Err(AppendError::Store(StoreError::Closed))
    ));
    assert!(matches!(store.head().await, Err(StoreError::Closed)));
    assert_eq!(
        SqliteStore::open(&path)
            .await
            .unwrap()
            .head()
            .await
            .unwrap(),
        Position(made)
    );
}

/// SQLite removes its log when the last connection is closed.
fn log_of(path: &std::path::Path) -> std::path::PathBuf {
    path.with_extension("db-wal")
}

#[tokio::test]
async fn after_closing_no_connection_is_left() {
    let path = path("closed");
    let store = SqliteStore::open(&path).await.unwrap();
    store.append(one()).await.unwrap();
    assert!(log_of(&path).exists());
    store.close().await;
    assert!(!log_of(&path).exists());
}

#[tokio::test]
async fn dropping_the_last_handle_ends_the_threads() {
    let path = path("dropped");
    let store = SqliteStore::open(&path).await.unwrap();
    store.append(one()).await.unwrap();
    drop(store.clone());
    assert!(log_of(&path).exists());
    drop(store);
    for _ in 0..500 {
        if !log_of(&path).exists() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("five seconds after the last handle was dropped, there is still a connection");
}

#[tokio::test]
async fn a_closed_store_ends_its_subscriptions() {
    let store = SqliteStore::open(path("ended")).await.unwrap();
    let mut events = store.subscribe(Position::START);
    store.close().await;
    assert!(matches!(events.next().await, Some(Err(StoreError::Closed))));
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn a_query_may_name_a_thousand_types() {
    let store = SqliteStore::open(path("types")).await.unwrap();
    store.append(one()).await.unwrap();
    let mut types: Vec<_> = (0..1_000).map(|number| format!("type.{number}")).collect();
    types.push("sample.made".into());
    let found = store
        .read_all(LogScan::default().matching(Query::types(types.clone())))
        .await
        .unwrap();
    assert_eq!(found.len(), 1);
    let within = Append::within().record(stream(), event());
    let refused = within.nothing_matches(Query::types(types), Position::START);
    let refused = store.append_within(Arc::new(refused)).await;
    assert!(
        matches!(refused, Err(AppendError::Conflict(_))),
        "{refused:?}"
    );
    store.close().await;
}
