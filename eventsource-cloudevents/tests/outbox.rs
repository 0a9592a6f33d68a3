//! The outbox, through the public interface: everything is published, in the order of each stream, whatever fails.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use eventsource_cloudevents::{CloudEvent, Outbox, Publish, PublishError};
use eventsource_core::{
    Append, CheckpointStore, Ended, MemoryStore, NewEvent, OnError, Query, RunError, Runner, Store,
    StreamName, Timestamp, Which,
};
use eventsource_sqlite::SqliteStore;

/// Somebody outside who takes events: what came, in order, by stream.
#[derive(Clone, Default)]
struct Outside {
    came: Arc<Mutex<Vec<(String, String)>>>,
    /// So many calls are answered with that nobody is there, before and after the event is taken.
    away: Arc<AtomicUsize>,
    away_after: Arc<AtomicUsize>,
    /// Events with this payload are refused.
    refused: Arc<Mutex<Option<&'static [u8]>>>,
}

fn count_down(count: &AtomicUsize) -> bool {
    let less = |left: usize| left.checked_sub(1);
    count
        .fetch_update(Ordering::SeqCst, Ordering::SeqCst, less)
        .is_ok()
}

impl Publish for Outside {
    async fn publish(&self, event: &CloudEvent<'_>) -> Result<(), PublishError> {
        // Others get on meanwhile.
        tokio::task::yield_now().await;
        if count_down(&self.away) {
            return Err(PublishError::unreachable("nobody is there"));
        }
        if *self.refused.lock().unwrap() == Some(event.data()) {
            return Err(PublishError::refused("we do not take that"));
        }
        let stream = event.stored().stream.to_string();
        let id = event.id().to_string();
        self.came.lock().unwrap().push((stream, id));
        match count_down(&self.away_after) {
            true => Err(PublishError::unreachable("the answer is lost")),
            false => Ok(()),
        }
    }
}

impl Outside {
    /// By stream what came first of each event, in order.
    fn first(&self) -> BTreeMap<String, Vec<String>> {
        let mut first: BTreeMap<_, Vec<String>> = BTreeMap::new();
        for (stream, id) in self.came.lock().unwrap().iter() {
            let ids = first.entry(stream.clone()).or_default();
            if !ids.contains(id) {
                ids.push(id.clone());
            }
        }
        first
    }

    fn calls(&self) -> usize {
        self.came.lock().unwrap().len()
    }
}

async fn record(store: &impl Store, stream: &str, payload: &str) {
    let event = NewEvent {
        name: "counted".into(),
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

async fn fill(store: &impl Store) {
    for number in 0..20 {
        for stream in ["a/1", "a/2", "b/1"] {
            record(store, stream, &number.to_string()).await;
        }
    }
}

/// The ids of everything that is stored, by stream.
async fn expected(store: &impl Store) -> BTreeMap<String, Vec<String>> {
    let mut expected: BTreeMap<_, Vec<String>> = BTreeMap::new();
    let all = eventsource_core::LogScan::default();
    for event in store.read_all(all).await.unwrap() {
        let id = CloudEvent::new("urn:test", event.as_ref()).id().to_string();
        expected
            .entry(event.stream.to_string())
            .or_default()
            .push(id);
    }
    expected
}

const SOON: Duration = Duration::from_millis(1);
const PARK: OnError = OnError::park().retries(2).backoff(SOON, SOON);

fn outbox<S: CheckpointStore>(store: &S, outside: &Outside) -> Runner<S, Outbox<Outside>> {
    let outbox = Outbox::new("outside", outside.clone()).source("urn:test");
    outbox
        .on(store)
        .on_error(PARK)
        .lease(Duration::from_millis(20))
}

#[tokio::test]
async fn everything_is_published_once_in_the_order_of_its_stream() {
    let (store, outside) = (MemoryStore::new(), Outside::default());
    fill(&store).await;
    for _ in 0..2 {
        let ended = outbox(&store, &outside).slices(2).catch_up().await.unwrap();
        assert_eq!(ended, Ended::CaughtUp);
    }
    assert_eq!(outside.first(), expected(&store).await);
    assert_eq!(outside.calls(), 60);
    record(&store, "a/1", "more").await;
    outbox(&store, &outside).slices(2).catch_up().await.unwrap();
    assert_eq!(outside.calls(), 61);
}

#[tokio::test]
async fn while_nobody_is_there_it_waits_and_parks_nothing() {
    for (before, after) in [(30, 0), (0, 30), (7, 7)] {
        let (store, outside) = (MemoryStore::new(), Outside::default());
        fill(&store).await;
        outside.away.store(before, Ordering::SeqCst);
        outside.away_after.store(after, Ordering::SeqCst);
        let runner = outbox(&store, &outside);
        let handle = runner.handle();
        assert_eq!(runner.catch_up().await.unwrap(), Ended::CaughtUp);
        assert!(handle.parked().await.unwrap().is_empty());
        assert_eq!(outside.first(), expected(&store).await);
    }
}

#[tokio::test]
async fn what_is_refused_parks_its_stream_alone_and_is_published_in_order_later() {
    let (store, outside) = (MemoryStore::new(), Outside::default());
    fill(&store).await;
    record(&store, "a/2", "\"bad\"").await;
    record(&store, "a/2", "\"after\"").await;
    record(&store, "a/1", "\"other\"").await;
    *outside.refused.lock().unwrap() = Some(b"\"bad\"");
    let runner = outbox(&store, &outside);
    let handle = runner.handle();
    assert_eq!(runner.catch_up().await.unwrap(), Ended::CaughtUp);
    let parked = handle.parked().await.unwrap();
    assert_eq!(parked.len(), 2);
    assert!(
        parked[0].error.contains("we do not take that"),
        "{parked:?}"
    );
    let all = expected(&store).await;
    assert_eq!(outside.first()["a/1"], all["a/1"]);
    assert_eq!(outside.first()["a/2"], all["a/2"][..20]);
    *outside.refused.lock().unwrap() = None;
    assert_eq!(handle.retry(Which::All).await.unwrap(), 2);
    outbox(&store, &outside).catch_up().await.unwrap();
    assert_eq!(outside.first(), all);
}

#[tokio::test]
async fn whoever_is_killed_between_publishes_again_with_the_same_ids() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("events.db"))
        .await
        .unwrap();
    let outside = Outside::default();
    fill(&store).await;
    for calls in 1..40 {
        let running = outbox(&store, &outside).catch_up();
        let seen = outside.calls();
        let killed = async {
            while outside.calls() < seen + calls {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! { biased; () = killed => {} ended = running => { ended.unwrap(); break; } }
    }
    outbox(&store, &outside).catch_up().await.unwrap();
    assert_eq!(outside.first(), expected(&store).await);
    assert!(outside.calls() > 60, "nothing was repeated");
    store.close().await;
}

#[tokio::test]
async fn only_what_matches_is_published_and_a_bad_source_is_refused() {
    let (store, outside) = (MemoryStore::new(), Outside::default());
    fill(&store).await;
    let none = Outbox::new("none", outside.clone()).matching(Query::types(["other"]));
    none.on(&store).catch_up().await.unwrap();
    assert_eq!(outside.calls(), 0);
    let bad = Outbox::new("bad", outside.clone()).source("no source");
    let refused = bad.on(&store).catch_up().await.unwrap_err();
    assert!(matches!(refused, RunError::Prepare { .. }), "{refused:?}");
    let why = std::error::Error::source(&refused).unwrap().to_string();
    assert!(why.starts_with("`no source` is no URI"), "{why}");
}
