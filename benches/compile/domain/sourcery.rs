use serde::{Deserialize, Serialize};
use sourcery::{Apply, DomainEvent, Handle};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    pub owner: String,
}

impl DomainEvent for Opened {
    const KIND: &'static str = "account@N@.opened";
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deposited {
    pub amount: u64,
    pub note: String,
}

impl DomainEvent for Deposited {
    const KIND: &'static str = "account@N@.deposited";
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Withdrawn {
    pub amount: u64,
    pub fee: u64,
}

impl DomainEvent for Withdrawn {
    const KIND: &'static str = "account@N@.withdrawn";
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frozen {
    pub reason: String,
}

impl DomainEvent for Frozen {
    const KIND: &'static str = "account@N@.frozen";
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Closed;

impl DomainEvent for Closed {
    const KIND: &'static str = "account@N@.closed";
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Open {
    pub owner: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deposit {
    pub amount: u64,
    pub note: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Withdraw {
    pub amount: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Freeze {
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Close;

#[derive(Debug, PartialEq, thiserror::Error)]
pub enum AccountError {
    #[error("the account is not open")]
    NotOpen,
    #[error("the account is frozen")]
    Frozen,
    #[error("the balance is {balance}, and {requested} was requested")]
    Insufficient { balance: u64, requested: u64 },
}

#[derive(Debug, Default, sourcery::Aggregate)]
#[aggregate(
    kind = "account@N@",
    id = String,
    error = AccountError,
    events(Opened, Deposited, Withdrawn, Frozen, Closed),
    derives(Debug, PartialEq)
)]
pub struct Account {
    open: bool,
    frozen: bool,
    balance: u64,
}

impl Apply<Opened> for Account {
    fn apply(&mut self, _: &Opened) {
        self.open = true;
    }
}

impl Apply<Deposited> for Account {
    fn apply(&mut self, event: &Deposited) {
        self.balance += event.amount;
    }
}

impl Apply<Withdrawn> for Account {
    fn apply(&mut self, event: &Withdrawn) {
        self.balance -= event.amount + event.fee;
    }
}

impl Apply<Frozen> for Account {
    fn apply(&mut self, _: &Frozen) {
        self.frozen = true;
    }
}

impl Apply<Closed> for Account {
    fn apply(&mut self, _: &Closed) {
        self.open = false;
    }
}

impl Handle<Open> for Account {
    fn handle(&self, command: &Open) -> Result<Vec<Self::Event>, AccountError> {
        Ok(vec![
            Opened {
                owner: command.owner.clone(),
            }
            .into(),
        ])
    }
}

impl Handle<Deposit> for Account {
    fn handle(&self, command: &Deposit) -> Result<Vec<Self::Event>, AccountError> {
        self.usable()?;
        Ok(vec![
            Deposited {
                amount: command.amount,
                note: command.note.clone(),
            }
            .into(),
        ])
    }
}

impl Handle<Withdraw> for Account {
    fn handle(&self, command: &Withdraw) -> Result<Vec<Self::Event>, AccountError> {
        self.usable()?;
        let (balance, requested) = (self.balance, command.amount + 1);
        if requested > balance {
            return Err(AccountError::Insufficient { balance, requested });
        }
        Ok(vec![
            Withdrawn {
                amount: command.amount,
                fee: 1,
            }
            .into(),
        ])
    }
}

impl Handle<Freeze> for Account {
    fn handle(&self, command: &Freeze) -> Result<Vec<Self::Event>, AccountError> {
        if self.frozen {
            return Ok(vec![]);
        }
        Ok(vec![
            Frozen {
                reason: command.reason.clone(),
            }
            .into(),
        ])
    }
}

impl Handle<Close> for Account {
    fn handle(&self, _: &Close) -> Result<Vec<Self::Event>, AccountError> {
        self.usable()?;
        Ok(vec![Closed.into()])
    }
}

impl Account {
    fn usable(&self) -> Result<(), AccountError> {
        match (self.open, self.frozen) {
            (false, _) => Err(AccountError::NotOpen),
            (true, true) => Err(AccountError::Frozen),
            (true, false) => Ok(()),
        }
    }
}
