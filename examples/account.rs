//! One bank account, whole: what a domain looks like when its commands are structs of their own.
//!
//! `account_short.rs` beside it is the same account with its commands declared by their handlers.

use eventsource_core::prelude::*;

#[derive(Id)]
pub struct AccountId(u64);

#[event(name = "account.opened")]
pub struct Opened {
    pub owner: String,
}

#[event(name = "account.deposited")]
pub struct Deposited {
    pub amount: u64,
}

#[event(name = "account.withdrawn")]
pub struct Withdrawn {
    pub amount: u64,
}

#[event(name = "account.closed")]
pub struct Closed;

#[command]
pub struct Open {
    pub owner: String,
}

#[command]
pub struct Deposit {
    pub amount: u64,
}

#[command]
pub struct Withdraw {
    pub amount: u64,
}

#[command]
pub struct Close;

#[derive(Debug, Default, PartialEq)]
pub enum Status {
    #[default]
    New,
    Open,
    Closed,
}

#[derive(Debug, PartialEq, thiserror::Error)]
pub enum AccountError {
    #[error("the account is open already")]
    AlreadyOpen,
    #[error("the account is not open")]
    NotOpen,
    #[error("the account is closed")]
    Closed,
    #[error("an amount of zero moves nothing")]
    ZeroAmount,
    #[error("the balance is only {balance}")]
    Insufficient { balance: u64 },
    #[error("a balance of {balance} is left on the account")]
    NotEmpty { balance: u64 },
}

/// One customer's account: never overdrawn, never used after it is closed.
#[aggregate(
    name = "account",
    id = AccountId,
    error = AccountError,
    events(Opened, Deposited, Withdrawn, Closed),
    commands(Open, Deposit, Withdraw, Close),
)]
#[derive(Default)]
pub struct Account {
    status: Status,
    balance: u64,
}

#[handle]
impl Account {
    fn open(&self, Open { owner }: Open) -> Result<Opened, AccountError> {
        ensure!(self.status == Status::New, AccountError::AlreadyOpen);
        Ok(Opened { owner })
    }

    fn deposit(&self, Deposit { amount }: Deposit) -> Result<Deposited, AccountError> {
        self.usable(amount)?;
        Ok(Deposited { amount })
    }

    fn withdraw(&self, Withdraw { amount }: Withdraw) -> Result<Withdrawn, AccountError> {
        self.usable(amount)?;
        let balance = self.balance;
        ensure!(amount <= balance, AccountError::Insufficient { balance });
        Ok(Withdrawn { amount })
    }

    fn close(&self, _: Close) -> Result<Closed, AccountError> {
        self.usable(1)?;
        let balance = self.balance;
        ensure!(balance == 0, AccountError::NotEmpty { balance });
        Ok(Closed)
    }
}

#[apply]
impl Account {
    fn opened(&mut self, _: &Opened) {
        self.status = Status::Open;
    }

    fn deposited(&mut self, event: &Deposited) {
        self.balance += event.amount;
    }

    fn withdrawn(&mut self, event: &Withdrawn) {
        self.balance -= event.amount;
    }

    fn closed(&mut self, _: &Closed) {
        self.status = Status::Closed;
    }
}

impl Account {
    fn usable(&self, amount: u64) -> Result<(), AccountError> {
        match self.status {
            Status::New => Err(AccountError::NotOpen),
            Status::Closed => Err(AccountError::Closed),
            Status::Open if amount == 0 => Err(AccountError::ZeroAmount),
            Status::Open => Ok(()),
        }
    }
}

use eventsource_core::MemoryStore;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let accounts = Repository::<Account, _>::new(MemoryStore::new());
    let id = AccountId(1);
    accounts
        .execute(
            &id,
            Open {
                owner: "the reader".into(),
            },
        )
        .await?;
    accounts.execute(&id, Deposit { amount: 50 }).await?;
    match accounts.execute(&id, Withdraw { amount: 80 }).await {
        Ok(_) => println!("withdrawn"),
        Err(refused) => println!("refused: {refused}"),
    }
    let account = accounts.load(&id).await?;
    println!(
        "balance {} at version {}",
        account.balance,
        account.version()
    );
    Ok(())
}
