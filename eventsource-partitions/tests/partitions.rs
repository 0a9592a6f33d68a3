//! Partitions of SQLite files and of memory, as a program uses them.

mod counter;

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use eventsource_core::prelude::*;
use eventsource_core::{
    Append, BoxError, CommandOptions, Ended, ExecuteError, MemoryStore, NewEvent, ReactionKey,
    StreamName, Timestamp,
};
use eventsource_partitions::{
    OpenError, PartitionedRepository, Partitions, ResumeError, WaitError, is_note,
};
use eventsource_sqlite::SqliteStore;
use tempfile::TempDir;

use counter::{Add, Added, Counter, TooMany};

const LIMIT: Duration = Duration::from_secs(20);

async fn files(folder: &Path, numbers: impl IntoIterator<Item = usize>) -> Vec<SqliteStore> {
    let mut stores = Vec::new();
    for number in numbers {
        let file = folder.join(format!("{number}.db"));
        stores.push(SqliteStore::open(file).await.expect("a store"));
    }
    stores
}

/// Commands from many tasks, some of them twice under one key: each aggregate has what was asked of it, in one partition.
#[tokio::test(flavor = "multi_thread")]
async fn every_aggregate_is_whole_in_one_partition() {
    let folder = TempDir::new().expect("there is room");
    let partitions = Partitions::open(files(folder.path(), 0..4).await).await;
    let partitions = partitions.expect("new stores");
    for counters in [
        partitions.repository::<Counter>(),
        partitions
            .repository::<Counter>()
            .with(|each| each.cache(20)),
    ] {
        let mut tasks = Vec::new();
        for task in 0..16_u64 {
            let counters = counters.clone();
            tasks.push(tokio::spawn(async move {
                for round in 0..40_u64 {
                    let id = (task + round) % 50;
                    let add = || {
                        let add = counters.execute(&id, Add { amount: 1 });
                        add.idempotency_key(format!("{task} {round} {:p}", &counters))
                    };
                    let first = add().await.expect("it is added");
                    let again = add().await.expect("it was added");
                    assert_eq!((first.repeated, again.repeated), (false, true));
                    assert_eq!(first.version, again.version);
                }
            }));
        }
        for task in tasks {
            task.await.expect("no task fails");
        }
    }

    let counters = partitions.repository::<Counter>();
    let (mut sum, mut used) = (0, HashSet::new());
    for id in 0..50 {
        let Some(counter) = counters.find(&id).await.expect("it can be read") else {
            continue;
        };
        sum += counter.sum;
        let stream = StreamName::new("counter", &id).expect("a name");
        let own = partitions.store_of(&stream).identity();
        used.insert(own.id);
        for store in partitions.stores() {
            let events = store.read_stream(eventsource_core::StreamScan::of(stream.clone()));
            let events = events.await.expect("it can be read").len() as u64;
            let expected = if store.identity() == own {
                counter.version().0
            } else {
                0
            };
            assert_eq!(events, expected, "{stream}");
        }
        assert_eq!(
            counters.history(&id).await.expect("it can be read").len() as u64,
            counter.version().0
        );
    }
    assert_eq!((sum, used.len()), (2 * 16 * 40, 4));
}

/// The number and the order are kept in the stores.
#[tokio::test]
async fn stores_are_opened_together_or_not_at_all() {
    let folder = TempDir::new().expect("there is room");
    let open =
        |numbers: Vec<usize>| async { Partitions::open(files(folder.path(), numbers).await).await };
    let partitions = open(vec![0, 1, 2]).await.expect("new stores");
    let counters = partitions.repository::<Counter>();
    counters
        .execute(&7, Add { amount: 3 })
        .await
        .expect("it is added");

    let again = open(vec![0, 1, 2]).await.expect("the same stores");
    assert_eq!(
        again
            .repository::<Counter>()
            .load(&7)
            .await
            .expect("it is there")
            .sum,
        3
    );

    let refused = open(vec![0, 1]).await.expect_err("one is left out");
    assert!(
        matches!(
            refused,
            OpenError::OtherCount {
                number: 1,
                of: 3,
                given: 2
            }
        ),
        "{refused}"
    );
    let refused = open(vec![0, 1, 2, 3]).await.expect_err("one more");
    assert!(
        matches!(
            refused,
            OpenError::OtherCount {
                number: 1,
                of: 3,
                given: 4
            }
        ),
        "{refused}"
    );
    let refused = open(vec![0, 2, 1]).await.expect_err("in another order");
    assert!(
        matches!(refused, OpenError::OtherPlace { number: 2, is: 3 }),
        "{refused}"
    );
    let refused = open(vec![0, 1, 1]).await.expect_err("one of them twice");
    assert!(
        matches!(refused, OpenError::OtherPlace { number: 3, is: 2 }),
        "{refused}"
    );
    let refused = open(vec![]).await.expect_err("none");
    assert!(matches!(refused, OpenError::NoStores), "{refused}");

    open(vec![10, 11, 12]).await.expect("new stores");
    let refused = open(vec![0, 11, 2]).await.expect_err("one of others");
    assert!(
        matches!(refused, OpenError::OtherSet { number: 2 }),
        "{refused}"
    );

    let used = files(folder.path(), [20]).await.remove(0);
    let counters = Repository::<Counter, _>::new(used);
    counters
        .execute(&7, Add { amount: 3 })
        .await
        .expect("it is added");
    let refused = open(vec![30, 20]).await.expect_err("it has events");
    assert!(
        matches!(refused, OpenError::NotEmpty { number: 2 }),
        "{refused}"
    );
    // Nothing of it was changed, and the other one can be given again.
    open(vec![30, 31]).await.expect("new stores");
}

#[tokio::test]
async fn a_note_that_cannot_be_read_is_named() {
    let store = MemoryStore::new();
    let note = NewEvent {
        name: "eventsource.partition".into(),
        schema: 1,
        format: "json".into(),
        payload: b"{\"set\":7}".to_vec(),
        metadata: [].into(),
        recorded_at: Timestamp::default(),
        tags: vec![],
    };
    let stream = StreamName::parse("@partition/this").expect("a name");
    let append = Append::to(stream).event(note);
    store.append(Arc::new(append)).await.expect("an append");
    let refused = Partitions::open([store]).await.expect_err("no note");
    assert!(
        refused
            .to_string()
            .starts_with("the note in store 1, in the stream `@partition/this`, cannot be read: "),
        "{refused}"
    );
}

/// Two processes may open new stores at the same time.
#[tokio::test(flavor = "multi_thread")]
async fn many_open_new_stores_at_once() {
    for _ in 0..20 {
        let stores: Vec<_> = (0..5).map(|_| MemoryStore::new()).collect();
        let open = |_| tokio::spawn(Partitions::open(stores.clone()));
        for opened in (0..8).map(open).collect::<Vec<_>>() {
            opened.await.expect("no task fails").expect("new stores");
        }
        for store in &stores {
            assert_eq!(store.head().await.expect("it is open").0, 1);
        }
    }
}

#[tokio::test]
async fn commands_are_dispatched_by_name() {
    let partitions = Partitions::open((0..8).map(|_| MemoryStore::new())).await;
    let partitions = partitions.expect("new stores");
    let dispatcher = partitions.dispatcher().expect("no name is there twice");
    let counters = partitions.repository::<Counter>();
    for id in ["7", "007", "+7"] {
        let command = br#"{"Add":{"amount":5}}"#;
        let done = dispatcher
            .dispatch("counter", id, command, CommandOptions::default())
            .await;
        done.unwrap_or_else(|error| panic!("{id}: {error}"));
    }
    assert_eq!(counters.load(&7).await.expect("it is there").sum, 15);
    let refused = dispatcher
        .dispatch("counter", "x", b"", CommandOptions::default())
        .await;
    assert!(refused.is_err());
    let refused = dispatcher
        .dispatch("nothing", "7", b"", CommandOptions::default())
        .await;
    assert!(
        refused
            .expect_err("no aggregate")
            .to_string()
            .contains("known are counter")
    );
}

#[tokio::test]
async fn refusals_are_those_of_the_aggregate() {
    let partitions = Partitions::open([MemoryStore::new(), MemoryStore::new()]).await;
    let counters = partitions.expect("new stores").repository::<Counter>();
    let refused = counters.execute(&1, Add { amount: 1_001 }).await;
    assert!(
        matches!(refused, Err(ExecuteError::Refused(TooMany))),
        "{refused:?}"
    );
    assert!(counters.load(&1).await.is_err());
}

/// One loop over all: everything once, each partition in its order, and on from where it was.
#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_sees_everything_once() {
    let partitions = Partitions::open((0..3).map(|_| MemoryStore::new())).await;
    let partitions = partitions.expect("new stores");
    let counters = partitions.repository::<Counter>();
    let writing = tokio::spawn({
        let counters = counters.clone();
        async move {
            for round in 0..900_u64 {
                let id = round % 30;
                counters
                    .execute(&id, Add { amount: round })
                    .await
                    .expect("it is added");
            }
        }
    });
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    let (mut kept, mut count) = (partitions.start(), 0);
    // It begins anew again and again, from what was kept.
    while count < 900 {
        let mut events = partitions.resume(&kept).expect("the same partitions");
        for _ in 0..137.min(900 - count) {
            let event = loop {
                let event = events
                    .next()
                    .await
                    .expect("it has no end")
                    .expect("it can be read");
                if !is_note(&event.name) {
                    break event;
                }
            };
            let before = seen.insert(event.stream.to_string(), event.version.0);
            assert_eq!(event.version.0, before.unwrap_or(0) + 1, "{}", event.stream);
            count += 1;
        }
        let text = serde_json::to_string(&events.checkpoints()).expect("a list of texts");
        kept = serde_json::from_str(&text).expect("what was written");
    }
    writing.await.expect("no task fails");

    let mut events = partitions.subscribe();
    let stoppers = events.stoppers();
    stoppers.iter().for_each(eventsource_core::Stopper::stop);
    assert!(events.next().await.is_none());

    let two = Partitions::open([MemoryStore::new(), MemoryStore::new()])
        .await
        .expect("new stores");
    let refused = two.resume(&kept).expect_err("other partitions");
    assert!(
        matches!(
            refused,
            ResumeError::OtherCount {
                has: 3,
                partitions: 2
            }
        ),
        "{refused}"
    );
    let three = Partitions::open((0..3).map(|_| MemoryStore::new()))
        .await
        .expect("new stores");
    let refused = three.resume(&kept).expect_err("other partitions");
    assert!(
        matches!(refused, ResumeError::Store { number: 1, .. }),
        "{refused}"
    );
}

/// Sums what all counters were given.
#[derive(Clone)]
struct Sum(Arc<Mutex<u64>>);

#[projection(name = "sum")]
impl Sum {
    async fn added(&self, event: &Recorded<Added>) -> Result<(), BoxError> {
        if event.event.amount == 666 {
            return Err("not this one".into());
        }
        *self.0.lock().expect("nobody panics") += event.event.amount;
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_runs_on_every_partition() {
    let folder = TempDir::new().expect("there is room");
    let partitions = Partitions::open(files(folder.path(), 0..3).await).await;
    let partitions = partitions.expect("new stores");
    let counters = partitions.repository::<Counter>();
    let sum = Sum(Arc::default());
    let start = || partitions.runners(|store| store.project(sum.clone()));

    let runners = start();
    let handle = runners.handle();
    let running = tokio::spawn(runners.run());
    for id in 0..30 {
        let added = counters
            .execute(&id, Add { amount: id })
            .await
            .expect("it is added");
        let token = counters.token(&id, &added);
        handle.wait_for(token, LIMIT).await.expect("it is consumed");
    }
    assert_eq!(*sum.0.lock().expect("nobody panics"), (0..30).sum::<u64>());
    let elsewhere = Repository::<Counter, _>::new(MemoryStore::new());
    let added = elsewhere
        .execute(&1, Add { amount: 1 })
        .await
        .expect("it is added");
    let token = added.token(elsewhere.store());
    let refused = handle
        .wait_for(token, LIMIT)
        .await
        .expect_err("another store");
    assert!(matches!(refused, WaitError::OtherStore), "{refused}");
    handle.stop();
    assert_eq!(
        running.await.expect("no panic").expect("no error"),
        Ended::Stopped
    );

    // It goes on where it was, in each partition; and an error on one ends all, and says on which.
    for id in 0..30 {
        counters
            .execute(&id, Add { amount: 1 })
            .await
            .expect("it is added");
    }
    let runners = start();
    let handle = runners.handle();
    let running = tokio::spawn(runners.run());
    handle.wait_for(None, LIMIT).await.expect("it is consumed");
    assert_eq!(
        *sum.0.lock().expect("nobody panics"),
        (0..30).sum::<u64>() + 30
    );
    counters
        .execute(&7, Add { amount: 666 })
        .await
        .expect("it is added");
    let failed = running
        .await
        .expect("no panic")
        .expect_err("it cannot be consumed");
    let own = counters.of(&7).store().identity();
    let place = partitions
        .stores()
        .iter()
        .position(|store| store.identity() == own);
    assert_eq!(Some(failed.number - 1), place);
    assert!(failed.to_string().contains("not this one"), "{failed}");
}

/// Gives on what it sees to another counter, which may be in another partition.
#[derive(Clone)]
struct PassOn(PartitionedRepository<Counter, SqliteStore>);

#[reactor(name = "pass-on")]
impl PassOn {
    async fn added(&self, event: &Recorded<Added>, key: &ReactionKey) -> Result<(), BoxError> {
        let id: u64 = event.stream.id().parse()?;
        if id < 100 {
            let add = Add {
                amount: event.event.amount,
            };
            let passed = self
                .0
                .execute(&(id + 100), add)
                .idempotency_key(key)
                .await?;
            // As if it had been killed before its checkpoint was saved: it comes again, under the same key.
            if !passed.repeated && id.is_multiple_of(3) {
                return Err("once more".into());
            }
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_to_another_partition_arrives_once() {
    let folder = TempDir::new().expect("there is room");
    let partitions = Partitions::open(files(folder.path(), 0..4).await).await;
    let partitions = partitions.expect("new stores");
    let counters = partitions.repository::<Counter>();
    let runners = partitions.runners(|store| store.react(PassOn(counters.clone())));
    runners.begin().await.expect("it begins");
    for id in 0..40 {
        let add = counters.execute(&id, Add { amount: 1 + id });
        add.await.expect("it is added");
    }
    let handle = runners.handle();
    let running = tokio::spawn(runners.run());
    handle.wait_for(None, LIMIT).await.expect("it is consumed");
    handle.stop();
    running.await.expect("no panic").expect("no error");
    for id in 0..40 {
        let passed = counters.load(&(id + 100)).await.expect("it has come");
        assert_eq!((passed.sum, passed.version().0), (1 + id, 1));
    }
}

/// What has one key is in one store, which does all that a store does.
#[tokio::test]
async fn what_belongs_together_is_put_together() {
    let stores = (0..5).map(|_| MemoryStore::new());
    let partitions = Partitions::open(stores).await.expect("new stores");
    let mut used = HashSet::new();
    for tenant in 0..40 {
        let store = partitions.at(format!("tenant {tenant}"));
        assert_eq!(
            store.identity(),
            partitions.at(format!("tenant {tenant}")).identity()
        );
        used.insert(store.identity().id);
        let counters = Repository::<Counter, _>::new(store.clone());
        let (one, other) = (tenant * 10, tenant * 10 + 1);
        let both = (counters.at(&one), counters.at(&other));
        let decided = store
            .decide(both, |(one, other)| {
                one.execute(Add { amount: 1 })?;
                other.execute(Add { amount: 2 })
            })
            .await;
        assert_eq!(decided.expect("it is decided").events.len(), 2);
    }
    assert_eq!(used.len(), 5);
}

/// What would need more than one partition does not compile, and says why.
#[test]
fn what_partitions_cannot_do_does_not_compile() {
    let rustc = std::process::Command::new("rustc")
        .arg("--version")
        .output();
    let version = String::from_utf8_lossy(&rustc.expect("rustc runs").stdout).into_owned();
    if version.starts_with("rustc 1.95.0 ") {
        trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
    } else {
        eprintln!("skipped: the messages were recorded with another compiler than {version}");
    }
}
