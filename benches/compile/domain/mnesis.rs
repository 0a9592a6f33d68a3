use mnesis::{AggregateState, DomainEvent, Events, Handle, events};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, DomainEvent)]
pub enum AccountEvent {
    Opened { owner: String },
    Deposited { amount: u64, note: String },
    Withdrawn { amount: u64, fee: u64 },
    Frozen { reason: String },
    Closed,
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

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AccountId(pub String);

impl std::fmt::Display for AccountId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<[u8]> for AccountId {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

#[mnesis::aggregate(state = AccountState, error = AccountError, id = AccountId)]
pub struct Account;

#[derive(Debug, Default, Clone)]
pub struct AccountState {
    open: bool,
    frozen: bool,
    balance: u64,
}

impl AggregateState for AccountState {
    type Event = AccountEvent;

    fn initial() -> Self {
        Self::default()
    }

    fn apply(mut self, event: &AccountEvent) -> Self {
        match event {
            AccountEvent::Opened { .. } => self.open = true,
            AccountEvent::Deposited { amount, .. } => self.balance += amount,
            AccountEvent::Withdrawn { amount, fee } => self.balance -= amount + fee,
            AccountEvent::Frozen { .. } => self.frozen = true,
            AccountEvent::Closed => self.open = false,
        }
        self
    }
}

impl AccountState {
    fn usable(&self) -> Result<(), AccountError> {
        match (self.open, self.frozen) {
            (false, _) => Err(AccountError::NotOpen),
            (true, true) => Err(AccountError::Frozen),
            (true, false) => Ok(()),
        }
    }
}

impl Handle<Open> for Account {
    fn handle(
        _: &AccountState,
        command: Open,
    ) -> Result<Option<Events<AccountEvent>>, AccountError> {
        Ok(Some(events![AccountEvent::Opened {
            owner: command.owner
        }]))
    }
}

impl Handle<Deposit> for Account {
    fn handle(
        state: &AccountState,
        command: Deposit,
    ) -> Result<Option<Events<AccountEvent>>, AccountError> {
        state.usable()?;
        Ok(Some(events![AccountEvent::Deposited {
            amount: command.amount,
            note: command.note
        }]))
    }
}

impl Handle<Withdraw> for Account {
    fn handle(
        state: &AccountState,
        command: Withdraw,
    ) -> Result<Option<Events<AccountEvent>>, AccountError> {
        state.usable()?;
        let (balance, requested) = (state.balance, command.amount + 1);
        if requested > balance {
            return Err(AccountError::Insufficient { balance, requested });
        }
        Ok(Some(events![AccountEvent::Withdrawn {
            amount: command.amount,
            fee: 1
        }]))
    }
}

impl Handle<Freeze> for Account {
    fn handle(
        state: &AccountState,
        command: Freeze,
    ) -> Result<Option<Events<AccountEvent>>, AccountError> {
        if state.frozen {
            return Ok(None);
        }
        Ok(Some(events![AccountEvent::Frozen {
            reason: command.reason
        }]))
    }
}

impl Handle<Close> for Account {
    fn handle(
        state: &AccountState,
        _: Close,
    ) -> Result<Option<Events<AccountEvent>>, AccountError> {
        state.usable()?;
        Ok(Some(events![AccountEvent::Closed]))
    }
}
