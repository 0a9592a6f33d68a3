//! Projections and their runner, through the public interface, on the store in memory: what is consumed, in which order,
//! and what happens when something goes wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use eventsource_core::prelude::*;
use eventsource_core::{
    Append, Checkpoint, CheckpointError, Ended, Json, MemoryStore, NewEvent, OnError, Position,
    RunError, SliceActivity, Start, Store, StoreError, StreamName, Timestamp, Version, WaitError,
    Which,
};

#[event(name = "account.opened")]
pub struct Opened {
    pub owner: String,
}

#[event(name = "account.deposited")]
pub struct Deposited {
    pub amount: u64,
}

#[event(name = "other.happened")]
pub struct Happened;

/// What a projection has seen, and what it is to fail at.
#[derive(Clone, Default)]
struct Seen {
    events: Arc<Mutex<Vec<(String, u64)>>>,
    fails_at: Arc<Mutex<BTreeSet<u64>>>,
}

impl Seen {
    fn see(&self, stream: &StreamName, version: Version, position: Position) -> Result<(), Poison> {
        if self.fails_at.lock().unwrap().contains(&position.0) {
            return Err(Poison);
        }
        self.events
            .lock()
            .unwrap()
            .push((stream.to_string(), version.0));
        Ok(())
    }

    fn len(&self) -> usize {
        self.events.lock().unwrap().len()
    }

    fn by_stream(&self) -> BTreeMap<String, Vec<u64>> {
        let mut streams: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        for (stream, version) in &*self.events.lock().unwrap() {
            streams.entry(stream.clone()).or_default().push(*version);
        }
        streams
    }
}

#[derive(Debug, thiserror::Error)]
#[error("poison")]
struct Poison;

/// A projection into a list outside of the store.
struct Listed(Seen);

#[projection(name = "listed")]
impl Listed {
    async fn opened(&self, event: &Recorded<Opened>) -> Result<(), Poison> {
        self.0.see(&event.stream, event.version, event.position)
    }

    async fn deposited(&self, event: &Recorded<Deposited>) -> Result<(), Poison> {
        self.0.see(&event.stream, event.version, event.position)
    }
}

struct ListedAgain(Seen);

#[projection(name = "listed", version = 2)]
impl ListedAgain {
    async fn deposited(&self, event: &Recorded<Deposited>) -> Result<(), Poison> {
        self.0.see(&event.stream, event.version, event.position)
    }
}

/// Appends an event to a stream, and returns its position.
async fn append(store: &MemoryStore, stream: &str, event: NewEvent) -> Position {
    let stream = StreamName::parse(stream).unwrap();
    let append = Append::to(stream).event(event);
    store.append(Arc::new(append)).await.unwrap().placed[0].position
}

fn event(name: &'static str, payload: &str) -> NewEvent {
    NewEvent {
        name: name.into(),
        schema: 1,
        format: Json::FORMAT.into(),
        payload: payload.into(),
        metadata: [].into(),
        recorded_at: Timestamp::default(),
        tags: Vec::new(),
    }
}

fn deposited(amount: u64) -> NewEvent {
    event(Deposited::NAME, &format!(r#"{{"amount":{amount}}}"#))
}

async fn fill(store: &MemoryStore, streams: u64, each: u64) {
    for _ in 0..each {
        for stream in 0..streams {
            append(store, &format!("account/{stream}"), deposited(1)).await;
        }
    }
}

fn token(store: &MemoryStore, position: Position) -> Checkpoint {
    Checkpoint {
        store: store.identity(),
        position,
    }
}

const LONG: Duration = Duration::from_secs(60);

async fn until(so: impl AsyncFn() -> bool) {
    let waited = tokio::time::timeout(LONG, async {
        while !so().await {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
    waited.await.expect("it comes to this");
}

#[tokio::test]
async fn it_sees_the_events_of_its_methods_and_no_others_once_each_in_order() {
    let store = MemoryStore::new();
    append(
        &store,
        "account/1",
        event(Opened::NAME, r#"{"owner":"me"}"#),
    )
    .await;
    append(&store, "other/1", event(Happened::NAME, "{}")).await;
    fill(&store, 3, 10).await;
    let seen = Seen::default();
    let ended = store
        .project(Listed(seen.clone()))
        .batch(7)
        .catch_up()
        .await;
    assert_eq!(ended.unwrap(), Ended::CaughtUp);
    assert_eq!(seen.len(), 31);
    assert_eq!(seen.by_stream()["account/0"], (1..=10).collect::<Vec<_>>());
    assert_eq!(seen.by_stream()["account/1"], (1..=11).collect::<Vec<_>>());
    // Another run goes on where this one has ended.
    fill(&store, 1, 2).await;
    store
        .project(Listed(seen.clone()))
        .catch_up()
        .await
        .unwrap();
    assert_eq!(seen.by_stream()["account/0"], (1..=12).collect::<Vec<_>>());
    assert_eq!(seen.len(), 33);
}

#[tokio::test]
async fn it_goes_live_and_stops_when_it_is_told_to() {
    let store = MemoryStore::new();
    let seen = Seen::default();
    let runner = store.project(Listed(seen.clone()));
    let handle = runner.handle();
    let running = tokio::spawn(runner.run());
    fill(&store, 2, 5).await;
    let head = store.head().await.unwrap();
    handle.wait_for(token(&store, head), LONG).await.unwrap();
    assert_eq!(seen.len(), 10);
    // An event that is not its own: the position moves on over it all the same.
    let other = append(&store, "other/1", event(Happened::NAME, "{}")).await;
    handle.wait_for(token(&store, other), LONG).await.unwrap();
    let progress = handle.progress().await.unwrap();
    assert_eq!(
        (progress.position, progress.head, progress.lag()),
        (other, other, 0)
    );
    assert_eq!(handle.status()[0].activity, SliceActivity::Live);
    handle.stop();
    assert_eq!(running.await.unwrap().unwrap(), Ended::Stopped);
    assert_eq!(handle.status()[0].activity, SliceActivity::Ended);
    let owners = handle.progress().await.unwrap().slices;
    assert!(
        owners.iter().all(|slice| slice.owner.is_none()),
        "the slice is free"
    );
    assert_eq!(seen.len(), 10);
}

#[tokio::test]
async fn waiting_has_a_limit_and_looks_at_the_token() {
    let store = MemoryStore::new();
    let head = append(&store, "account/1", deposited(1)).await;
    let handle = store.project(Listed(Seen::default())).handle();
    let late = handle
        .wait_for(token(&store, head), Duration::from_millis(20))
        .await;
    let Err(WaitError::TooLate {
        position, wanted, ..
    }) = late
    else {
        panic!("{late:?}");
    };
    assert_eq!((position, wanted), (Position::START, head));
    let foreign = token(&MemoryStore::new(), head);
    let foreign = handle.wait_for(foreign, LONG).await;
    assert!(
        matches!(
            foreign,
            Err(WaitError::Store(StoreError::OtherStore { .. }))
        ),
        "{foreign:?}"
    );
}

#[tokio::test]
async fn a_poisoned_event_parks_its_stream_alone_and_is_retried_in_order() {
    let store = MemoryStore::new();
    fill(&store, 3, 5).await;
    let seen = Seen::default();
    // The second event of `account/1`.
    seen.fails_at.lock().unwrap().insert(5);
    let policy = OnError::park()
        .retries(2)
        .backoff(Duration::from_millis(1), Duration::from_millis(2));
    let runner = store
        .project(Listed(seen.clone()))
        .on_error(policy)
        .lease(Duration::from_millis(60));
    let handle = runner.handle();
    let running = tokio::spawn(runner.run());
    let head = store.head().await.unwrap();
    handle.wait_for(token(&store, head), LONG).await.unwrap();
    assert_eq!(seen.by_stream()["account/0"], [1, 2, 3, 4, 5]);
    assert_eq!(seen.by_stream()["account/1"], [1]);
    assert_eq!(seen.by_stream()["account/2"], [1, 2, 3, 4, 5]);
    let parked = handle.parked().await.unwrap();
    let versions: Vec<_> = parked.iter().map(|one| one.version.0).collect();
    assert_eq!(versions, [2, 3, 4, 5]);
    assert_eq!((&*parked[0].error, &*parked[1].error), ("poison", ""));

    // It fails again: everything stays where it is.
    assert_eq!(handle.retry(Which::All).await.unwrap(), 4);
    until(async || {
        handle
            .parked()
            .await
            .unwrap()
            .iter()
            .all(|one| one.wish.is_none())
    })
    .await;
    assert_eq!(handle.parked().await.unwrap().len(), 4);
    assert_eq!(seen.by_stream()["account/1"], [1]);

    // After the mistake was mended it is retried, in order, with what has come since.
    seen.fails_at.lock().unwrap().clear();
    let last = append(&store, "account/1", deposited(1)).await;
    handle.wait_for(token(&store, last), LONG).await.unwrap();
    assert_eq!(
        handle
            .retry(Which::Stream(StreamName::parse("account/1").unwrap()))
            .await
            .unwrap(),
        5
    );
    until(async || handle.parked().await.unwrap().is_empty()).await;
    assert_eq!(seen.by_stream()["account/1"], [1, 2, 3, 4, 5, 6]);
    // And what comes now is consumed at once again.
    let last = append(&store, "account/1", deposited(1)).await;
    handle.wait_for(token(&store, last), LONG).await.unwrap();
    assert_eq!(seen.by_stream()["account/1"], [1, 2, 3, 4, 5, 6, 7]);
    handle.stop();
    running.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_parked_event_can_be_left_out() {
    let store = MemoryStore::new();
    fill(&store, 1, 3).await;
    // Its payload cannot be read, and never will be.
    let broken = append(
        &store,
        "account/0",
        event(Deposited::NAME, r#"{"amount":"much"}"#),
    )
    .await;
    fill(&store, 1, 2).await;
    let seen = Seen::default();
    let policy = OnError::park().retries(0);
    let runner = store.project(Listed(seen.clone())).on_error(policy);
    let handle = runner.handle();
    runner.catch_up().await.unwrap();
    assert_eq!(seen.by_stream()["account/0"], [1, 2, 3]);
    assert!(
        handle.parked().await.unwrap()[0]
            .error
            .contains("does not decode")
    );

    // Also from elsewhere, while nobody runs it.
    let other = store.project(Listed(seen.clone())).handle();
    assert_eq!(other.discard(Which::At(broken)).await.unwrap(), 1);
    assert_eq!(
        other
            .retry(Which::Stream(StreamName::parse("account/0").unwrap()))
            .await
            .unwrap(),
        3
    );
    assert_eq!(other.discard(Which::At(broken)).await.unwrap(), 1);
    store
        .project(Listed(seen.clone()))
        .on_error(policy)
        .catch_up()
        .await
        .unwrap();
    assert_eq!(seen.by_stream()["account/0"], [1, 2, 3, 5, 6]);
    assert!(other.parked().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_event_that_fails_stops_the_run_and_says_so() {
    let store = MemoryStore::new();
    fill(&store, 2, 5).await;
    let seen = Seen::default();
    seen.fails_at.lock().unwrap().insert(4);
    let policy = OnError::stop()
        .retries(1)
        .backoff(Duration::from_millis(1), Duration::from_millis(1));
    let failed = store
        .project(Listed(seen.clone()))
        .on_error(policy)
        .catch_up()
        .await;
    let Err(RunError::Event {
        position,
        stream,
        tries,
        event,
        ..
    }) = failed
    else {
        panic!("{failed:?}");
    };
    assert_eq!(
        (position.0, stream.as_str(), tries, &*event),
        (4, "account/1", 2, Deposited::NAME)
    );
    assert_eq!(seen.len(), 3, "those before it are consumed");
    seen.fails_at.lock().unwrap().clear();
    store
        .project(Listed(seen.clone()))
        .on_error(policy)
        .catch_up()
        .await
        .unwrap();
    assert_eq!(seen.len(), 10, "and none of them again");
}

#[tokio::test]
async fn slices_share_the_streams_and_keep_their_order() {
    let store = MemoryStore::new();
    fill(&store, 40, 10).await;
    let seen = Seen::default();
    store
        .project(Listed(seen.clone()))
        .slices(4)
        .batch(16)
        .catch_up()
        .await
        .unwrap();
    assert_eq!(seen.len(), 400);
    for versions in seen.by_stream().values() {
        assert_eq!(*versions, (1..=10).collect::<Vec<_>>());
    }
    let progress = store
        .project(Listed(seen.clone()))
        .handle()
        .progress()
        .await
        .unwrap();
    assert_eq!(progress.slices.len(), 4);
    assert_eq!(progress.position, progress.head);
    let other = store.project(Listed(seen)).slices(3).catch_up().await;
    let Err(RunError::Checkpoint(CheckpointError::Slices {
        stored: 4,
        asked: 3,
    })) = other
    else {
        panic!("{other:?}");
    };
}

#[tokio::test]
async fn runners_share_the_slices_and_take_over_from_each_other() {
    let store = MemoryStore::new();
    let seen = Seen::default();
    let lease = Duration::from_millis(60);
    let runner = || store.project(Listed(seen.clone())).slices(4).lease(lease);
    let first = runner();
    let handle = first.handle();
    let first = tokio::spawn(first.run());
    until(async || handle.progress().await.unwrap().slices.len() == 4).await;
    let second = runner();
    let stop_second = second.handle();
    let second = tokio::spawn(second.run());
    let shares = async || {
        let slices = handle.progress().await.unwrap().slices;
        let mut shares = BTreeMap::new();
        for owner in slices.iter().filter_map(|slice| slice.owner) {
            *shares.entry(owner).or_insert(0) += 1;
        }
        shares.into_values().collect::<Vec<i32>>()
    };
    until(async || shares().await == [2, 2]).await;
    fill(&store, 20, 5).await;
    // One that is killed does not give its slices back.
    first.abort();
    fill(&store, 20, 5).await;
    let head = store.head().await.unwrap();
    handle.wait_for(token(&store, head), LONG).await.unwrap();
    until(async || shares().await == [4]).await;
    let streams = seen.by_stream();
    assert_eq!(streams.len(), 20);
    for mut versions in streams.into_values() {
        // At least once: what was on its way when the first was killed may have come twice.
        versions.dedup();
        versions.sort_unstable();
        versions.dedup();
        assert_eq!(versions, (1..=10).collect::<Vec<_>>());
    }
    stop_second.stop();
    second.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_new_version_is_built_beside_the_old_one_and_takes_its_place() {
    let store = MemoryStore::new();
    fill(&store, 5, 20).await;
    let (old, new) = (Seen::default(), Seen::default());
    let first = store
        .project(Listed(old.clone()))
        .lease(Duration::from_millis(60));
    let handle = first.handle();
    let first = tokio::spawn(first.run());
    until(async || handle.progress().await.unwrap().lag() == 0).await;
    assert_eq!(store.active("listed").await.unwrap(), Some(1));
    // The new one hangs at one event: until it has caught up, the old one is what readers see.
    new.fails_at.lock().unwrap().insert(70);
    let policy = OnError::stop()
        .retries(u32::MAX)
        .backoff(Duration::from_millis(1), Duration::from_millis(1));
    let second = store
        .project(ListedAgain(new.clone()))
        .on_error(policy)
        .batch(10);
    let second_handle = second.handle();
    let second = tokio::spawn(second.run());
    until(async || {
        second_handle.status()[0]
            .failing
            .as_ref()
            .is_some_and(|it| it.tries > 3)
    })
    .await;
    assert_eq!(store.active("listed").await.unwrap(), Some(1));
    fill(&store, 5, 1).await;
    until(async || old.len() == 105).await;
    new.fails_at.lock().unwrap().clear();
    assert_eq!(first.await.unwrap().unwrap(), Ended::Superseded);
    assert_eq!(store.active("listed").await.unwrap(), Some(2));
    assert_eq!(new.len(), 105);
    second_handle.stop();
    second.await.unwrap().unwrap();
}

#[tokio::test]
async fn it_can_begin_with_what_is_new_and_begin_anew() {
    let store = MemoryStore::new();
    fill(&store, 1, 3).await;
    let seen = Seen::default();
    let runner = || store.project(Listed(seen.clone()));
    runner().start(Start::Now).catch_up().await.unwrap();
    assert_eq!(seen.len(), 0);
    fill(&store, 1, 2).await;
    runner().start(Start::Now).catch_up().await.unwrap();
    assert_eq!(seen.by_stream()["account/0"], [4, 5]);
    runner().reset().await.unwrap();
    runner().catch_up().await.unwrap();
    assert_eq!(seen.by_stream()["account/0"], [4, 5, 1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn who_waits_for_a_runner_that_has_failed_is_told_at_once() {
    struct Fails;
    #[projection(name = "fails")]
    impl Fails {
        async fn deposited(&self, _: &Recorded<Deposited>) -> Result<(), Poison> {
            Err(Poison)
        }
    }
    let store = MemoryStore::new();
    append(&store, "account/1", deposited(1)).await;
    let never = OnError::stop().retries(0);
    let runner = store.project(Fails).on_error(never);
    let handle = runner.handle();
    let running = tokio::spawn(runner.run());
    let waited = handle.wait_for(None, LONG).await;
    let Err(WaitError::TooLate { failed, waited, .. }) = &waited else {
        panic!("{waited:?}");
    };
    assert!(
        failed
            .as_ref()
            .is_some_and(|failed| failed.contains("poison"))
    );
    assert!(*waited < LONG);
    assert!(running.await.unwrap().is_err());
}

#[tokio::test]
async fn methods_can_still_be_called() {
    static CALLED: AtomicBool = AtomicBool::new(false);
    struct Plain;
    #[projection(name = "plain")]
    impl Plain {
        pub async fn opened(&self, event: &Recorded<Opened>) {
            CALLED.store(event.event.owner == "me", Ordering::SeqCst);
        }
    }
    let event = Recorded {
        position: Position(1),
        stream: StreamName::parse("account/1").unwrap(),
        version: Version(1),
        part: 0,
        recorded_at: Timestamp::default(),
        metadata: eventsource_core::Metadata::default(),
        event: Opened { owner: "me".into() },
    };
    Plain.opened(&event).await;
    assert!(CALLED.load(Ordering::SeqCst));
    assert_eq!(
        <Plain as eventsource_core::Projection>::query(),
        eventsource_core::Query::types([Opened::NAME])
    );
}

/// The sum of each account.
#[derive(Default, serde::Serialize, serde::Deserialize)]
struct Sums(BTreeMap<String, u64>);

#[projection(name = "sums")]
impl Sums {
    fn deposited(&mut self, event: &Recorded<Deposited>) -> Result<(), Poison> {
        ensure!(event.event.amount != 13, Poison);
        assert_ne!(event.event.amount, 14, "fourteen");
        *self.0.entry(event.stream.id().into()).or_insert(0) += event.event.amount;
        Ok(())
    }
}

#[tokio::test]
async fn a_view_is_never_older_than_the_call() {
    let store = MemoryStore::new();
    let view = store.view(Sums::default);
    for round in 1..=50 {
        fill(&store, 2, 1).await;
        assert_eq!(view.read(|sums| sums.0["1"]).await.unwrap(), round);
    }
    // Many at once see each event once.
    let tasks = (0..16).map(|_| {
        let (store, view) = (store.clone(), view.clone());
        tokio::spawn(async move {
            for _ in 0..50 {
                let position = append(&store, "account/9", deposited(1)).await;
                let token = token(&store, position);
                assert!(view.read_after(token, |sums| sums.0["9"]).await.unwrap() > 0);
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    assert_eq!(view.read(|sums| sums.0["9"]).await.unwrap(), 800);
    assert_eq!(
        view.checkpoint().await.position,
        store.head().await.unwrap()
    );
}

#[tokio::test]
async fn a_view_can_be_kept_and_goes_on_from_there() {
    let store = MemoryStore::new();
    fill(&store, 2, 10).await;
    let view = store.view(Sums::default);
    view.read(|_| ()).await.unwrap();
    view.keep().await.unwrap();
    let again = store.view(Sums::default).resumed().await.unwrap();
    assert_eq!(again.checkpoint().await, view.checkpoint().await);
    fill(&store, 2, 1).await;
    assert_eq!(again.read(|sums| sums.0["0"]).await.unwrap(), 11);
}

#[tokio::test]
async fn a_view_leaves_out_poisoned_streams_if_it_may() {
    let store = MemoryStore::new();
    append(&store, "account/1", deposited(1)).await;
    let poison = append(&store, "account/1", deposited(13)).await;
    append(&store, "account/1", deposited(1)).await;
    append(&store, "account/2", deposited(1)).await;
    let strict = store.view(Sums::default);
    let failed = strict.read(|_| ()).await;
    assert!(
        matches!(failed, Err(eventsource_core::ViewError::Event { position, .. }) if position == poison)
    );
    let view = store.view(Sums::default).parks();
    assert_eq!(
        view.read(|sums| sums.0.clone()).await.unwrap(),
        [("1".into(), 1), ("2".into(), 1)].into()
    );
    let parked: Vec<_> = view
        .parked()
        .await
        .iter()
        .map(|one| one.version.0)
        .collect();
    assert_eq!(parked, [2, 3]);
    view.keep().await.unwrap();
    assert_eq!(store.kept_state("sums", 1).await.unwrap(), None);
    view.rebuild().await.unwrap();
    assert_eq!(view.parked().await.len(), 2);
}

#[tokio::test]
async fn a_view_survives_a_method_that_panics() {
    let store = MemoryStore::new();
    append(&store, "account/1", deposited(1)).await;
    append(&store, "account/1", deposited(14)).await;
    let view = store.view(Sums::default);
    let reading = tokio::spawn({
        let view = view.clone();
        async move { view.read(|_| ()).await }
    });
    assert!(reading.await.unwrap_err().is_panic());
    // It is there again, from the beginning.
    assert_eq!(view.checkpoint().await.position, Position::START);
}

#[test]
fn a_projection_is_tested_without_a_store() {
    let happened = eventsource_core::testing::past((
        Deposited { amount: 2 },
        Deposited { amount: 3 },
        Happened,
    ));
    let sums = happened.projected(Sums::default());
    assert_eq!(sums.0.values().sum::<u64>(), 5);
}
