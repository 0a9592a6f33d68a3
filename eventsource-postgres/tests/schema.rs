//! What is in the schema: reopened, made by many at once, foreign, newer, damaged.

mod scratch;

use std::sync::Arc;
use std::time::Duration;

use eventsource_core::{LogScan, Position, Store, StoreError};
use eventsource_postgres::PostgresStore;
use scratch::{Schema, client, open, options, some, url};
use tokio::time::timeout;

#[tokio::test]
async fn a_reopened_store_is_the_same() {
    let schema = Schema::fresh();
    let store = open(schema.name()).await;
    let identity = store.identity();
    store.append(Arc::new(some(1, 3))).await.unwrap();
    let before = store.read_all(LogScan::default()).await.unwrap();
    store.close().await;
    let store = open(schema.name()).await;
    assert_eq!(store.identity(), identity);
    assert_eq!(store.read_all(LogScan::default()).await.unwrap(), before);
    store.append(Arc::new(some(1, 1))).await.unwrap();
    assert_eq!(store.head().await.unwrap(), Position(4));
}

#[tokio::test]
async fn many_stores_make_a_new_schema_at_once() {
    let schema = Schema::fresh();
    let open = |_| {
        let name = schema.name().to_owned();
        tokio::spawn(async move { open(&name).await.identity() })
    };
    let mut identities = Vec::new();
    for opened in (0..8).map(open).collect::<Vec<_>>() {
        identities.push(opened.await.unwrap());
    }
    identities.dedup();
    assert_eq!(identities.len(), 1, "{identities:?}");
}

#[tokio::test]
async fn an_empty_schema_that_is_there_already_is_used() {
    let schema = Schema::fresh();
    client()
        .await
        .batch_execute(&format!("CREATE SCHEMA {}", schema.name()))
        .await
        .unwrap();
    open(schema.name())
        .await
        .append(Arc::new(some(1, 1)))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_foreign_schema_is_refused_and_not_changed() {
    let (client, schema) = (client().await, Schema::fresh());
    for theirs in [
        "theirs (x int)",
        "meta (x int)",
        "meta (application text, schema_version int, oldest_user int)",
    ] {
        let name = schema.name();
        let statements = format!("CREATE SCHEMA {name}; CREATE TABLE {name}.{theirs}");
        client.batch_execute(&statements).await.unwrap();
        if theirs.contains("application") {
            let other = format!("INSERT INTO {name}.meta VALUES ('theirs', 1, 1)");
            client.batch_execute(&other).await.unwrap();
        }
        let error = options(name).open(&url()).await.unwrap_err();
        assert!(
            matches!(&error, StoreError::NotAStore { place, .. } if place.contains(name)),
            "{theirs}: {error}"
        );
        let tables = client
            .query_one(
                "SELECT count(*) FROM pg_class WHERE relnamespace = to_regnamespace($1)",
                &[&name],
            )
            .await
            .unwrap();
        assert_eq!(tables.get::<_, i64>(0), 1);
        client
            .batch_execute(&format!("DROP SCHEMA {name} CASCADE"))
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_newer_schema_is_refused_unless_it_can_be_lived_with() {
    let (client, schema) = (client().await, Schema::fresh());
    open(schema.name()).await.close().await;
    let meta = format!("UPDATE {}.meta SET", schema.name());
    client
        .batch_execute(&format!("{meta} schema_version = 99"))
        .await
        .unwrap();
    let store = open(schema.name()).await;
    store.append(Arc::new(some(1, 1))).await.unwrap();
    store.close().await;
    client
        .batch_execute(&format!("{meta} oldest_user = 98"))
        .await
        .unwrap();
    let error = options(schema.name()).open(&url()).await.unwrap_err();
    assert!(
        matches!(
            error,
            StoreError::Newer {
                found: 99,
                supported: 3,
                ..
            }
        ),
        "{error}"
    );
}

/// The table is changed as soon as nobody reads it, and until then others read it as before: nobody waits for long behind
/// a change that waits for a dump of an hour.
#[tokio::test]
async fn a_change_of_a_table_waits_without_keeping_others() {
    let schema = Schema::fresh();
    let store = open(schema.name()).await;
    store.append(Arc::new(some(1, 3))).await.unwrap();
    store.close().await;
    let name = schema.name().to_owned();
    let (mut dump, other) = (client().await, client().await);
    let before = format!(
        "DROP FUNCTION {name}.append_v2, {name}.append_one_v2; ALTER TABLE {name}.events DROP COLUMN stamp; \
         UPDATE {name}.meta SET schema_version = 2"
    );
    other.batch_execute(&before).await.unwrap();

    let count = format!("SELECT count(*) FROM {name}.events");
    let reading = dump.transaction().await.unwrap();
    reading.query_one(&count, &[]).await.unwrap();
    let opening = {
        let name = name.clone();
        tokio::spawn(async move { open(&name).await })
    };
    for _ in 0..12 {
        tokio::time::sleep(Duration::from_millis(250)).await;
        let counted = timeout(Duration::from_secs(20), other.query_one(&count, &[])).await;
        assert_eq!(counted.unwrap().unwrap().get::<_, i64>(0), 3);
    }
    assert!(
        !opening.is_finished(),
        "the table was changed while it was read"
    );
    reading.commit().await.unwrap();
    let store = timeout(Duration::from_secs(20), opening)
        .await
        .unwrap()
        .unwrap();
    store.append(Arc::new(some(1, 1))).await.unwrap();
    assert_eq!(store.head().await.unwrap(), Position(4));
}

#[tokio::test]
async fn what_is_missing_is_damage() {
    let (client, schema) = (client().await, Schema::fresh());
    let name = schema.name();
    let store = open(name).await;
    client
        .batch_execute(&format!("DROP TABLE {name}.keys"))
        .await
        .unwrap();
    let failed = store
        .append(Arc::new(some(1, 1).key(scratch::key(1))))
        .await
        .unwrap_err();
    assert!(failed.to_string().contains("keys"), "{failed}");
    let error = options(name).open(&url()).await.unwrap_err();
    assert!(
        matches!(&error, StoreError::Damaged { reason, .. } if reason.contains("keys")),
        "{error}"
    );
}

#[tokio::test]
async fn a_row_that_cannot_be_an_event_is_damage_and_what_stands_before_it_is_shown() {
    let (client, schema) = (client().await, Schema::fresh());
    let store = open(schema.name()).await;
    store.append(Arc::new(some(1, 3))).await.unwrap();
    let spoil = format!(
        "UPDATE {}.events SET stream = 'no-slash' WHERE position = 2",
        schema.name()
    );
    client.batch_execute(&spoil).await.unwrap();
    assert_eq!(store.read_all(LogScan::default()).await.unwrap().len(), 1);
    let error = store
        .read_all(LogScan::after(Position(1)))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, StoreError::Damaged { reason, .. } if reason.contains("event 2")),
        "{error}"
    );
}

#[tokio::test]
async fn a_name_that_cannot_be_a_schemas_is_refused() {
    for name in [
        "",
        "a b",
        "a\"; DROP SCHEMA public; --",
        "pg_catalog",
        "1st",
    ] {
        let error = options(name).open(&url()).await.unwrap_err();
        assert!(
            matches!(&error, StoreError::Backend { source, .. } if source.to_string().contains("schema's name")),
            "{error}"
        );
    }
}

/// The server under test may be either.
#[tokio::test]
async fn a_server_that_would_lose_events_is_refused() {
    let schema = Schema::fresh();
    let fsync: String = client()
        .await
        .query_one("SHOW fsync", &[])
        .await
        .unwrap()
        .get(0);
    let opened = PostgresStore::options()
        .schema(schema.name())
        .open(&url())
        .await;
    match opened {
        Ok(_) => assert_eq!(fsync, "on"),
        Err(error) => assert!(
            fsync == "off" && error.to_string().contains("checking the server"),
            "{error}"
        ),
    }
}

#[tokio::test]
async fn a_url_that_leads_nowhere_is_an_error() {
    for url in ["not a url", "postgres://", "postgres://me@127.0.0.1:1/shop"] {
        let error = PostgresStore::open(url).await.unwrap_err();
        assert!(matches!(error, StoreError::Backend { .. }), "{error}");
    }
}

#[cfg(not(feature = "tls"))]
#[tokio::test]
async fn asking_for_tls_without_the_feature_is_an_error() {
    let error = PostgresStore::open("postgres://me@127.0.0.1:1/shop?sslmode=require")
        .await
        .unwrap_err();
    assert!(
        matches!(&error, StoreError::Backend { source, .. } if source.to_string().contains("feature `tls`")),
        "{error}"
    );
}
