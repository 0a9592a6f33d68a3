//! Connections that are cut off: between commit and acknowledgement, and before the request has arrived. An outcome is
//! found by its key, and never guessed.

mod proxy;
mod server;

use std::sync::Arc;
use std::time::Duration;

use eventsource_core::{
    Append, AppendError, Key, LogScan, NewEvent, Store, StreamName, Timestamp, Uuid,
};
use eventsource_faults::rounds;
use eventsource_postgres::PostgresStore;
use proxy::{Cut, Proxy};
use server::Cluster;
use tokio::time::sleep;

fn append(number: u128, payload: &str, key: bool) -> Arc<Append> {
    let event = NewEvent {
        name: "outage.met".into(),
        schema: 1,
        format: "json".into(),
        payload: format!("\"{payload}\"").into_bytes(),
        metadata: [].into(),
        recorded_at: Timestamp::from_micros(1_700_000_000_000_000),
        tags: Vec::new(),
    };
    let append = Append::to(StreamName::parse("outage/1").unwrap()).event(event);
    Arc::new(match key {
        true => append.key(Key::unique(Uuid::from_u128(number + 1))),
        false => append,
    })
}

/// A server, a store that talks to it, a proxy in front of it, and a store that talks to that.
async fn behind_a_proxy(name: &str) -> (Cluster, PostgresStore, Proxy, PostgresStore) {
    let cluster = Cluster::start(name, &[]);
    let direct = PostgresStore::open(&cluster.database("events"))
        .await
        .unwrap();
    let proxy = Proxy::start(cluster.port()).await;
    let address = format!("postgres://postgres@127.0.0.1:{}/events", proxy.port);
    let store = PostgresStore::open(&address).await.unwrap();
    (cluster, direct, proxy, store)
}

/// How often a payload is stored.
async fn stored(store: &PostgresStore, payload: &str) -> usize {
    let payload = format!("\"{payload}\"").into_bytes();
    let events = store.read_all(LogScan::default()).await.unwrap();
    events
        .iter()
        .filter(|event| *event.payload == payload)
        .count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g5_an_answer_that_is_cut_off_is_found_by_its_key() {
    let (_cluster, direct, proxy, store) = behind_a_proxy("cuts").await;
    for round in 0..rounds("CUT_ROUNDS", 30) {
        let cut = if round % 3 == 0 {
            Cut::Request
        } else {
            Cut::Answer
        };
        let payload = format!("cut {round}.");
        proxy.arm(&payload, cut);
        // Others are on their way in the same call, or beside it.
        let beside: Vec<_> = (0..round % 5)
            .map(|other| {
                let (store, payload) = (store.clone(), format!("beside {round} {other}."));
                let number = 1_000_000 + u128::from(round * 10 + other);
                tokio::spawn(async move {
                    until_known(&store, &append(number, &payload, true)).await;
                    payload
                })
            })
            .collect();
        until_known(&store, &append(u128::from(round), &payload, true)).await;
        assert!(proxy.has_cut(), "nothing was cut off in round {round}");
        assert_eq!(stored(&direct, &payload).await, 1, "round {round}, {cut:?}");
        for other in beside {
            let payload = other.await.unwrap();
            assert_eq!(stored(&direct, &payload).await, 1, "{payload}, {cut:?}");
        }
    }
    store.close().await;
    direct.close().await;
}

/// Sends the identical request until its outcome is known.
async fn until_known(store: &PostgresStore, append: &Arc<Append>) {
    loop {
        match store.append(Arc::clone(append)).await {
            Ok(_) => return,
            Err(AppendError::Unknown { .. } | AppendError::Store(_)) => {
                sleep(Duration::from_millis(5)).await;
            }
            Err(error) => panic!("{error:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g5_an_answer_that_is_cut_off_is_not_guessed() {
    let (_cluster, direct, proxy, store) = behind_a_proxy("guesses").await;
    for round in 0..20_u64 {
        let cut = if round % 2 == 0 {
            Cut::Request
        } else {
            Cut::Answer
        };
        let payload = format!("guess {round}.");
        proxy.arm(&payload, cut);
        let answer = store.append(append(0, &payload, false)).await;
        assert!(proxy.has_cut(), "nothing was cut off in round {round}");
        let stored = stored(&direct, &payload).await;
        let expected = match (&answer, cut) {
            (Err(AppendError::Unknown { .. } | AppendError::Store(_)), Cut::Request) => 0,
            // After `Ok`, the store has given the request a key of its own.
            (Err(AppendError::Unknown { .. }), Cut::Answer) | (Ok(_), _) => 1,
            _ => panic!("{cut:?}: stored {stored} times, and the answer is {answer:?}"),
        };
        assert_eq!(stored, expected, "{cut:?}, and the answer is {answer:?}");
        // The next one finds a connection that works.
        until_known(
            &store,
            &append(u128::from(round), &format!("next {round}"), true),
        )
        .await;
    }
    store.close().await;
    direct.close().await;
}
