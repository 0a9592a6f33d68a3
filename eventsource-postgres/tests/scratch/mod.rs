//! Stores of their own for the tests, in schemas that are dropped in the end.
#![allow(dead_code, reason = "each test file uses its part of it")]

use std::sync::atomic::{AtomicU64, Ordering};

use eventsource_core::{Append, Key, NewEvent, StreamName, Timestamp, Uuid};
use eventsource_postgres::{PostgresOptions, PostgresStore, UnsafeServer};
use tokio_postgres::{Client, NoTls};

/// The server under test.
pub fn url() -> String {
    std::env::var("EVENTSOURCE_POSTGRES").expect(
        "EVENTSOURCE_POSTGRES names no server to test with; `scripts/test` starts one and runs the tests against it",
    )
}

/// A name that no other test has.
pub fn fresh_schema() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let number = COUNT.fetch_add(1, Ordering::SeqCst);
    let nanos = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_nanos();
    format!("test_{}_{nanos}_{number}", std::process::id())
}

/// The settings for a test: its server need not survive a power cut.
pub fn options(schema: &str) -> PostgresOptions {
    let unsafe_server = UnsafeServer {
        fsync_off: true,
        full_page_writes_off: true,
    };
    PostgresStore::options()
        .schema(schema)
        .allow_unsafe_server(unsafe_server)
}

pub async fn open(schema: &str) -> PostgresStore {
    options(schema).open(&url()).await.expect("a store")
}

/// A connection of the test's own.
pub async fn client() -> Client {
    let (client, connection) = tokio_postgres::connect(&url(), NoTls)
        .await
        .expect("a connection");
    tokio::spawn(connection);
    client
}

/// Drops the schema when it is dropped itself, whether the test has passed or not.
pub struct Schema(pub String);

impl Schema {
    pub fn fresh() -> Self {
        Self(fresh_schema())
    }

    pub fn name(&self) -> &str {
        &self.0
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        let name = std::mem::take(&mut self.0);
        // A thread of its own, as the test's runtime cannot be waited for from here.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let _ = client()
                    .await
                    .batch_execute(&format!("DROP SCHEMA IF EXISTS \"{name}\" CASCADE"))
                    .await;
            });
        });
        let _ = dropping.join();
    }
}

/// The same server, with connections that bear this name.
pub fn url_as(application: &str) -> String {
    let separator = if url().contains('?') { '&' } else { '?' };
    format!("{}{separator}application_name={application}", url())
}

/// Ends the server's side of the connections that bear this name, and says how many they were.
pub async fn terminate(application: &str) -> i64 {
    let ended = client()
        .await
        .query_one(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = $1",
            &[&application],
        )
        .await
        .expect("the connections are ended");
    ended.get(0)
}

/// How many connections bear this name.
pub async fn connections(application: &str) -> i64 {
    let count = client()
        .await
        .query_one(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1",
            &[&application],
        )
        .await
        .expect("the connections are counted");
    count.get(0)
}

pub fn stream(id: u64) -> StreamName {
    StreamName::new("sample", &id).expect("a good name")
}

/// An append of so many events to a stream.
pub fn some(id: u64, count: usize) -> Append {
    (0..count).fold(Append::to(stream(id)), |append, _| {
        append.event(event("sample.made"))
    })
}

pub fn key(number: u128) -> Key {
    Key::unique(Uuid::from_u128(number))
}

pub fn event(name: &str) -> NewEvent {
    NewEvent {
        name: name.to_owned().into(),
        schema: 1,
        format: "json".into(),
        payload: b"{}".to_vec(),
        metadata: [].into(),
        recorded_at: Timestamp::default(),
        tags: Vec::new(),
    }
}
