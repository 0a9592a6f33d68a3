//! Importing many events.

mod scratch;

use std::sync::Arc;

use eventsource_core::{
    AppendError, LogScan, Position, Query, Record, Store, StreamScan, Tag, Timestamp, Version,
};
use eventsource_postgres::Statements;
use scratch::{Schema, event, options, some, stream, url};

fn records(count: u64) -> impl Iterator<Item = Record> {
    (0..count).map(|number| {
        let mut event = event("sample.imported");
        event.payload = number.to_string().into_bytes();
        event.recorded_at = Timestamp::from_micros(i64::try_from(number).unwrap());
        event.tags = vec![Tag::new("third", number % 3), Tag::new("number", number)];
        if number % 2 == 0 {
            event.metadata = b"{}".as_slice().into();
        }
        Record {
            stream: stream(number % 7),
            event,
        }
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_imported_is_there_in_its_order() {
    const COUNT: u64 = 5_001;
    for statements in [Statements::Named, Statements::Unnamed] {
        let schema = Schema::fresh();
        let store = options(schema.name())
            .statements(statements)
            .open(&url())
            .await
            .unwrap();
        store.append(Arc::new(some(0, 2))).await.unwrap();
        let imported = store.import(records(COUNT)).await.unwrap();
        assert_eq!(
            (imported.events, imported.last),
            (COUNT, Position(COUNT + 2))
        );
        let read = store.read_all(LogScan::after(Position(2))).await.unwrap();
        for (record, (stored, position)) in records(COUNT).zip(read.iter().zip(3..)) {
            assert_eq!(
                (&stored.stream, stored.position),
                (&record.stream, Position(position))
            );
            assert_eq!(
                (&*stored.payload, &*stored.metadata),
                (&*record.event.payload, &*record.event.metadata)
            );
            assert_eq!(
                (stored.recorded_at, stored.tags().to_tags()),
                (record.event.recorded_at, record.event.tags)
            );
        }
        let versions: Vec<_> = store
            .read_stream(StreamScan::of(stream(0)))
            .await
            .unwrap()
            .iter()
            .map(|event| event.version)
            .collect();
        assert_eq!(versions, (1..=717).map(Version).collect::<Vec<_>>());
        let third = Query::types(["sample.imported"]).tagged(Tag::new("third", 1));
        assert_eq!(
            store
                .read_all(LogScan::default().matching(third))
                .await
                .unwrap()
                .len(),
            1_667
        );
        // And the next append goes on behind it.
        let placed = store
            .append(Arc::new(some(0, 1).at(Version(717))))
            .await
            .unwrap()
            .placed;
        assert_eq!(placed[0].position, Position(COUNT + 3));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_append_while_much_is_imported() {
    let schema = Schema::fresh();
    let store = options(schema.name()).open(&url()).await.unwrap();
    let importing = tokio::spawn({
        let store = store.clone();
        async move { store.import(records(20_000)).await }
    });
    let mut between = 0;
    while !importing.is_finished() {
        store
            .append(Arc::new(some(100 + between, 1)))
            .await
            .unwrap();
        between += 1;
    }
    assert_eq!(importing.await.unwrap().unwrap().events, 20_000);
    assert_eq!(store.head().await.unwrap(), Position(20_000 + between));
    assert!(between > 3, "{between}");
}

#[tokio::test]
async fn a_bad_record_is_named_by_its_place_and_what_stands_before_its_chunk_is_stored() {
    let schema = Schema::fresh();
    let store = options(schema.name()).open(&url()).await.unwrap();
    let spoiled = records(5_000).enumerate().map(|(number, mut record)| {
        if number == 4_321 {
            record.event.name = "a\0b".into();
        }
        record
    });
    let error = store.import(spoiled).await.unwrap_err();
    assert!(
        matches!(&error.source, AppendError::Rejected(rejected) if rejected.index == 4_321),
        "{error}"
    );
    assert_eq!(error.stored.events, error.stored.last.0);
    assert_eq!(store.head().await.unwrap(), error.stored.last);
    assert!(error.stored.events >= 2_000, "{error}");
}
