//! Servers of the tests' own, and stores on those that `scripts/with-servers` has started.
#![allow(dead_code, reason = "each test file uses its part of it")]

use std::sync::atomic::{AtomicU64, Ordering};

use eventsource_nats::{NatsOptions, NatsStore, async_nats};

/// A single server.
pub fn one() -> String {
    named("EVENTSOURCE_NATS")
}

/// A cluster of three.
pub fn three() -> String {
    named("EVENTSOURCE_NATS_CLUSTER")
}

fn named(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!("{variable} names no server to test with; `scripts/test` starts one and runs the tests against it")
    })
}

/// A name that no other test has.
pub fn fresh_name() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let number = COUNT.fetch_add(1, Ordering::SeqCst);
    let nanos = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_nanos()
        % 1_000_000_000_000;
    format!("T{}_{nanos}_{number}", std::process::id())
}

/// The settings for a test on so many servers.
pub fn options(name: &str, replicas: usize) -> NatsOptions {
    NatsStore::options().name(name).replicas(replicas)
}

/// A place as text, for another process: the name, the number of replicas and the URL.
pub fn place(replicas: usize) -> String {
    let url = if replicas == 1 { one() } else { three() };
    format!("{} {replicas} {url}", fresh_name())
}

/// Opens the store at a place.
pub async fn open(place: &str) -> NatsStore {
    let words: Vec<_> = place.split(' ').collect();
    let [name, replicas, url] = words[..] else {
        panic!("`{place}` is no place")
    };
    let options = options(name, replicas.parse().unwrap());
    options.open(url).await.expect("the store opens")
}

/// Deletes the JetStream stream of a place when it is dropped.
pub struct Deleted(pub String);

impl Drop for Deleted {
    fn drop(&mut self) {
        let place = std::mem::take(&mut self.0);
        // A thread of its own, as the test's runtime cannot be waited for from here.
        let deleting = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let words: Vec<_> = place.split(' ').collect();
                let servers: Vec<_> = words[2].split(',').collect();
                if let Ok(client) = async_nats::connect(servers).await {
                    for stream in [words[0].to_owned(), format!("{}-KEPT", words[0])] {
                        let asked = format!("$JS.API.STREAM.DELETE.{stream}");
                        let _ = client.request(asked, "".into()).await;
                    }
                }
            });
        });
        let _ = deleting.join();
    }
}

thread_local! {
    /// Each test of the suite runs on a thread of its own, which ends with the test.
    static DELETED: std::cell::RefCell<Vec<Deleted>> = const { std::cell::RefCell::new(Vec::new()) };
}

/// A new store that is deleted when the thread ends.
pub async fn fresh(replicas: usize) -> NatsStore {
    let place = place(replicas);
    let store = open(&place).await;
    DELETED.with_borrow_mut(|deleted| deleted.push(Deleted(place)));
    store
}
