//! The store's lives: a copy, a restored table, events that are gone, and one that an operator begins.

mod scratch;

use std::sync::Arc;

use eventsource_core::{AppendError, Position, Store, StoreError};
use scratch::{Schema, client, open, some};

#[tokio::test]
async fn a_copy_elsewhere_begins_a_new_life() {
    let (client, schema) = (client().await, Schema::fresh());
    let store = open(schema.name()).await;
    let (before, checkpoint) = (
        store.identity(),
        store.subscribe(Position::START).checkpoint(),
    );
    store.close().await;
    for elsewhere in [
        "system_identifier = 1",
        "timeline = timeline + 1",
        "database_oid = 1",
        "events_oid = 1",
    ] {
        client
            .batch_execute(&format!("UPDATE {}.meta SET {elsewhere}", schema.name()))
            .await
            .unwrap();
        let store = open(schema.name()).await;
        assert_eq!(store.identity().id, before.id);
        let error = store.resume(checkpoint).map(|_| ()).unwrap_err();
        assert!(
            matches!(error, StoreError::OtherIncarnation { .. }),
            "{elsewhere}: {error}"
        );
        // And no other one as long as it stays where it is.
        assert_eq!(open(schema.name()).await.identity(), store.identity());
    }
}

/// As a dump would be restored, beside processes that are running.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_that_is_restored_under_an_open_store_begins_a_new_life() {
    let (client, schema) = (client().await, Schema::fresh());
    let name = schema.name();
    let (one, two) = (open(name).await, open(name).await);
    one.append(Arc::new(some(1, 5))).await.unwrap();
    let before = one.identity();
    assert_eq!(two.head().await.unwrap(), Position(5));
    let restore = format!(
        "BEGIN; CREATE TABLE {name}.restored (LIKE {name}.events INCLUDING ALL);
         INSERT INTO {name}.restored SELECT * FROM {name}.events WHERE position <= 3;
         DROP TABLE {name}.events; ALTER TABLE {name}.restored RENAME TO events; COMMIT"
    );
    client.batch_execute(&restore).await.unwrap();
    let late = one
        .append(Arc::new(some(1, 1).incarnation(before.incarnation)))
        .await
        .unwrap_err();
    assert!(
        matches!(
            late,
            AppendError::Store(StoreError::OtherIncarnation { .. })
        ),
        "{late}"
    );
    let placed = one.append(Arc::new(some(1, 1))).await.unwrap().placed;
    assert_eq!(placed[0].position, Position(4));
    assert_eq!(two.head().await.unwrap(), Position(4));
    assert_eq!(one.identity(), two.identity());
    assert_ne!(one.identity().incarnation, before.incarnation);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_that_are_gone_begin_a_new_life() {
    let (client, schema) = (client().await, Schema::fresh());
    let name = schema.name();
    let store = open(name).await;
    store.append(Arc::new(some(1, 5))).await.unwrap();
    let before = store.identity();
    // As if the files had been copied back: nothing remembers that there was more.
    let back = format!(
        "DELETE FROM {name}.events WHERE position > 2; UPDATE {name}.meta SET high_water = 0"
    );
    client.batch_execute(&back).await.unwrap();
    assert_eq!(store.head().await.unwrap(), Position(2));
    let after = store.identity();
    assert_ne!(after.incarnation, before.incarnation);
    assert_eq!(store.head().await.unwrap(), Position(2));
    store.append(Arc::new(some(2, 1))).await.unwrap();
    assert_eq!(store.identity(), after);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_begins_a_new_life() {
    let schema = Schema::fresh();
    let (one, two) = (open(schema.name()).await, open(schema.name()).await);
    let before = one.identity();
    let after = one.renew_incarnation().await.unwrap();
    assert_eq!((after.id, one.identity()), (before.id, after));
    assert_ne!(after.incarnation, before.incarnation);
    let late = two
        .append(Arc::new(some(1, 1).incarnation(before.incarnation)))
        .await
        .unwrap_err();
    assert!(
        matches!(
            late,
            AppendError::Store(StoreError::OtherIncarnation { .. })
        ),
        "{late}"
    );
    assert_eq!(two.identity(), after);
}

/// In a database of its own, as rights to a function are each database's.
#[tokio::test]
async fn a_role_that_may_not_ask_for_the_system_is_served() {
    let (client, name) = (client().await, scratch::fresh_schema());
    client
        .batch_execute(&format!("CREATE DATABASE {name}"))
        .await
        .unwrap();
    let config: tokio_postgres::Config = scratch::url().parse().unwrap();
    let (host, port) = (&config.get_hosts()[0], config.get_ports()[0]);
    let tokio_postgres::config::Host::Tcp(host) = host else {
        panic!("the server under test is reached by TCP");
    };
    let admin = config
        .clone()
        .dbname(&name)
        .connect(tokio_postgres::NoTls)
        .await
        .unwrap();
    let carried = tokio::spawn(admin.1);
    let rights = format!(
        "CREATE ROLE {name} LOGIN PASSWORD 'p'; GRANT CREATE ON DATABASE {name} TO {name};
         REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC"
    );
    admin.0.batch_execute(&rights).await.unwrap();
    let url = format!("postgres://{name}:p@{host}:{port}/{name}");
    let store = scratch::options("eventsource").open(&url).await.unwrap();
    store.append(Arc::new(some(1, 1))).await.unwrap();
    let before = store.identity();
    store.close().await;
    let store = scratch::options("eventsource").open(&url).await.unwrap();
    assert_eq!(store.identity(), before);
    assert_ne!(store.renew_incarnation().await.unwrap(), before);
    store.close().await;
    drop(admin.0);
    let _ = carried.await;
    client
        .batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)"))
        .await
        .unwrap();
    client
        .batch_execute(&format!("DROP ROLE {name}"))
        .await
        .unwrap();
}
