//! The same on every store, and with several who run it at once.

use eventsource_core::prelude::*;
use eventsource_core::{Dispatcher, MemoryStore, OnError, Retry, Timestamp};
use eventsource_sqlite::SqliteStore;

use crate::bank::{Bank, LEASE, busy, outcome};
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

/// An account to which all commands go: whose turn it is not is tried again, and never parked.
#[tokio::test(flavor = "multi_thread")]
async fn a_busy_account_parks_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("bank.db"))
        .await
        .unwrap();
    let bank = Bank::on(store);
    bank.deposit("ada", 16).await;
    for id in 0..16 {
        bank.request(id, "ada", "bob", 1).await;
    }
    let impatient = Retry {
        attempts: 2,
        ..Retry::default()
    };
    let accounts = bank.accounts().retry(impatient);
    let runner = bank.transfers().process();
    let runner = runner
        .dispatcher(Dispatcher::new().with(accounts))
        .on_error(OnError::park().retries(0).backoff(LEASE, LEASE));
    runner.settle().await.unwrap();
    assert!(runner.handle().parked().await.unwrap().is_empty());
    assert_eq!(bank.moves("bob").await, [1; 16]);
}
