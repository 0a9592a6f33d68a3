//! From any store into any other, by public traits alone; and the states that come of it.

use std::path::Path;
use std::sync::Arc;

use eventsource_conformance::Account;
use eventsource_conformance::sample::{event, tagged};
use eventsource_core::{
    Aggregate, Append, LogScan, MemoryStore, MultiStreamStore, NewEvent, Repository, Store,
    StoredEvent, StreamName, Tag,
};
use eventsource_migrate::{ComparisonError, Migration, compare_states, is_note, steps};
use eventsource_postgres::{PostgresStore, UnsafeServer};
use eventsource_sqlite::SqliteStore;

/// Events of two hundred streams, some of them odd.
async fn fill(store: &impl MultiStreamStore) {
    for chunk in 0..20 {
        let append = (0..60).fold(Append::across(), |append, number| {
            let number = chunk * 60 + number;
            let stream = StreamName::new("sample", &(number * 7 % 200)).unwrap();
            let event = match number % 5 {
                0 => tagged(
                    "sample.made",
                    number,
                    &[Tag::new("n", number % 3), Tag::new("日", "本")],
                ),
                1 => NewEvent {
                    payload: vec![0, 255, 10, 13],
                    format: "bytes".into(),
                    metadata: [].into(),
                    ..event("o'clock %", number)
                },
                2 => NewEvent {
                    metadata: br#"{"actor":"me"}"#.as_slice().into(),
                    schema: 4,
                    ..event("sample.changed", number)
                },
                _ => event("sample.made", number),
            };
            append.record(stream, event)
        });
        store.append_across(Arc::new(append)).await.unwrap();
    }
}

/// The events of a store but for the notes, without their positions.
async fn events(store: &impl Store) -> Vec<StoredEvent> {
    let mut events = store.read_all(LogScan::default()).await.unwrap();
    events.retain(|event| !is_note(&event.name));
    for event in &mut events {
        event.position = eventsource_core::Position::START;
    }
    events
}

async fn migrate(from: &impl Store, to: &impl MultiStreamStore) {
    let migration = Migration::new(from, to);
    assert_eq!(migration.run().await.unwrap().stored, 1_200);
    let verified = migration.verify().await.unwrap();
    assert_eq!(
        (verified.events, verified.streams, verified.others),
        (1_200, 200, 0)
    );
    assert!(events(from).await == events(to).await);
}

async fn sqlite(folder: &Path, name: &str) -> SqliteStore {
    SqliteStore::open(folder.join(name)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_and_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let first = MemoryStore::new();
    fill(&first).await;
    let second = sqlite(folder.path(), "second.db").await;
    migrate(&first, &second).await;
    let third = sqlite(folder.path(), "third.db").await;
    migrate(&second, &third).await;
    migrate(&third, &MemoryStore::new()).await;
}

/// A run that is dropped leaves an append on its way; the next one meets it, and goes on behind it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_was_dropped_is_run_again() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (MemoryStore::new(), sqlite(folder.path(), "new.db").await);
    for _ in 0..5 {
        fill(&old).await;
    }
    let migration = Migration::new(&old, &new);
    for micros in [200, 900, 3_000, 7_000, 15_000] {
        let wait = std::time::Duration::from_micros(micros);
        let _ = tokio::time::timeout(wait, migration.run()).await;
    }
    assert_eq!(migration.run().await.unwrap().stored, 6_000);
    migration.verify().await.unwrap();
}

/// A schema that is dropped when the test ends.
struct Schema(String);

impl Schema {
    fn fresh(name: &str) -> Self {
        Self(format!("migrate_{name}_{}", std::process::id()))
    }

    async fn open(&self) -> PostgresStore {
        let unsafe_server = UnsafeServer {
            fsync_off: true,
            full_page_writes_off: true,
        };
        let options = PostgresStore::options()
            .schema(&self.0)
            .allow_unsafe_server(unsafe_server);
        options.open(&url()).await.unwrap()
    }

    async fn drop(self) {
        let (client, connection) = tokio_postgres::connect(&url(), tokio_postgres::NoTls)
            .await
            .unwrap();
        let connection = tokio::spawn(connection);
        client
            .batch_execute(&format!("DROP SCHEMA {} CASCADE", self.0))
            .await
            .unwrap();
        drop(client);
        connection.await.unwrap().unwrap();
    }
}

fn url() -> String {
    std::env::var("EVENTSOURCE_POSTGRES").expect(
        "EVENTSOURCE_POSTGRES names no server to test with; `scripts/test` starts one and runs the tests against it",
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_postgresql_and_memory() {
    let folder = tempfile::tempdir().unwrap();
    let first = sqlite(folder.path(), "first.db").await;
    fill(&first).await;
    let (one, other) = (Schema::fresh("one"), Schema::fresh("other"));
    let second = one.open().await;
    migrate(&first, &second).await;
    let third = other.open().await;
    migrate(&second, &third).await;
    migrate(&third, &MemoryStore::new()).await;
    migrate(&third, &sqlite(folder.path(), "last.db").await).await;
    second.close().await;
    third.close().await;
    one.drop().await;
    other.drop().await;
}

#[tokio::test]
async fn states_are_compared() {
    type Accounts = Repository<Account, MemoryStore>;
    let (old, new) = (MemoryStore::new(), MemoryStore::new());
    let before = Accounts::new(old.clone());
    for id in 0..30 {
        for command in [
            r#""Open""#,
            r#"{"Deposit":{"amount":50}}"#,
            r#"{"Withdraw":{"amount":20}}"#,
        ] {
            let command: <Account as Aggregate>::Command = serde_json::from_str(command).unwrap();
            before.execute(&id, command).await.unwrap();
        }
    }
    Migration::new(&old, &new).run().await.unwrap();
    let after = Accounts::new(new);
    let same = |one: &Account, other: &Account| one == other;
    assert_eq!(compare_states(&before, &after, same).await.unwrap(), 30);

    let poorer = MemoryStore::new();
    let migration = Migration::new(&old, &poorer).then(steps::leave_out(["conformance.withdrawn"]));
    migration.run().await.unwrap();
    let error = compare_states(&before, &Accounts::new(poorer), same)
        .await
        .unwrap_err();
    assert!(
        matches!(&error, ComparisonError::Different { id, .. } if id == "0"),
        "{error}"
    );

    let error = compare_states(&before, &Accounts::new(MemoryStore::new()), same)
        .await
        .unwrap_err();
    assert!(
        matches!(&error, ComparisonError::Missing { id, .. } if id == "0"),
        "{error}"
    );
}
