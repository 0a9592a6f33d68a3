//! This framework, on any of its stores.

use async_trait::async_trait;
use eventsource_core::Store;
use eventsource_core::prelude::*;
use uuid::Uuid;

use crate::account::{Account as State, AccountError};
use crate::system::{Result, System};

#[derive(Id)]
pub struct AccountId(Uuid);

#[event(name = "account.opened")]
pub struct Opened {
    pub owner: String,
}

#[event(name = "account.deposited")]
pub struct Deposited {
    pub amount: i64,
}

#[event(name = "account.withdrawn")]
pub struct Withdrawn {
    pub amount: i64,
}

#[aggregate(
    name = "account", id = AccountId, error = AccountError,
    events(Opened, Deposited, Withdrawn), commands(Open, Post),
)]
#[derive(Default, Clone)]
pub struct Account {
    state: State,
}

#[handle]
impl Account {
    #[command]
    pub fn open(&self, owner: String) -> Result<Opened, AccountError> {
        self.state.may_open()?;
        Ok(Opened { owner })
    }

    #[command]
    pub fn post(&self, amounts: Vec<i64>) -> Result<Vec<AccountEvent>, AccountError> {
        self.state.movements(
            &amounts,
            |amount| Deposited { amount }.into(),
            |amount| Withdrawn { amount }.into(),
        )
    }
}

#[apply]
impl Account {
    fn opened(&mut self, _: &Opened) {
        self.state.open = true;
    }

    fn deposited(&mut self, event: &Deposited) {
        self.state.balance += event.amount;
    }

    fn withdrawn(&mut self, event: &Withdrawn) {
        self.state.balance -= event.amount;
    }
}

pub struct Eventsource<S: Store>(Repository<Account, S>);

impl<S: Store> Eventsource<S> {
    /// With the states of so many accounts in memory.
    pub fn new(store: S, cached: usize) -> Self {
        Self(Repository::new(store).cache(cached))
    }
}

#[async_trait]
impl<S: Store> System for Eventsource<S> {
    async fn open(&self, account: Uuid, owner: &str) -> Result<()> {
        let owner = owner.to_owned();
        self.0.execute(&AccountId(account), Open { owner }).await?;
        Ok(())
    }

    async fn post(&self, account: Uuid, amounts: &[i64]) -> Result<()> {
        let amounts = amounts.to_vec();
        self.0
            .execute(&AccountId(account), Post { amounts })
            .await?;
        Ok(())
    }

    async fn balance(&self, account: Uuid) -> Result<i64> {
        Ok(self.0.load(&AccountId(account)).await?.state.balance)
    }
}
