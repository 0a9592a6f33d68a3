use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum AccountEvent {
    Opened { owner: String },
    Deposited { amount: u64, note: String },
    Withdrawn { amount: u64, fee: u64 },
    Frozen { reason: String },
    Closed,
}

impl DomainEvent for AccountEvent {
    fn event_type(&self) -> String {
        match self {
            Self::Opened { .. } => "account@N@.opened",
            Self::Deposited { .. } => "account@N@.deposited",
            Self::Withdrawn { .. } => "account@N@.withdrawn",
            Self::Frozen { .. } => "account@N@.frozen",
            Self::Closed => "account@N@.closed",
        }
        .to_string()
    }

    fn event_version(&self) -> String {
        "1.0".to_string()
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum AccountCommand {
    Open { owner: String },
    Deposit { amount: u64, note: String },
    Withdraw { amount: u64 },
    Freeze { reason: String },
    Close,
}

#[derive(Debug, PartialEq, thiserror::Error)]
pub enum AccountError {
    #[error("the account is not open")]
    NotOpen,
    #[error("the account is frozen")]
    Frozen,
    #[error("the balance is {balance}, and {requested} was requested")]
    Insufficient { balance: u64, requested: u64 },
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Account {
    open: bool,
    frozen: bool,
    balance: u64,
}

impl Aggregate for Account {
    const TYPE: &'static str = "account@N@";
    type Command = AccountCommand;
    type Event = AccountEvent;
    type Error = AccountError;
    type Services = ();

    async fn handle(
        &mut self,
        command: AccountCommand,
        _: &(),
        sink: &EventSink<Self>,
    ) -> Result<(), AccountError> {
        let event = match command {
            AccountCommand::Open { owner } => AccountEvent::Opened { owner },
            AccountCommand::Deposit { amount, note } => {
                self.usable()?;
                AccountEvent::Deposited { amount, note }
            }
            AccountCommand::Withdraw { amount } => {
                self.usable()?;
                let (balance, requested) = (self.balance, amount + 1);
                if requested > balance {
                    return Err(AccountError::Insufficient { balance, requested });
                }
                AccountEvent::Withdrawn { amount, fee: 1 }
            }
            AccountCommand::Freeze { .. } if self.frozen => return Ok(()),
            AccountCommand::Freeze { reason } => AccountEvent::Frozen { reason },
            AccountCommand::Close => {
                self.usable()?;
                AccountEvent::Closed
            }
        };
        sink.write(event, self).await;
        Ok(())
    }

    fn apply(&mut self, event: AccountEvent) {
        match event {
            AccountEvent::Opened { .. } => self.open = true,
            AccountEvent::Deposited { amount, .. } => self.balance += amount,
            AccountEvent::Withdrawn { amount, fee } => self.balance -= amount + fee,
            AccountEvent::Frozen { .. } => self.frozen = true,
            AccountEvent::Closed => self.open = false,
        }
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
