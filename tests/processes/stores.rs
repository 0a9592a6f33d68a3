//! The same on every store, and with several who run it at once.

use eventsource_core::prelude::*;
use eventsource_core::{Ended, MemoryStore, MultiStreamStore, Timestamp};
use eventsource_sqlite::SqliteStore;
use std::time::Duration;

use crate::bank::{Bank, MOMENTS, busy, outcome};
use crate::transfers::*;

async fn played(bank: &Bank<impl CheckpointStore + MultiStreamStore>) {
    for _ in 0..MOMENTS {
        bank.settle().await;
        bank.clock.advance(PATIENCE);
    }
}

#[tokio::test]
async fn a_file_comes_to_the_same_as_the_memory() {
    let in_memory = busy(MemoryStore::new()).await;
    played(&in_memory).await;
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("bank.db"))
        .await
        .unwrap();
    let in_file = busy(store).await;
    played(&in_file).await;
    let expected = outcome(&in_memory.store).await;
    assert_eq!(outcome(&in_file.store).await, expected);
    // Though the keys are forgotten, an input is not taken twice.
    let forgotten = in_file
        .store
        .forget_keys(Timestamp::from_micros(i64::MAX))
        .await;
    assert!(forgotten.unwrap() > 10);
    in_file.store.set_back("transfer", 1).await.unwrap();
    in_file.settle().await;
    assert_eq!(outcome(&in_file.store).await, expected);
}

/// How many transfers there are.
const TRANSFERS: u64 = 120;

/// Several run the processes at once, each through a store of its own.
async fn run_by_all<S: CheckpointStore + MultiStreamStore>(banks: Vec<Bank<S>>) {
    let first = &banks[0];
    first.deposit("ada", TRANSFERS).await;
    first.close("carl").await;
    let running: Vec<_> = banks
        .iter()
        .map(|bank| {
            let runner = bank.process().slices(3);
            (runner.handle(), tokio::spawn(runner.run()))
        })
        .collect();
    for id in 0..TRANSFERS {
        let to = if id % 5 == 0 { "carl" } else { "bob" };
        banks[usize::try_from(id).unwrap() % banks.len()]
            .request(id, "ada", to, 1)
            .await;
    }
    let limit = Duration::from_secs(60);
    let begin = std::time::Instant::now();
    while banks[0].ended().await < TRANSFERS {
        assert!(begin.elapsed() < limit, "it takes too long");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for (handle, running) in running {
        assert!(handle.parked().await.unwrap().is_empty());
        handle.stop();
        assert_eq!(running.await.unwrap().unwrap(), Ended::Stopped);
    }
    let paid = usize::try_from(TRANSFERS / 5 * 4).unwrap();
    assert_eq!(first.moves("bob").await, vec![1; paid]);
    let moves = first.moves("ada").await;
    let of = |amount: i64| moves.iter().filter(|one| **one == amount).count();
    let all = usize::try_from(TRANSFERS).unwrap();
    assert_eq!((of(-1), of(1)), (all, all - paid));
}

#[tokio::test(flavor = "multi_thread")]
async fn several_run_it_at_once() {
    let store = MemoryStore::new();
    run_by_all((0..3).map(|_| Bank::on(store.clone())).collect()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_run_it_at_once_on_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut banks = Vec::new();
    for _ in 0..2 {
        let store = SqliteStore::open(folder.path().join("bank.db"))
            .await
            .unwrap();
        banks.push(Bank::on(store));
    }
    run_by_all(banks).await;
}
