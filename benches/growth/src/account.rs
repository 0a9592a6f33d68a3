//! The aggregate that is measured: small events, one tag each.

use eventsource_core::prelude::*;

#[event(name = "account.deposited")]
pub struct Deposited {
    pub amount: u64,
    #[tag]
    pub owner: u64,
}

#[derive(Debug, thiserror::Error)]
#[error("never")]
pub enum Never {}

#[aggregate(name = "account", id = u64, error = Never, events(Deposited), commands(Deposit))]
#[derive(Default, Clone)]
pub struct Account {
    pub balance: u64,
}

#[apply]
impl Account {
    fn deposited(&mut self, event: &Deposited) {
        self.balance += event.amount;
    }
}

#[handle]
impl Account {
    #[command]
    pub fn deposit(&self, owner: u64) -> Deposited {
        Deposited { amount: 1, owner }
    }
}

/// What one owner has: a decision about it reads by the tag, across accounts.
#[decision_model(events(Deposited))]
pub struct Wealth {
    #[tag]
    pub owner: u64,
    pub deposits: u64,
}

#[apply]
impl Wealth {
    fn deposited(&mut self, _: &Deposited) {
        self.deposits += 1;
    }
}
