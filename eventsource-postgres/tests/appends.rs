//! Appends: one that is bad among many, positions of deleted events, a full queue, keys that are forgotten.

mod scratch;

use std::sync::Arc;

use eventsource_core::{
    Append, AppendError, LogScan, Position, Query, Store, StoreError, StreamScan, Tag, Timestamp,
};
use scratch::{Schema, client, event, key, open, options, some, stream, url};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_bad_append_among_64_fails_alone() {
    let (client, schema) = (client().await, Schema::fresh());
    let store = open(schema.name()).await;
    let no_bad_ones = format!(
        "ALTER TABLE {}.events ADD CHECK (name <> 'bad')",
        schema.name()
    );
    client.batch_execute(&no_bad_ones).await.unwrap();
    let send = |id| {
        let store = store.clone();
        let append = Append::to(stream(id)).if_new().key(key(id.into()));
        let append = append.event(event(if id == 40 { "bad" } else { "good" }));
        tokio::spawn(async move { store.append(Arc::new(append)).await })
    };
    let mut failed = Vec::new();
    for (id, task) in (0..64)
        .map(send)
        .collect::<Vec<_>>()
        .into_iter()
        .enumerate()
    {
        if let Err(error) = task.await.unwrap() {
            failed.push((id, error));
        }
    }
    assert!(
        matches!(
            &*failed,
            [(40, AppendError::Store(StoreError::Backend { .. }))]
        ),
        "{failed:?}"
    );
    assert_eq!(store.head().await.unwrap(), Position(63));
    let metrics = store.metrics();
    assert!(
        metrics.largest_call > 1 && metrics.failed_calls > 0,
        "{metrics:?}"
    );
}

#[tokio::test]
async fn a_position_is_not_given_out_again_after_its_event_was_deleted() {
    let (client, schema) = (client().await, Schema::fresh());
    let store = open(schema.name()).await;
    store.append(Arc::new(some(1, 5))).await.unwrap();
    for (statement, next) in [
        ("DELETE FROM {}.events WHERE position > 3", 6),
        ("TRUNCATE {}.events", 7),
    ] {
        client
            .batch_execute(&statement.replace("{}", schema.name()))
            .await
            .unwrap();
        assert_eq!(store.head().await.unwrap(), Position(next - 1));
        let placed = store.append(Arc::new(some(next, 1))).await.unwrap().placed;
        assert_eq!(placed[0].position, Position(next));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_is_overload_and_nothing_else_is_lost() {
    let (client, schema) = (client().await, Schema::fresh());
    let store = options(schema.name()).queue(8).open(&url()).await.unwrap();
    // Nothing gets on while the table is locked.
    client
        .batch_execute(&format!("BEGIN; LOCK TABLE {}.events", schema.name()))
        .await
        .unwrap();
    let send = |id| {
        let store = store.clone();
        tokio::spawn(async move { store.append(Arc::new(some(id, 1))).await })
    };
    let tasks: Vec<_> = (0..200).map(send).collect();
    while store.metrics().waiting_appends < 8 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    client.batch_execute("ROLLBACK").await.unwrap();
    let (mut made, mut overloaded) = (0, 0);
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => made += 1,
            Err(AppendError::Overloaded { waiting }) => {
                assert!(waiting >= 8);
                overloaded += 1;
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert!(overloaded > 0);
    assert_eq!(store.head().await.unwrap(), Position(made));
}

#[tokio::test]
async fn keys_are_forgotten_by_position_and_by_time() {
    let schema = Schema::fresh();
    let store = open(schema.name()).await;
    for number in 1..=6 {
        let mut event = event("sample.made");
        event.recorded_at = Timestamp::from_micros(number);
        let append = Append::to(stream(1))
            .key(key(number.unsigned_abs().into()))
            .event(event);
        store.append(Arc::new(append)).await.unwrap();
    }
    assert_eq!(store.forget_keys(Position(3)).await.unwrap(), 2);
    assert_eq!(
        store.forget_keys(Timestamp::from_micros(4)).await.unwrap(),
        1
    );
    for number in 1..=6 {
        let known = store.outcome(key(number)).await.unwrap().is_some();
        assert_eq!(known, number > 3, "key {number}");
    }
}

#[tokio::test]
async fn hostile_texts_are_texts() {
    let schema = Schema::fresh();
    let store = open(schema.name()).await;
    let hostile = [
        "'; DROP TABLE events; --",
        "$1",
        "\\",
        "\\x00",
        "{a,b}",
        "NULL",
        "\"",
        "%_",
        "\u{202e}",
        "a\u{0301}",
    ];
    for text in hostile {
        let stream = eventsource_core::StreamName::new("sample", &text.to_owned()).unwrap();
        let tag = Tag::new("t", text);
        let mut event = event(text);
        event.tags = vec![tag.clone()];
        store
            .append(Arc::new(Append::to(stream.clone()).if_new().event(event)))
            .await
            .unwrap();
        assert_eq!(
            store
                .read_stream(StreamScan::of(stream))
                .await
                .unwrap()
                .len(),
            1,
            "{text}"
        );
        for query in [
            Query::types([text]),
            Query::tag(tag.clone()),
            Query::types([text]).tagged(tag),
        ] {
            let found = store
                .read_all(LogScan::default().matching(query))
                .await
                .unwrap();
            assert_eq!(found.len(), 1, "{text}");
        }
    }
    // No stored text is like these, so they match nothing, and they are no reason to fail.
    for odd in ["\0", "a\nb", "\u{1b}"] {
        for query in [
            Query::types([odd]),
            Query::tag(Tag::new("t", odd)),
            Query::types([odd]).or(Query::types(["$1"])),
        ] {
            let expected = usize::from(query.items().len() > 1);
            let found = store
                .read_all(LogScan::default().matching(query))
                .await
                .unwrap();
            assert_eq!(found.len(), expected, "{odd:?}");
        }
    }
}
