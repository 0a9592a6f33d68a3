//! Money between two accounts: two aggregates, each with its own rules, in one atomic append.
//!
//! Sixteen tasks transfer at once, while one of the accounts is closed. A transfer is whole or it is refused, and not a
//! coin is lost.

use eventsource_core::prelude::*;
use eventsource_core::{DecideError, Decided, MultiStreamStore};
use eventsource_sqlite::SqliteStore;

#[derive(Id, Copy)]
pub struct AccountId(pub u32);

#[event(name = "account.deposited")]
pub struct Deposited {
    pub amount: u64,
}

#[event(name = "account.withdrawn")]
pub struct Withdrawn {
    pub amount: u64,
}

#[event(name = "account.closed")]
pub struct Closed {
    pub paid_out: u64,
}

#[derive(Debug, PartialEq, thiserror::Error)]
pub enum AccountError {
    #[error("the account is closed")]
    Closed,
    #[error("the balance is only {balance}")]
    Insufficient { balance: u64 },
}

#[aggregate(
    name = "account", id = AccountId, error = AccountError,
    events(Deposited, Withdrawn, Closed), commands(Deposit, Withdraw, Close),
)]
#[derive(Default)]
pub struct Account {
    pub balance: u64,
    pub paid_out: Option<u64>,
}

#[handle]
impl Account {
    #[command]
    pub fn deposit(&self, amount: u64) -> Result<Deposited, AccountError> {
        ensure!(self.paid_out.is_none(), AccountError::Closed);
        Ok(Deposited { amount })
    }

    #[command]
    pub fn withdraw(&self, amount: u64) -> Result<Withdrawn, AccountError> {
        ensure!(self.paid_out.is_none(), AccountError::Closed);
        let balance = self.balance;
        ensure!(amount <= balance, AccountError::Insufficient { balance });
        Ok(Withdrawn { amount })
    }

    #[command]
    pub fn close(&self) -> Result<Closed, AccountError> {
        ensure!(self.paid_out.is_none(), AccountError::Closed);
        Ok(Closed {
            paid_out: self.balance,
        })
    }
}

#[apply]
impl Account {
    fn deposited(&mut self, event: &Deposited) {
        self.balance += event.amount;
    }

    fn withdrawn(&mut self, event: &Withdrawn) {
        self.balance -= event.amount;
    }

    fn closed(&mut self, event: &Closed) {
        self.balance = 0;
        self.paid_out = Some(event.paid_out);
    }
}

/// Both accounts decide with their own handlers; what they decide is stored together, if neither has changed since.
pub async fn transfer<S: MultiStreamStore>(
    accounts: &Repository<Account, S>,
    from: AccountId,
    to: AccountId,
    amount: u64,
) -> Result<Decided, DecideError<AccountError>> {
    let decision = accounts
        .store()
        .decide((accounts.at(&from), accounts.at(&to)), |(from, to)| {
            from.execute(Withdraw { amount })?;
            to.execute(Deposit { amount })
        });
    decision.await
}

/// What is on the accounts, and what was paid out as they were closed.
pub async fn total<S: MultiStreamStore>(
    accounts: &Repository<Account, S>,
    count: u32,
) -> Result<u64, Box<dyn std::error::Error>> {
    let mut total = 0;
    for id in 0..count {
        let account = accounts.load(&AccountId(id)).await?;
        total += account.balance + account.paid_out.unwrap_or(0);
    }
    Ok(total)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    const ACCOUNTS: u32 = 8;
    let folder = tempfile::tempdir()?;
    let store = SqliteStore::open(folder.path().join("bank.db")).await?;
    let accounts = Repository::<Account, _>::new(store.clone());
    for id in 0..ACCOUNTS {
        accounts
            .execute(&AccountId(id), Deposit { amount: 100 })
            .await?;
    }

    let clerk = |task: u32| {
        let accounts = accounts.clone();
        async move {
            let (mut made, mut refused) = (0, 0);
            for number in 0..25 {
                let from = AccountId((task + number) % ACCOUNTS);
                let to = AccountId((task + number * 3 + 1) % ACCOUNTS);
                match transfer(&accounts, from, to, u64::from(number)).await {
                    Ok(_) => made += 1,
                    Err(DecideError::Refused(_) | DecideError::Contended { .. }) => refused += 1,
                    Err(failed) => return Err(failed),
                }
                if (task, number) == (7, 12) {
                    let closed = accounts.execute(&AccountId(3), Close).await;
                    println!("account 3 is closed: {}", closed.is_ok());
                }
            }
            Ok((made, refused))
        }
    };
    let clerks: Vec<_> = (0..16).map(|task| tokio::spawn(clerk(task))).collect();
    let (mut made, mut refused) = (0, 0);
    for clerk in clerks {
        let (more_made, more_refused) = clerk.await??;
        (made, refused) = (made + more_made, refused + more_refused);
    }
    println!("{made} transfers were made, and {refused} refused");
    println!("{} of 800 are there", total(&accounts, ACCOUNTS).await?);
    store.close().await;
    Ok(())
}
