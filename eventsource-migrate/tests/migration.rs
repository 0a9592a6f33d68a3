//! Migrations from memory to memory: what the steps do, what is refused, and that an interruption changes nothing.

mod flaky;

use std::sync::{Arc, Mutex};

use eventsource_core::{
    Append, Checkpoint, LogScan, MemoryStore, NewEvent, Position, Record, Store, StoreError,
    StoreIdentity, StoredEvent, StreamName, StreamScan, Tag, Timestamp, Uuid, Version,
};
use eventsource_migrate::{Migration, MigrationProblem, StepError, VerifyError, is_note, steps};
use flaky::{Fault, Flaky};
use proptest::prelude::*;

fn event(name: &str, payload: &str) -> NewEvent {
    NewEvent {
        name: name.to_owned().into(),
        schema: 3,
        format: "json".into(),
        payload: payload.as_bytes().to_vec(),
        metadata: br#"{"actor":"me"}"#.as_slice().into(),
        recorded_at: Timestamp::from_micros(-7),
        tags: vec![Tag::new("old", 1)],
    }
}

async fn put(store: &MemoryStore, stream: &str, event: NewEvent) {
    let append = Append::to(StreamName::parse(stream).unwrap()).event(event);
    store.append(Arc::new(append)).await.unwrap();
}

async fn filled(events: u64) -> MemoryStore {
    let store = MemoryStore::new();
    for number in 0..events {
        let stream = format!("sample/{}", number % 7);
        put(&store, &stream, event("sample.made", &number.to_string())).await;
    }
    store
}

/// The events of a store that are no notes, without their positions.
async fn events(store: &impl Store) -> Vec<StoredEvent> {
    let mut events = store.read_all(LogScan::default()).await.unwrap();
    events.retain(|event| !is_note(&event.name));
    for event in &mut events {
        event.position = Position::START;
    }
    events
}

#[tokio::test]
async fn everything_is_as_it_was_where_nothing_is_changed() {
    let (old, new) = (filled(1_234).await, MemoryStore::new());
    let migration = Migration::new(&old, &new);
    let moved = migration.run().await.unwrap();
    assert_eq!(
        (moved.read, moved.stored, moved.position.0),
        (1_234, 1_234, 1_234)
    );
    assert_eq!(events(&new).await, events(&old).await);
    let verified = migration.verify().await.unwrap();
    assert_eq!(
        (verified.events, verified.streams, verified.others),
        (1_234, 7, 0)
    );
}

#[tokio::test]
async fn steps_follow_one_another() {
    let (old, new) = (MemoryStore::new(), MemoryStore::new());
    put(
        &old,
        "person/1",
        event("person.joined", r#"{"name":"Ann","mail":"a@b"}"#),
    )
    .await;
    put(
        &old,
        "person/1",
        event("person.moved", r#"{"street":"S","city":"C"}"#),
    )
    .await;
    put(&old, "person/1", event("person.seen", "{}")).await;
    put(&old, "person/1", event("person.left", "null")).await;
    let part = |record: &Record, name: &'static str, payload: &str| Record {
        event: NewEvent {
            name: name.into(),
            payload: payload.into(),
            ..record.event.clone()
        },
        ..record.clone()
    };
    let migration = Migration::new(&old, &new)
        .then(steps::redact("person.joined", |payload| {
            payload["mail"] = "-".into();
        }))
        .then(steps::split("person.moved", move |record| {
            Ok([
                part(&record, "street.changed", "1"),
                part(&record, "city.changed", "2"),
            ])
        }))
        .then(steps::leave_out(["person.seen"]))
        .then(steps::rename("person.joined", "member.joined"))
        .then(steps::rename_category("person", "member"))
        .then(steps::retag(|record| {
            vec![Tag::new("member", record.stream.id())]
        }));
    let moved = migration.run().await.unwrap();
    assert_eq!((moved.read, moved.stored), (4, 4));
    let found = events(&new).await;
    let short: Vec<_> = found
        .iter()
        .map(|event| {
            let payload = std::str::from_utf8(&event.payload).unwrap();
            (
                event.version.0,
                &*event.name,
                payload,
                event.stream.as_str(),
                &*event.tags,
            )
        })
        .collect();
    let tags = &*found[0].tags;
    assert_eq!(found[0].tags().to_tags(), [Tag::new("member", 1)]);
    assert_eq!(
        short,
        [
            (
                1,
                "member.joined",
                r#"{"mail":"-","name":"Ann"}"#,
                "member/1",
                tags
            ),
            (2, "street.changed", "1", "member/1", tags),
            (3, "city.changed", "2", "member/1", tags),
            (4, "person.left", "null", "member/1", tags),
        ]
    );
    let (metadata, time) = (&*found[0].metadata, found[0].recorded_at.as_micros());
    assert_eq!(
        (found[0].schema, metadata, time),
        (3, &br#"{"actor":"me"}"#[..], -7)
    );
    assert_eq!(migration.verify().await.unwrap().events, 4);
}

#[tokio::test]
async fn a_run_goes_on_where_the_last_one_ended() {
    let (old, new) = (filled(700).await, MemoryStore::new());
    let said = Arc::new(Mutex::new(Vec::new()));
    let tell = Arc::clone(&said);
    let migration = Migration::new(&old, &new).on_progress(move |progress| {
        let done = progress.migrated.position.0;
        tell.lock().unwrap().push((done, progress.end.0));
    });
    migration.run().await.unwrap();
    for number in 0..30 {
        put(&old, "late/1", event("late.made", &number.to_string())).await;
    }
    let moved = migration.run().await.unwrap();
    assert_eq!(
        (moved.read, moved.stored, moved.position.0),
        (730, 730, 730)
    );
    let head = new.head().await.unwrap();
    migration.run().await.unwrap();
    assert_eq!(new.head().await.unwrap(), head, "nothing was left to do");
    assert_eq!(events(&new).await, events(&old).await);
    migration.verify().await.unwrap();
    let said = said.lock().unwrap().clone();
    assert_eq!(said, [(500, 700), (700, 700), (730, 730), (730, 730)]);
}

#[tokio::test]
async fn a_target_in_use_is_taken_only_when_that_is_said() {
    let (old, new) = (filled(5).await, MemoryStore::new());
    put(&new, "other/1", event("other.made", "1")).await;
    let error = Migration::new(&old, &new).run().await.unwrap_err();
    assert!(
        matches!(
            error.problem,
            MigrationProblem::NotEmpty { head: Position(1) }
        ),
        "{error}"
    );
    let migration = Migration::new(&old, &new).beside_others();
    migration.run().await.unwrap();
    let verified = migration.verify().await.unwrap();
    assert_eq!((verified.events, verified.others), (5, 1));
    // Once begun, it goes on without being told again.
    put(&old, "sample/1", event("sample.made", "9")).await;
    assert_eq!(Migration::new(&old, &new).run().await.unwrap().stored, 6);
}

#[tokio::test]
async fn a_store_is_not_migrated_into_itself() {
    let store = filled(5).await;
    let error = Migration::new(&store, &store.clone())
        .run()
        .await
        .unwrap_err();
    assert!(
        matches!(error.problem, MigrationProblem::SameStore),
        "{error}"
    );
    assert_eq!(events(&store).await.len(), 5);
}

#[tokio::test]
async fn two_at_once_do_not_mix() {
    let (old, new) = (filled(3_000).await, MemoryStore::new());
    let run = || {
        let migration = Migration::new(&old, &new).then(|record: Record| {
            std::thread::yield_now();
            Ok::<_, StepError>([record])
        });
        tokio::spawn(async move { migration.run().await })
    };
    let mut ended = Vec::new();
    for task in [run(), run(), run()] {
        ended.push(task.await.unwrap());
    }
    for error in ended.iter().filter_map(|ended| ended.as_ref().err()) {
        let expected = matches!(
            error.problem,
            MigrationProblem::AnotherRuns | MigrationProblem::NotEmpty { .. }
        );
        assert!(expected, "{error}");
    }
    assert!(ended.iter().any(Result::is_ok));
    assert_eq!(events(&new).await, events(&old).await);
}

/// The source was restored since the last run: what was migrated is perhaps not what it has now.
#[tokio::test]
async fn a_source_in_another_life_is_refused() {
    let (old, new) = (filled(5).await, MemoryStore::new());
    let identity = old.identity();
    let earlier = StoreIdentity {
        incarnation: Uuid::from_u128(5),
        ..identity
    };
    let checkpoint = Checkpoint {
        store: earlier,
        position: Position(3),
    };
    let stream = format!("@migration/{}", identity.id);
    let note = format!(r#"{{"checkpoint":"{checkpoint}","read":3,"stored":3}}"#);
    put(&new, &stream, event("eventsource.migrated", &note)).await;
    let error = Migration::new(&old, &new).run().await.unwrap_err();
    assert!(
        matches!(
            &error.problem,
            MigrationProblem::Store(StoreError::OtherIncarnation { .. })
        ),
        "{error}"
    );
    put(&new, &stream, event("eventsource.migrated", "{}")).await;
    let error = Migration::new(&old, &new).run().await.unwrap_err();
    assert!(
        matches!(
            &error.problem,
            MigrationProblem::Note {
                version: Version(2),
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn what_a_step_cannot_change_is_named() {
    let (old, new) = (filled(600).await, MemoryStore::new());
    put(&old, "sample/1", event("sample.made", "{ no JSON")).await;
    let migration = Migration::new(&old, &new).then(steps::redact("sample.made", |_| {}));
    let error = migration.run().await.unwrap_err();
    assert_eq!(error.migrated.position, Position(500));
    let text = error.to_string();
    assert!(
        text.starts_with("event 87 of sample/1 (`sample.made`, position 601) cannot be changed: ")
            && text.ends_with("(everything up to position 500 is in the target)"),
        "{text}"
    );
    put(
        &old,
        "sample/2",
        event("sample.counted", "123456789012345678901234567890"),
    )
    .await;
    let only =
        Migration::new(&old, &MemoryStore::new()).then(steps::redact("sample.counted", |_| {}));
    let text = only.run().await.unwrap_err().to_string();
    assert!(text.contains("a number of more than 64 bits"), "{text}");
}

#[tokio::test]
async fn verifying_finds_what_is_not_as_it_must_be() {
    let (old, new) = (filled(100).await, MemoryStore::new());
    let migration = Migration::new(&old, &new);
    assert!(matches!(
        migration.verify().await,
        Err(VerifyError::NothingMigrated)
    ));
    migration.run().await.unwrap();
    // Other steps than those that were run.
    let other = Migration::new(&old, &new).then(steps::rename("sample.made", "sample.done"));
    let error = other.verify().await.unwrap_err();
    assert!(
        matches!(&error, VerifyError::Contents { stream } if stream.as_str() == "sample/0"),
        "{error}"
    );
    let fewer = Migration::new(&old, &new)
        .then(|record: Record| Ok::<_, StepError>((record.stream.id() != "3").then_some(record)));
    assert_eq!(fewer.verify().await.unwrap().others, 14);
    // Something that the migration has not brought.
    put(&new, "sample/3", event("sample.made", "1")).await;
    let error = migration.verify().await.unwrap_err();
    assert!(
        matches!(&error, VerifyError::Count { stream, expected: 14, found: 15 } if stream.as_str() == "sample/3"),
        "{error}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Whatever goes wrong, and however often: in the end everything is there once, in its order.
    #[test]
    fn an_interruption_changes_nothing(
        count in 0..2_500_u64,
        faults in prop::collection::vec(prop_oneof![
            3 => Just(Fault::None), 1 => Just(Fault::Fails), 1 => Just(Fault::LosesTheAnswer), 1 => Just(Fault::Panics),
        ], 0..12),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build().unwrap();
        runtime.block_on(async move {
            let old = filled(count).await;
            let new = Flaky::new(faults);
            loop {
                let (from, to) = (old.clone(), new.clone());
                let run = tokio::spawn(async move {
                    let migration = Migration::new(&from, &to)
                        .then(|record: Record| Ok::<_, StepError>([record.clone(), record]));
                    migration.run().await
                });
                if let Ok(Ok(moved)) = run.await {
                    assert_eq!((moved.read, moved.stored), (count, 2 * count));
                    break;
                }
            }
            let found = events(&new).await;
            let doubled = events(&old).await.into_iter().flat_map(|event| [event.clone(), event]);
            let doubled: Vec<_> = doubled.map(|event| (event.stream, event.payload)).collect();
            let found: Vec<_> = found.into_iter().map(|event| (event.stream, event.payload)).collect();
            assert!(found == doubled, "{} events, and {} expected", found.len(), doubled.len());
            for id in 0..7 {
                let stream = StreamName::new("sample", &id).unwrap();
                let read = new.read_stream(StreamScan::of(stream)).await.unwrap();
                assert!((1..).zip(&read).all(|(version, event)| event.version == version));
            }
        });
    }
}
