//! Connections that break, and those that end: what was asked is answered, or its outcome is called unknown.

mod scratch;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use eventsource_core::{
    AppendError, EventRef, LogScan, Position, Store, StoreError, StreamScan, Visit,
};
use scratch::{Schema, client, connections, key, open, options, some, stream, terminate, url_as};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_goes_on_after_its_connections_broke() {
    let schema = Schema::fresh();
    let store = options(schema.name())
        .open(&url_as(schema.name()))
        .await
        .unwrap();
    for round in 1..=3 {
        let append = Arc::new(some(1, 1).key(key(round as u128)));
        // What was sent before the store had noticed may have been made, for all it knows.
        let mut answer = store.append(Arc::clone(&append)).await;
        if matches!(answer, Err(AppendError::Unknown { .. })) {
            answer = store.append(append).await;
        }
        answer.unwrap();
        assert_eq!(
            store
                .read_stream(StreamScan::of(stream(1)))
                .await
                .unwrap()
                .len(),
            round
        );
        assert!(terminate(schema.name()).await >= 2);
    }
    assert_eq!(store.head().await.unwrap(), Position(3));
    assert!(store.metrics().connects >= 5, "{:?}", store.metrics());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_whose_connection_broke_is_unknown_and_its_key_tells() {
    let (client, schema) = (client().await, Schema::fresh());
    let store = options(schema.name())
        .open(&url_as(schema.name()))
        .await
        .unwrap();
    let append = Arc::new(some(1, 2).if_new().key(key(7)));
    client
        .batch_execute(&format!("BEGIN; LOCK TABLE {}.events", schema.name()))
        .await
        .unwrap();
    let sent = tokio::spawn({
        let (store, append) = (store.clone(), Arc::clone(&append));
        async move { store.append(append).await }
    });
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND wait_event_type = 'Lock'";
    while client
        .query_one(waits, &[&schema.name()])
        .await
        .unwrap()
        .get::<_, i64>(0)
        == 0
    {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    terminate(schema.name()).await;
    let error = sent.await.unwrap().unwrap_err();
    assert!(matches!(error, AppendError::Unknown { .. }), "{error}");
    client.batch_execute("ROLLBACK").await.unwrap();
    let first = store.append(Arc::clone(&append)).await.unwrap();
    let again = store.append(append).await.unwrap();
    assert_eq!((again.repeated, &again.placed), (true, &first.placed));
    assert_eq!(store.head().await.unwrap(), Position(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_goes_on_where_its_connection_broke() {
    const EVENTS: usize = 20_000;
    struct Ends {
        application: String,
        seen: Vec<u64>,
    }
    impl Visit for Ends {
        fn visit(&mut self, event: EventRef<'_>) -> ControlFlow<()> {
            self.seen.push(event.position.0);
            if self.seen.len() == 700 {
                let application = self.application.clone();
                let ended = std::thread::spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread()
                        .enable_all()
                        .build()
                        .unwrap();
                    runtime.block_on(terminate(&application))
                });
                assert!(ended.join().unwrap() > 0);
            }
            ControlFlow::Continue(())
        }
    }
    let schema = Schema::fresh();
    let store = options(schema.name())
        .open(&url_as(schema.name()))
        .await
        .unwrap();
    for _ in 0..EVENTS / 5_000 {
        store.append(Arc::new(some(1, 5_000))).await.unwrap();
    }
    let ends = || Ends {
        application: schema.name().to_owned(),
        seen: Vec::new(),
    };
    let all: Vec<u64> = (1..=EVENTS as u64).collect();
    let (read, head) = store.scan_all(LogScan::default(), ends()).await.unwrap();
    assert_eq!((read.seen == all, head), (true, Position(EVENTS as u64)));
    let read = store
        .scan_stream(StreamScan::of(stream(1)), ends())
        .await
        .unwrap();
    assert!(read.seen == all, "{} events", read.seen.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_store_has_finished_and_keeps_no_connection() {
    let schema = Schema::fresh();
    let store = options(schema.name())
        .open(&url_as(schema.name()))
        .await
        .unwrap();
    let other = store.clone();
    let waits = tokio::spawn({
        let store = store.clone();
        async move { store.wait_beyond(Position(1_000)).await }
    });
    let sent: Vec<_> = (0..100)
        .map(|id| {
            let store = store.clone();
            tokio::spawn(async move { store.append(Arc::new(some(id, 1))).await })
        })
        .collect();
    store.head().await.unwrap();
    store.close().await;
    for append in sent {
        let answer = append.await.unwrap();
        assert!(
            matches!(answer, Ok(_) | Err(AppendError::Store(StoreError::Closed))),
            "{answer:?}"
        );
    }
    assert!(matches!(waits.await.unwrap(), Err(StoreError::Closed)));
    assert!(matches!(
        other.append(Arc::new(some(1, 1))).await,
        Err(AppendError::Store(StoreError::Closed))
    ));
    assert!(matches!(other.head().await, Err(StoreError::Closed)));
    assert_eq!(other.metrics().connections, 0);
    gone(schema.name()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_is_dropped_keeps_no_connection() {
    let schema = Schema::fresh();
    let store = options(schema.name())
        .open(&url_as(schema.name()))
        .await
        .unwrap();
    store.append(Arc::new(some(1, 1))).await.unwrap();
    store.head().await.unwrap();
    assert!(connections(schema.name()).await > 0);
    drop(store);
    gone(schema.name()).await;
}

/// The server notices a moment later than we do.
async fn gone(application: &str) {
    let begin = Instant::now();
    while connections(application).await > 0 {
        assert!(
            begin.elapsed() < Duration::from_secs(20),
            "connections stay"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A store is used from an executor that is not its own, and that knows nothing of timers.
#[test]
fn a_handle_works_on_another_executor() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let schema = Schema::fresh();
    let store = runtime.block_on(open(schema.name()));
    let other = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    other.block_on(async {
        store.append(Arc::new(some(1, 2))).await.unwrap();
        assert_eq!(store.read_all(LogScan::default()).await.unwrap().len(), 2);
    });
    runtime.block_on(store.close());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_is_woken_by_another_store() {
    let schema = Schema::fresh();
    let (one, two) = (open(schema.name()).await, open(schema.name()).await);
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
        writer.append(Arc::new(some(1, 1))).await.unwrap();
        tokio::time::timeout(Duration::from_secs(20), waits)
            .await
            .unwrap()
            .unwrap()
            .unwrap();
        assert_eq!(waiter.head().await.unwrap(), Position(round));
    }
}
