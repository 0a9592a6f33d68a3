//! Keys that are forgotten, and the store's numbers.

mod scratch;

use std::sync::Arc;
use std::time::Duration;

use eventsource_core::{
    Append, AppendError, Appended, Key, Store, StoreError, StreamName, Timestamp, Uuid, Version,
};
use eventsource_sqlite::SqliteStore;
use scratch::{event, path};

fn keyed(number: u64, recorded_at: i64) -> Arc<Append> {
    let mut event = event();
    event.recorded_at = Timestamp::from_micros(recorded_at);
    let stream = StreamName::new("sample", &(number % 5)).unwrap();
    let key = Key::unique(Uuid::from_u128(u128::from(number)));
    Arc::new(Append::to(stream).key(key).event(event))
}

async fn all_at_once(
    store: &SqliteStore,
    appends: impl Iterator<Item = Arc<Append>>,
) -> Vec<Appended> {
    let send = |append| {
        let store = store.clone();
        tokio::spawn(async move { store.append(append).await.unwrap() })
    };
    let mut answers = Vec::new();
    for sent in appends.map(send).collect::<Vec<_>>() {
        answers.push(sent.await.unwrap());
    }
    answers
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_key_is_executed_anew_and_others_answer() {
    let store = SqliteStore::open(path("forget")).await.unwrap();
    // More than one transaction's worth, mixed as keys are.
    let time = |number| if number % 3 == 0 { 10 } else { 20 };
    all_at_once(&store, (0..1_500).map(|number| keyed(number, time(number)))).await;
    // Others go on meanwhile.
    let writing = tokio::spawn({
        let store = store.clone();
        async move {
            for number in 10_000..10_200 {
                store.append(keyed(number, 30)).await.unwrap();
            }
        }
    });
    let before = |micros| Timestamp::from_micros(micros);
    assert_eq!(store.forget_keys(before(10)).await.unwrap(), 0);
    assert_eq!(store.forget_keys(before(20)).await.unwrap(), 500);
    assert_eq!(store.forget_keys(before(20)).await.unwrap(), 0);
    writing.await.unwrap();
    for number in (0..1_500_u64).step_by(7).chain(10_000..10_200) {
        let forgotten = number < 1_500 && number % 3 == 0;
        let key = Key::unique(Uuid::from_u128(u128::from(number)));
        let known = store.outcome(key).await.unwrap().is_some();
        assert_eq!(known, !forgotten, "{number}");
    }
    let numbers: Vec<u64> = (0..1_500).step_by(7).chain(10_000..10_200).collect();
    let sent = numbers.iter().map(|number| keyed(*number, 40));
    let again = all_at_once(&store, sent).await;
    for (number, again) in numbers.into_iter().zip(again) {
        let forgotten = number < 1_500 && number % 3 == 0;
        assert_eq!(again.repeated, !forgotten, "{number}");
    }
    store.close().await;
}

#[tokio::test]
async fn upkeep_of_a_closed_store_is_refused() {
    let path = path("closed-upkeep");
    let store = SqliteStore::open(&path).await.unwrap();
    store.clone().close().await;
    assert!(matches!(
        store.forget_keys(Timestamp::from_micros(1)).await,
        Err(StoreError::Closed)
    ));
    assert!(matches!(
        store.renew_incarnation().await,
        Err(StoreError::Closed)
    ));
    let target = path.with_file_name("backup.db");
    assert!(matches!(
        store.backup_to(&target).await,
        Err(StoreError::Closed)
    ));
    assert!(!target.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_numbers_say_what_was_done() {
    let path = path("numbers");
    let store = SqliteStore::open(&path).await.unwrap();
    store.append(keyed(1, 1)).await.unwrap();
    store.append(keyed(1, 1)).await.unwrap();
    let stream = StreamName::parse("sample/1").unwrap();
    let stale = Append::to(stream).at(Version(7)).event(event());
    let refused = store.append(Arc::new(stale)).await;
    assert!(matches!(refused, Err(AppendError::Conflict(_))));
    store.head().await.unwrap();
    let numbers = store.metrics();
    assert_eq!((numbers.calls, numbers.appends), (3, 3));
    assert_eq!((numbers.events, numbers.head), (1, 1));
    assert_eq!((numbers.key_hits, numbers.conflicts), (1, 1));
    assert_eq!((numbers.largest_call, numbers.failed_calls), (1, 0));
    assert!(numbers.commit_time > Duration::ZERO);
    assert!(numbers.call_time >= numbers.commit_time + numbers.lock_wait);
    // A read is counted after it was answered.
    while store.metrics().reads < 1 {
        tokio::task::yield_now().await;
    }
    assert!(store.metrics().read_time > Duration::ZERO);

    // While another process writes, appends gather and wait.
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let append = |number| {
        let store = store.clone();
        tokio::spawn(async move { store.append(keyed(number, 1)).await })
    };
    let first = append(100);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let others: Vec<_> = (101..111).map(append).collect();
    while store.metrics().waiting_appends < 10 {
        tokio::task::yield_now().await;
    }
    other.execute_batch("COMMIT").unwrap();
    for append in others.into_iter().chain([first]) {
        append.await.unwrap().unwrap();
    }
    let numbers = store.metrics();
    assert!(
        numbers.lock_wait >= Duration::from_millis(40),
        "{numbers:?}"
    );
    assert!(numbers.largest_call >= 10, "{numbers:?}");
    assert_eq!((numbers.waiting_appends, numbers.events), (0, 12));
    assert_eq!(numbers.head, 12);
    store.close().await;
}
