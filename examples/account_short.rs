//! The account of `account.rs` in fewer words: each command is declared by the method that handles it.

use eventsource_core::{MemoryStore, prelude::*};

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
    #[error("the balance is {balance}, and {requested} was requested")]
    Insufficient { balance: u64, requested: u64 },
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
    opened: bool,
    closed: bool,
    balance: u64,
}

#[handle]
impl Account {
    #[command]
    pub fn open(&self, owner: String) -> Result<Opened, AccountError> {
        ensure!(!self.opened, AccountError::AlreadyOpen);
        Ok(Opened { owner })
    }

    #[command]
    pub fn deposit(&self, amount: u64) -> Result<Deposited, AccountError> {
        self.usable(amount)?;
        Ok(Deposited { amount })
    }

    #[command]
    pub fn withdraw(&self, amount: u64) -> Result<Withdrawn, AccountError> {
        self.usable(amount)?;
        let (balance, requested) = (self.balance, amount);
        ensure!(
            requested <= balance,
            AccountError::Insufficient { balance, requested }
        );
        Ok(Withdrawn { amount })
    }

    #[command]
    pub fn close(&self) -> Result<Closed, AccountError> {
        self.usable(1)?;
        let balance = self.balance;
        ensure!(balance == 0, AccountError::NotEmpty { balance });
        Ok(Closed)
    }
}

#[apply]
impl Account {
    fn opened(&mut self, _: &Opened) {
        self.opened = true;
    }

    fn deposited(&mut self, event: &Deposited) {
        self.balance += event.amount;
    }

    fn withdrawn(&mut self, event: &Withdrawn) {
        self.balance -= event.amount;
    }

    fn closed(&mut self, _: &Closed) {
        self.closed = true;
    }
}

impl Account {
    fn usable(&self, amount: u64) -> Result<(), AccountError> {
        ensure!(self.opened, AccountError::NotOpen);
        ensure!(!self.closed, AccountError::Closed);
        ensure!(amount > 0, AccountError::ZeroAmount);
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let accounts = Repository::<Account, _>::new(MemoryStore::new());
    let id = AccountId(1);
    let owner = "the reader".to_owned();
    accounts.execute(&id, Open { owner }).await?;
    accounts.execute(&id, Deposit { amount: 50 }).await?;
    match accounts.execute(&id, Withdraw { amount: 80 }).await {
        Ok(_) => println!("withdrawn"),
        Err(refused) => println!("refused: {refused}"),
    }
    let account = accounts.load(&id).await?;
    let (balance, version) = (account.balance, account.version());
    println!("balance {balance} at version {version}");
    Ok(())
}
