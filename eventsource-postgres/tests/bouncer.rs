//! The store behind a pgbouncer that hands each transaction to another connection: every promise, and many at once.

mod server;

use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use eventsource_core::{
    Append, LogScan, NewEvent, Query, Store, StreamName, StreamScan, Tag, Timestamp,
};
use eventsource_postgres::{PostgresStore, Statements};
use server::{in_database, shared, shared_database};

/// A database that all tests here share, since a pooler keeps connections for every database.
fn database() -> &'static str {
    static DATABASE: OnceLock<String> = OnceLock::new();
    DATABASE.get_or_init(|| {
        let direct = shared_database("bouncer");
        let (_, name) = direct.rsplit_once('/').expect("a URL with a database");
        in_database(&shared("EVENTSOURCE_PGBOUNCER"), name)
    })
}

/// A store of its own there.
async fn fresh() -> PostgresStore {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let number = COUNT.fetch_add(1, Ordering::SeqCst);
    PostgresStore::options()
        .schema(format!("store_{number}"))
        .statements(Statements::Unnamed)
        .open(database())
        .await
        .expect("a new store behind a pooler")
}

mod promises {
    use super::fresh;

    eventsource_conformance::boundary_store_tests!(fresh);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_append_and_read_at_once() {
    let store = fresh().await;
    let one = |number: u64| {
        let store = store.clone();
        async move {
            let stream = StreamName::new("pooled", &number).unwrap();
            let tag = Tag::new("pooled", number);
            let event = NewEvent {
                name: "pooled.made".into(),
                schema: 1,
                format: "json".into(),
                payload: number.to_string().into_bytes(),
                metadata: [].into(),
                recorded_at: Timestamp::from_micros(1_700_000_000_000_000),
                tags: vec![tag.clone()],
            };
            let append = Append::to(stream.clone()).if_new().event(event);
            let placed = store.append(Arc::new(append)).await.unwrap().placed;
            let read = store.read_stream(StreamScan::of(stream)).await.unwrap();
            let found = store
                .read_all(LogScan::default().matching(Query::tag(tag)))
                .await
                .unwrap();
            assert_eq!(read, found);
            assert_eq!((read.len(), read[0].position), (1, placed[0].position));
            assert_eq!(*read[0].payload, *number.to_string().as_bytes());
        }
    };
    let running: Vec<_> = (0..200).map(|number| tokio::spawn(one(number))).collect();
    for running in running {
        running.await.unwrap();
    }
    assert_eq!(store.head().await.unwrap().0, 200);
    store.close().await;
}

#[tokio::test]
async fn a_store_that_is_not_told_of_the_pooler_says_so() {
    // What it sets for its sessions would be lost, and its prepared statements meet other connections.
    let refused = PostgresStore::open(database()).await.unwrap_err();
    let text = refused.to_string();
    assert!(text.contains("unsupported startup parameter"), "{text}");
}
