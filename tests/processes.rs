//! Processes and their runner, through the public interface: each input taken once, each command executed once, each timer
//! taken once, whoever is killed when.

mod transfers;

use std::sync::Arc;
use std::time::Duration;

use eventsource_core::prelude::*;
use eventsource_core::{Ended, ManualClock, MemoryStore, ProcessRunner, Store, Timestamp};
use eventsource_core::{MultiStreamStore};
use transfers::*;

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

    fn accounts(&self) -> Repository<Account, S> {
        Repository::new(self.store.clone())
    }

    fn transfers(&self) -> Repository<Transfer, S> {
        Repository::new(self.store.clone()).clock(Arc::clone(&self.clock))
    }

    fn process(&self) -> ProcessRunner<Transfer, S> {
        self.transfers().process()
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
