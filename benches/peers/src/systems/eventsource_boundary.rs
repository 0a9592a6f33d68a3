//! This framework, deciding by tag: a decision model reads the account's events, and the append is refused if one of
//! them was added meanwhile.

use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use eventsource_core::BoundaryStore;
use eventsource_core::prelude::*;
use uuid::Uuid;

use crate::account::{Account as State, AccountError};
use crate::system::{Result, System};

#[event(name = "account-by-tag.opened")]
pub struct Opened {
    #[tag]
    pub account: String,
    pub owner: String,
}

#[event(name = "account-by-tag.deposited")]
pub struct Deposited {
    #[tag]
    pub account: String,
    pub amount: i64,
}

#[event(name = "account-by-tag.withdrawn")]
pub struct Withdrawn {
    #[tag]
    pub account: String,
    pub amount: i64,
}

#[decision_model(events(Opened, Deposited, Withdrawn))]
pub struct Account {
    #[tag]
    account: String,
    state: State,
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

pub struct Boundary<S>(pub S);

#[async_trait]
impl<S: BoundaryStore> System for Boundary<S> {
    async fn open(&self, account: Uuid, owner: &str) -> Result<()> {
        let account = account.to_string();
        let decision = self.0.decide(Account::of(account.clone()), |found| {
            found.state.may_open()?;
            let (account, owner) = (account.clone(), owner.to_owned());
            Ok::<_, AccountError>(Opened { account, owner })
        });
        decision.await?;
        Ok(())
    }

    async fn post(&self, account: Uuid, amounts: &[i64]) -> Result<()> {
        let account = account.to_string();
        let decision = self.0.decide(Account::of(account.clone()), |found| {
            let account = || account.clone();
            found.state.movements(
                amounts,
                |amount| {
                    (
                        Some(Deposited {
                            account: account(),
                            amount,
                        }),
                        None,
                    )
                },
                |amount| {
                    (
                        None,
                        Some(Withdrawn {
                            account: account(),
                            amount,
                        }),
                    )
                },
            )
        });
        decision.await?;
        Ok(())
    }

    async fn balance(&self, account: Uuid) -> Result<i64> {
        let balance = AtomicI64::new(0);
        let decision = self.0.decide(Account::of(account.to_string()), |found| {
            balance.store(found.state.balance, Ordering::Relaxed);
            Ok::<Option<Opened>, AccountError>(None)
        });
        decision.await?;
        Ok(balance.into_inner())
    }
}
