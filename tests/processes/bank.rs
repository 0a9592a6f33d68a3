//! A bank: accounts and transfers on a store, and what everything has come to.
#![allow(dead_code, reason = "each test program uses its part of it")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use eventsource_core::prelude::*;
use eventsource_core::{
    Ended, LogScan, ManualClock, MultiStreamStore, OnError, ProcessRunner, Query, Store, Timestamp,
};

use crate::transfers::*;

/// As short as can be: whoever is killed is waited for that long.
pub const LEASE: Duration = Duration::from_millis(30);

/// A bank on a store, whose time stands still unless it is set.
pub struct Bank<S> {
    pub store: S,
    pub clock: Arc<ManualClock>,
}

impl<S: CheckpointStore + MultiStreamStore> Bank<S> {
    pub fn on(store: S) -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp::from_micros(0)));
        Self { store, clock }
    }

    /// The same bank, seen through another store.
    pub fn through<T>(&self, store: T) -> Bank<T> {
        let clock = Arc::clone(&self.clock);
        Bank { store, clock }
    }

    pub fn accounts(&self) -> Repository<Account, S> {
        Repository::new(self.store.clone())
    }

    pub fn transfers(&self) -> Repository<Transfer, S> {
        Repository::new(self.store.clone()).clock(Arc::clone(&self.clock))
    }

    pub fn process(&self) -> ProcessRunner<Transfer, S> {
        let policy = OnError::park().backoff(LEASE, LEASE);
        self.transfers().process().lease(LEASE).on_error(policy)
    }

    pub async fn settle(&self) {
        assert_eq!(self.process().settle().await.unwrap(), Ended::CaughtUp);
    }

    /// Lets everything happen, moment by moment.
    pub async fn play(&self) {
        for _ in 0..MOMENTS {
            self.settle().await;
            self.clock.advance(PATIENCE);
        }
    }

    pub async fn deposit(&self, account: &str, amount: u64) {
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

    pub async fn withdraw(&self, account: &str, transfer: Option<u64>, amount: u64) {
        let withdraw = Withdraw { transfer, amount };
        let accounts = self.accounts();
        accounts
            .execute(&account.to_owned(), withdraw)
            .await
            .unwrap();
    }

    pub async fn close(&self, account: &str) {
        self.accounts()
            .execute(&account.to_owned(), Close)
            .await
            .unwrap();
    }

    pub async fn request(&self, transfer: u64, from: &str, to: &str, amount: u64) {
        let request = Request {
            transfer,
            from: from.into(),
            to: to.into(),
            amount,
        };
        let requests = Repository::<Requests, _>::new(self.store.clone());
        requests.execute(&transfer, request).await.unwrap();
    }

    pub async fn transfer(&self, id: u64) -> Transfer {
        self.transfers().load(&id).await.unwrap().into_state()
    }

    /// How many transfers are paid or have failed.
    pub async fn ended(&self) -> u64 {
        let ended = Query::types([Paid::NAME, Failed::NAME]);
        let ended = self
            .store
            .read_all(LogScan::default().matching(ended))
            .await;
        ended.unwrap().len() as u64
    }

    pub async fn moves(&self, account: &str) -> Vec<i64> {
        let account = self.accounts().load(&account.to_owned()).await.unwrap();
        account.moves.clone()
    }
}

/// A bank with one transfer that succeeds, one that is made up for, two that are refused, and one that is overdue again and
/// again.
pub async fn busy<S: CheckpointStore + MultiStreamStore>(store: S) -> Bank<S> {
    let bank = Bank::on(store);
    bank.deposit("ada", 100).await;
    bank.close("carl").await;
    bank.request(1, "ada", "bob", 70).await;
    bank.request(2, "ada", "carl", 20).await;
    bank.request(3, "dan", "ada", 1000).await;
    // Comes to nothing, as the process has not begun: and would come to something once it has.
    bank.withdraw("ada", Some(4), 1).await;
    bank.request(4, "ada", "bob", 0).await;
    bank.request(5, "carl", "ada", 5).await;
    bank
}

/// How often the time goes on in a test of a busy bank.
pub const MOMENTS: usize = 4;

/// What everything has come to: the events of each stream, and of each journal what kind of records there are.
pub async fn outcome(store: &impl Store) -> BTreeMap<String, Vec<String>> {
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
    // In which order the commands of different processes come to an account is not promised.
    for (_, events) in streams
        .iter_mut()
        .filter(|(name, _)| name.starts_with("account/"))
    {
        events.sort();
    }
    streams
}
