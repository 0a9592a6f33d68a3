//! Processes and their runner, through the public interface: each input taken once, each command executed once, each timer
//! taken once, whoever is killed when.

mod failing_store;
mod transfers;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use eventsource_core::prelude::*;
use eventsource_core::{
    Ended, LogScan, ManualClock, MemoryStore, MultiStreamStore, OnError, ProcessRunner, Store,
    Timestamp,
};
use failing_store::{FailingStore, Fault};
use futures_util::future::join_all;
use transfers::*;

/// As short as can be: whoever is killed is waited for that long.
const LEASE: Duration = Duration::from_millis(30);

/// A bank on a store, whose time stands still unless it is set.
struct Bank<S> {
    store: S,
    clock: Arc<ManualClock>,
}

impl<S: CheckpointStore + MultiStreamStore> Bank<S> {
    fn on(store: S) -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp::from_micros(0)));
        Self { store, clock }
    }

    /// The same bank, seen through another store.
    fn through<T>(&self, store: T) -> Bank<T> {
        let clock = Arc::clone(&self.clock);
        Bank { store, clock }
    }

    fn accounts(&self) -> Repository<Account, S> {
        Repository::new(self.store.clone())
    }

    fn transfers(&self) -> Repository<Transfer, S> {
        Repository::new(self.store.clone()).clock(Arc::clone(&self.clock))
    }

    fn process(&self) -> ProcessRunner<Transfer, S> {
        let policy = OnError::park().backoff(LEASE, LEASE);
        self.transfers().process().lease(LEASE).on_error(policy)
    }

    async fn settle(&self) {
        assert_eq!(self.process().settle().await.unwrap(), Ended::CaughtUp);
    }

    async fn deposit(&self, account: &str, amount: u64) {
        let deposit = Deposit {
            transfer: None,
            amount,
        };
        let accounts = self.accounts();
        accounts
            .execute(&account.to_owned(), deposit)
            .await
            .unwrap();
    }

    async fn close(&self, account: &str) {
        self.accounts()
            .execute(&account.to_owned(), Close)
            .await
            .unwrap();
    }

    async fn request(&self, transfer: u64, from: &str, to: &str, amount: u64) {
        let request = Request {
            transfer,
            from: from.into(),
            to: to.into(),
            amount,
        };
        let requests = Repository::<Requests, _>::new(self.store.clone());
        requests.execute(&transfer, request).await.unwrap();
    }

    async fn transfer(&self, id: u64) -> Transfer {
        self.transfers().load(&id).await.unwrap().into_state()
    }

    async fn moves(&self, account: &str) -> Vec<i64> {
        let account = self.accounts().load(&account.to_owned()).await.unwrap();
        account.moves.clone()
    }
}

#[tokio::test]
async fn money_goes_from_one_account_to_another() {
    let bank = Bank::on(MemoryStore::new());
    bank.deposit("ada", 100).await;
    bank.request(1, "ada", "bob", 70).await;
    bank.settle().await;
    assert_eq!(bank.transfer(1).await.stage, Stage::Paid);
    assert_eq!(bank.moves("ada").await, [100, -70]);
    assert_eq!(bank.moves("bob").await, [70]);
}

#[tokio::test]
async fn a_refusal_is_recorded_and_made_up_for() {
    let bank = Bank::on(MemoryStore::new());
    bank.deposit("ada", 100).await;
    bank.deposit("bob", 5).await;
    bank.close("bob").await;
    bank.request(1, "ada", "bob", 70).await;
    bank.request(2, "bob", "ada", 1).await;
    bank.request(3, "ada", "eve", 101).await;
    bank.settle().await;
    for (id, reason) in [
        (1, "the account is closed"),
        (2, "the account is closed"),
        (3, "there are 30, and 101 were asked for"),
    ] {
        let transfer = bank.transfer(id).await;
        assert_eq!(
            (transfer.stage, transfer.reason.as_str()),
            (Stage::Failed, reason)
        );
    }
    assert_eq!(bank.moves("ada").await, [100, -70, 70]);
}

/// What everything has come to: the events of each stream, and of each journal what kind of records there are.
async fn outcome(store: &MemoryStore) -> BTreeMap<String, Vec<String>> {
    let mut streams: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for event in store.read_all(LogScan::default()).await.unwrap() {
        let payload = String::from_utf8_lossy(&event.payload);
        let shown = match event.stream.as_str().starts_with('$') {
            true => event.name.to_string(),
            false => format!("{} {payload}", event.name),
        };
        streams
            .entry(event.stream.to_string())
            .or_default()
            .push(shown);
    }
    streams
}

/// A bank with one transfer that succeeds, one that is made up for, one that is refused, and one that is overdue again and
/// again.
async fn busy() -> Bank<MemoryStore> {
    let bank = Bank::on(MemoryStore::new());
    bank.deposit("ada", 100).await;
    bank.close("carl").await;
    bank.request(1, "ada", "bob", 70).await;
    bank.request(2, "ada", "carl", 20).await;
    bank.request(3, "bob", "ada", 1000).await;
    bank.request(4, "ada", "bob", 0).await;
    bank
}

/// How often the time goes on in a test of a busy bank.
const MOMENTS: usize = 4;

/// Lets everything happen, with a fault at an operation; whether the run came to it.
async fn with_fault(number: usize, fault: Fault) -> (bool, BTreeMap<String, Vec<String>>) {
    let bank = busy().await;
    let store = FailingStore::at(bank.store.clone(), number, fault);
    let failing = bank.through(store.clone());
    for _ in 0..MOMENTS {
        let settled = tokio::select! {
            settled = async { failing.process().settle().await } => settled.is_ok(),
            () = store.killed.notified() => false,
        };
        // Killed, or ended with an error: started anew.
        if !settled {
            bank.settle().await;
        }
        bank.clock.advance(PATIENCE);
    }
    (store.has_failed(), outcome(&bank.store).await)
}

#[tokio::test]
async fn at_whichever_operation_it_fails_or_is_killed_all_comes_to_the_same() {
    let (_, expected) = with_fault(0, Fault::FailsBefore).await;
    assert_eq!(expected["transfer/4"].len(), 4, "{expected:#?}");
    for fault in Fault::ALL {
        let mut number = 1;
        loop {
            let numbers = number..number + 50;
            let runs = join_all(numbers.clone().map(|number| with_fault(number, fault))).await;
            for (number, (_, actual)) in numbers.zip(&runs) {
                assert_eq!(*actual, expected, "{fault:?} at operation {number}");
            }
            if runs.iter().any(|(has_failed, _)| !has_failed) {
                break;
            }
            number += 50;
        }
        assert!(
            number > 50,
            "{fault:?}: there are more operations than that"
        );
    }
}
