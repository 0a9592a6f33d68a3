//! Money from one account to another by a process: what is taken and cannot be delivered, since the other account is closed, is
//! put back.

use std::collections::BTreeMap;
use std::convert::Infallible;

use eventsource_core::prelude::*;
use eventsource_core::{BoxError, LogScan};
use eventsource_sqlite::SqliteStore;

#[derive(Debug, PartialEq, thiserror::Error)]
pub enum AccountError {
    #[error("the account is closed")]
    IsClosed,
    #[error("the balance is only {balance}")]
    Insufficient { balance: u64 },
}

#[event(name = "account.credited")]
pub struct Credited {
    #[tag]
    pub transfer: Option<u32>,
    pub amount: u64,
}

#[event(name = "account.debited")]
pub struct Debited {
    #[tag]
    pub transfer: u32,
    pub to: u32,
    pub amount: u64,
}

#[event(name = "account.closed")]
pub struct AccountClosed;

/// An account, which takes nothing once it is closed; but what was its own comes back.
#[aggregate(
    name = "account",
    id = u32,
    error = AccountError,
    events(Credited, Debited, AccountClosed),
    commands(Credit, Debit, PutBack, CloseAccount),
)]
#[derive(Default)]
pub struct Account {
    pub balance: u64,
    pub closed: bool,
}

#[handle]
impl Account {
    #[command]
    pub fn credit(&self, transfer: Option<u32>, amount: u64) -> Result<Credited, AccountError> {
        ensure!(!self.closed, AccountError::IsClosed);
        Ok(Credited { transfer, amount })
    }

    #[command]
    pub fn debit(&self, transfer: u32, to: u32, amount: u64) -> Result<Debited, AccountError> {
        let balance = self.balance;
        ensure!(!self.closed, AccountError::IsClosed);
        ensure!(amount <= balance, AccountError::Insufficient { balance });
        Ok(Debited {
            transfer,
            to,
            amount,
        })
    }

    #[command]
    pub fn put_back(&self, amount: u64) -> Credited {
        let transfer = None;
        Credited { transfer, amount }
    }

    #[command]
    pub fn close_account(&self) -> AccountClosed {
        AccountClosed
    }
}

#[apply]
impl Account {
    fn credited(&mut self, event: &Credited) {
        self.balance += event.amount;
    }

    fn debited(&mut self, event: &Debited) {
        self.balance -= event.amount;
    }

    fn closed(&mut self, _: &AccountClosed) {
        self.closed = true;
    }
}

#[event(name = "transfer.begun")]
pub struct TransferBegun {
    pub from: u32,
}

#[event(name = "transfer.delivered")]
pub struct Delivered;

#[event(name = "transfer.returned")]
pub struct Returned {
    pub reason: String,
}

/// A transfer, from the moment at which the money is taken.
#[aggregate(
    name = "transfer",
    id = u32,
    error = Infallible,
    events(TransferBegun, Delivered, Returned),
    commands(),
)]
#[derive(Default)]
pub struct Transfer {
    from: u32,
}

#[apply]
impl Transfer {
    fn begun(&mut self, event: &TransferBegun) {
        self.from = event.from;
    }

    fn delivered(&mut self, _: &Delivered) {}

    fn returned(&mut self, _: &Returned) {}
}

#[process(tag = "transfer", from = start)]
impl Transfer {
    fn debited(&self, it: &Recorded<Debited>) -> Result<Next<Self>, BoxError> {
        let Debited {
            transfer,
            to,
            amount,
        } = it.event;
        let from = it.stream.id().parse()?;
        let transfer = Some(transfer);
        Ok(
            Next::record(TransferBegun { from })
                .command::<Account>(to, Credit { transfer, amount }),
        )
    }

    fn credited(&self, _: &Recorded<Credited>) -> Next<Self> {
        Next::record(Delivered).end()
    }

    /// The other account is closed: the money goes back to where it came from.
    fn credit_refused(&self, refused: &Refused<Credit>) -> Next<Self> {
        let (reason, amount) = (refused.reason.clone(), refused.command.amount);
        Next::record(Returned { reason })
            .command::<Account>(self.from, PutBack { amount })
            .end()
    }
}

/// What became of the transfers, and what all accounts have together.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub delivered: u32,
    pub returned: BTreeMap<String, u32>,
    pub sum: u64,
}

/// Account 0 has 1,000 and sends one each to so many others, of whom every third is closed.
pub async fn send(store: &SqliteStore, transfers: u32) -> Result<Outcome, BoxError> {
    let accounts = Repository::<Account, _>::new(store.clone());
    let amount = 1_000;
    let transfer = None;
    accounts.execute(&0, Credit { transfer, amount }).await?;
    for to in (3..=transfers).step_by(3) {
        accounts.execute(&to, CloseAccount).await?;
    }
    for number in 1..=transfers {
        let (transfer, to, amount) = (number, number, 1);
        let debit = Debit {
            transfer,
            to,
            amount,
        };
        accounts.execute(&0, debit).await?;
    }
    store.process::<Transfer>().settle().await?;

    let mut outcome = Outcome::default();
    for event in store.read_all(LogScan::default()).await? {
        match &*event.name {
            Delivered::NAME => outcome.delivered += 1,
            Returned::NAME => {
                let Returned { reason } = event.decode_as()?;
                *outcome.returned.entry(reason).or_default() += 1;
            }
            _ => {}
        }
    }
    for account in 0..=transfers {
        outcome.sum += accounts.load(&account).await?.balance;
    }
    Ok(outcome)
}
