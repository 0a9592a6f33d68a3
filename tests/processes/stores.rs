//! The same on every store, and with several who run it at once.

use eventsource_core::prelude::*;
use eventsource_core::{MemoryStore, Timestamp};
use eventsource_sqlite::SqliteStore;

use crate::bank::{Bank, busy, outcome};
use crate::together::run_by_all;

#[tokio::test]
async fn a_file_comes_to_the_same_as_the_memory() {
    let in_memory = busy(MemoryStore::new()).await;
    in_memory.play().await;
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("bank.db"))
        .await
        .unwrap();
    let in_file = busy(store).await;
    in_file.play().await;
    let expected = outcome(&in_memory.store).await;
    assert_eq!(outcome(&in_file.store).await, expected);
    // Though the keys are forgotten, an input is not taken twice.
    let forgotten = in_file
        .store
        .forget_keys(Timestamp::from_micros(i64::MAX))
        .await;
    assert!(forgotten.unwrap() > 10);
    in_file.store.set_back("transfer/steps", 1).await.unwrap();
    in_file.settle().await;
    assert_eq!(outcome(&in_file.store).await, expected);
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
