//! An aggregate for the tests of repositories: its commands are often refused, and often have nothing to record.
//!
//! Its stored names say that they are of these tests: they must not meet those of the program that runs them.

use eventsource_core::prelude::*;
use serde::{Deserialize, Serialize};

/// It was opened.
#[event(name = "conformance.opened")]
#[derive(Debug, Clone, PartialEq)]
pub struct Opened;

/// Money was put in.
#[event(name = "conformance.deposited")]
#[derive(Debug, Clone, PartialEq)]
pub struct Deposited {
    /// How much.
    pub amount: u64,
}

/// Money was taken out.
#[event(name = "conformance.withdrawn")]
#[derive(Debug, Clone, PartialEq)]
pub struct Withdrawn {
    /// How much.
    pub amount: u64,
}

/// The limit of a withdrawal was set.
#[event(name = "conformance.limited")]
#[derive(Debug, Clone, PartialEq)]
pub struct Limited {
    /// The most that may be taken out at once.
    pub limit: u64,
}

/// It was closed; it may be opened again.
#[event(name = "conformance.closed")]
#[derive(Debug, Clone, PartialEq)]
pub struct Closed;

/// Why an account refuses a command; it tells the state that it refused it in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// It is not open.
    NotOpen,
    /// It is open already, with this balance.
    IsOpen(u64),
    /// There is only so much.
    Insufficient(u64),
    /// Only so much may be taken out at once.
    OverLimit(u64),
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the account refuses: {self:?}")
    }
}

impl std::error::Error for Refusal {}

/// An account, as the tests of repositories use it.
#[aggregate(
    name = "conformance.account",
    id = u64,
    error = Refusal,
    events(Opened, Deposited, Withdrawn, Limited, Closed),
    commands(Open, Deposit, Withdraw, Limit, Close),
    snapshot(every = 3),
)]
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Account {
    /// Whether it is open.
    pub open: bool,
    /// What is there.
    pub balance: u64,
    /// The most that may be taken out at once; 0 if there is no limit.
    pub limit: u64,
}

#[handle]
impl Account {
    /// Opens it.
    #[command]
    pub fn open(&self) -> Result<Opened, Refusal> {
        ensure!(!self.open, Refusal::IsOpen(self.balance));
        Ok(Opened)
    }

    /// Puts money in.
    #[command]
    pub fn deposit(&self, amount: u64) -> Result<Deposited, Refusal> {
        ensure!(self.open, Refusal::NotOpen);
        Ok(Deposited { amount })
    }

    /// Takes money out.
    #[command]
    pub fn withdraw(&self, amount: u64) -> Result<Withdrawn, Refusal> {
        ensure!(self.open, Refusal::NotOpen);
        ensure!(
            self.limit == 0 || amount <= self.limit,
            Refusal::OverLimit(self.limit)
        );
        ensure!(amount <= self.balance, Refusal::Insufficient(self.balance));
        Ok(Withdrawn { amount })
    }

    /// Sets the limit; nothing happens if it is that already.
    #[command]
    pub fn limit(&self, limit: u64) -> Option<Limited> {
        (limit != self.limit).then_some(Limited { limit })
    }

    /// Pays out what is there, and closes it; nothing happens if it is not open.
    #[command]
    pub fn close(&self) -> Option<(Withdrawn, Closed)> {
        self.open.then_some((
            Withdrawn {
                amount: self.balance,
            },
            Closed,
        ))
    }
}

#[apply]
impl Account {
    fn opened(&mut self, _: &Opened) {
        self.open = true;
    }

    fn deposited(&mut self, event: &Deposited) {
        self.balance += event.amount;
    }

    fn withdrawn(&mut self, event: &Withdrawn) {
        // A store that let two withdrawals through must be found out by the judge, and not by an overflow.
        self.balance = self.balance.saturating_sub(event.amount);
    }

    fn limited(&mut self, event: &Limited) {
        self.limit = event.limit;
    }

    fn closed(&mut self, _: &Closed) {
        self.open = false;
    }
}
