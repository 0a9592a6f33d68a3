//! Every read and every check goes by an index: the server counts the rows that were read otherwise.

mod scratch;

use std::sync::Arc;

use eventsource_core::{
    Append, BoundaryStore, LogScan, Position, Query, Store, StreamScan, Tag, Version,
};
use eventsource_postgres::{PostgresStore, Statements};
use scratch::{Schema, client, event, key, options, stream, url};

const ROUNDS: u64 = 40;

/// One event of each kind, and one of a kind of its own.
fn append(number: u64) -> Append {
    let mut tagged = event("common");
    tagged.tags = vec![Tag::new("all", 1), Tag::new("id", number)];
    (0..100).fold(
        Append::to(stream(number)).event(event(&format!("rare.{number}"))),
        |append, _| append.event(tagged.clone()),
    )
}

fn queries(number: u64) -> Vec<Query> {
    let (all, id) = (Tag::new("all", 1), Tag::new("id", number));
    vec![
        Query::types([format!("rare.{number}")]),
        Query::types(["rare.1", "rare.2", "common"]),
        Query::types((0..100).map(|number| format!("rare.{number}"))),
        Query::tag(id.clone()),
        Query::tag(id.clone()).tagged(all.clone()),
        Query::types(["common"]).tagged(all),
        Query::types(["rare.1"]).or(Query::tag(id)),
        Query::all(),
    ]
}

/// `reads` is off where each statement is planned for itself, by the sizes that the tables have.
async fn use_all(store: &PostgresStore, number: u64, reads: bool) {
    for query in queries(number % ROUNDS) {
        if reads {
            read(store, query.clone()).await;
        }
        let head = store.head().await.unwrap();
        let nothing_yet = Append::within().nothing_matches(query.clone(), head);
        store.append_within(Arc::new(nothing_yet)).await.unwrap();
        let something = Append::within()
            .nothing_matches(query, Position(head.0 / 2))
            .record(stream(1), event("other"));
        let _ = store.append_within(Arc::new(something)).await;
    }
    if reads {
        let scan = StreamScan::of(stream(number % ROUNDS));
        store.read_stream(scan.clone().limit(5)).await.unwrap();
        let backwards = scan.after(Version(7)).backwards().limit(5);
        store.read_stream(backwards).await.unwrap();
        store.outcome(key(number.into())).await.unwrap();
        twice(store, number).await;
    }
}

/// Requests that are found by their stamps.
async fn twice(store: &PostgresStore, number: u64) {
    let of = format!("stamped.{number}");
    let at_a_version = Append::to(stream(1_000 + number))
        .if_new()
        .event(event(&of))
        .key(key(u128::from(1_000 + number)));
    let at_a_version = Arc::new(at_a_version);
    let first_match = Append::within()
        .nothing_matches(Query::types([of.clone() + ".by-type"]), Position::START)
        .record(stream(1), event(&(of + ".by-type")))
        .key(key(u128::from(2_000 + number)));
    let first_match = Arc::new(first_match);
    for _ in 0..2 {
        store.append(Arc::clone(&at_a_version)).await.unwrap();
        store.append_within(Arc::clone(&first_match)).await.unwrap();
    }
}

async fn read(store: &PostgresStore, query: Query) {
    let scan = LogScan::default().matching(query).limit(50);
    store.read_all(scan).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_read_but_by_an_index() {
    for statements in [Statements::Named, Statements::Unnamed] {
        let (client, schema) = (client().await, Schema::fresh());
        let store = options(schema.name())
            .statements(statements)
            .open(&url())
            .await
            .unwrap();
        // Plans that are made while the tables are empty are kept.
        for number in 0..8 {
            use_all(&store, number, statements == Statements::Named).await;
        }
        for number in 0..ROUNDS {
            store
                .append(Arc::new(append(number).key(key(number.into()))))
                .await
                .unwrap();
        }
        let read = format!(
            "SELECT coalesce(sum(seq_tup_read), 0)::bigint FROM pg_stat_user_tables \
             WHERE schemaname = '{}' AND relname <> 'meta'",
            schema.name()
        );
        let before = counted(&client, &read).await;
        for number in 0..8 {
            use_all(&store, number, statements == Statements::Named).await;
        }
        client
            .batch_execute(&format!(
                "ANALYZE {0}.events, {0}.tags, {0}.keys",
                schema.name()
            ))
            .await
            .unwrap();
        for number in 0..8 {
            use_all(&store, number, statements == Statements::Named).await;
        }
        // Closing makes the connections tell what they have counted.
        store.close().await;
        let after = counted(&client, &read).await;
        assert_eq!(
            after - before,
            0,
            "rows were read without an index, statements: {statements:?}"
        );
    }
}

async fn counted(client: &tokio_postgres::Client, sql: &str) -> i64 {
    tokio::time::sleep(std::time::Duration::from_millis(1_200)).await;
    client
        .batch_execute("SELECT pg_stat_clear_snapshot()")
        .await
        .unwrap();
    client.query_one(sql, &[]).await.unwrap().get(0)
}
