use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum AccountEvent {
    Opened { owner: String },
    Deposited { amount: u64 },
    Withdrawn { amount: u64 },
    Closed,
}
impl DomainEvent for AccountEvent {
    fn event_type(&self) -> String {
        match self {
            Self::Opened { .. } => "account.opened",
            Self::Deposited { .. } => "account.deposited",
            Self::Withdrawn { .. } => "account.withdrawn",
            Self::Closed => "account.closed",
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
    Deposit { amount: u64 },
    Withdraw { amount: u64 },
    Close,
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
    #[error("the balance is {balance}, and {requested} was requested")]
    Insufficient { balance: u64, requested: u64 },
    #[error("a balance of {balance} is left on the account")]
    NotEmpty { balance: u64 },
}
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Status {
    #[default]
    New,
    Open,
    Closed,
}
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Account {
    status: Status,
    balance: u64,
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
impl Aggregate for Account {
    const TYPE: &'static str = "account";
    type Command = AccountCommand;
    type Event = AccountEvent;
    type Error = AccountError;
    type Services = ();
    async fn handle(
        &mut self,
        command: AccountCommand,
        _: &(),
        sink: &cqrs_es::event_sink::EventSink<Self>,
    ) -> Result<(), AccountError> {
        match command {
            AccountCommand::Open { owner } => {
                if self.status != Status::New {
                    return Err(AccountError::AlreadyOpen);
                }
                sink.write(AccountEvent::Opened { owner }, self).await;
            }
            AccountCommand::Deposit { amount } => {
                self.usable(amount)?;
                sink.write(AccountEvent::Deposited { amount }, self).await;
            }
            AccountCommand::Withdraw { amount } => {
                self.usable(amount)?;
                let (balance, requested) = (self.balance, amount);
                if requested > balance {
                    return Err(AccountError::Insufficient { balance, requested });
                }
                sink.write(AccountEvent::Withdrawn { amount }, self).await;
            }
            AccountCommand::Close => {
                self.usable(1)?;
                let balance = self.balance;
                if balance > 0 {
                    return Err(AccountError::NotEmpty { balance });
                }
                sink.write(AccountEvent::Closed, self).await;
            }
        }
        Ok(())
    }
    fn apply(&mut self, event: AccountEvent) {
        match event {
            AccountEvent::Opened { .. } => self.status = Status::Open,
            AccountEvent::Deposited { amount } => self.balance += amount,
            AccountEvent::Withdrawn { amount } => self.balance -= amount,
            AccountEvent::Closed => self.status = Status::Closed,
        }
    }
}
