//! What the account does, written once: every system carries these decisions with events and errors of its own making.

use serde::{Deserialize, Serialize};

/// The state of an account. Amounts are in cents.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub struct Account {
    pub open: bool,
    pub balance: i64,
}

/// What happened to an account, for the systems whose events are an enum that one writes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum AccountEvent {
    Opened { owner: String },
    Deposited { amount: i64 },
    Withdrawn { amount: i64 },
}

/// What is asked of an account, for the systems whose commands are an enum.
#[derive(Debug)]
pub enum AccountCommand {
    Open {
        owner: String,
    },
    /// Deposits the positive amounts and withdraws the negative ones, all or none.
    Post {
        amounts: Vec<i64>,
    },
}

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum AccountError {
    #[error("the account is open already")]
    AlreadyOpen,
    #[error("the account is not open")]
    NotOpen,
    #[error("the balance is only {balance}")]
    Insufficient { balance: i64 },
}

impl Account {
    pub fn may_open(&self) -> Result<(), AccountError> {
        match self.open {
            true => Err(AccountError::AlreadyOpen),
            false => Ok(()),
        }
    }

    /// An event for each amount, unless the balance would fall below zero on the way.
    pub fn movements<E>(
        &self,
        amounts: &[i64],
        deposited: impl Fn(i64) -> E,
        withdrawn: impl Fn(i64) -> E,
    ) -> Result<Vec<E>, AccountError> {
        if !self.open {
            return Err(AccountError::NotOpen);
        }
        let mut balance = self.balance;
        let mut events = Vec::with_capacity(amounts.len());
        for &amount in amounts {
            if balance + amount < 0 {
                return Err(AccountError::Insufficient { balance });
            }
            balance += amount;
            events.push(match amount {
                0.. => deposited(amount),
                _ => withdrawn(-amount),
            });
        }
        Ok(events)
    }

    pub fn decide(&self, command: &AccountCommand) -> Result<Vec<AccountEvent>, AccountError> {
        match command {
            AccountCommand::Open { owner } => {
                self.may_open()?;
                let owner = owner.clone();
                Ok(vec![AccountEvent::Opened { owner }])
            }
            AccountCommand::Post { amounts } => self.movements(
                amounts,
                |amount| AccountEvent::Deposited { amount },
                |amount| AccountEvent::Withdrawn { amount },
            ),
        }
    }

    pub fn fold(&mut self, event: &AccountEvent) {
        match event {
            AccountEvent::Opened { .. } => self.open = true,
            AccountEvent::Deposited { amount } => self.balance += amount,
            AccountEvent::Withdrawn { amount } => self.balance -= amount,
        }
    }
}
