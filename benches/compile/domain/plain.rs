use eventsource_core::private::serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(crate = "::eventsource_core::private::serde")]
pub struct Opened {
    pub owner: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(crate = "::eventsource_core::private::serde")]
pub struct Deposited {
    pub amount: u64,
    pub note: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(crate = "::eventsource_core::private::serde")]
pub struct Withdrawn {
    pub amount: u64,
    pub fee: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(crate = "::eventsource_core::private::serde")]
pub struct Frozen {
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(crate = "::eventsource_core::private::serde")]
pub struct Closed;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(crate = "::eventsource_core::private::serde")]
pub struct Open {
    pub owner: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(crate = "::eventsource_core::private::serde")]
pub struct Deposit {
    pub amount: u64,
    pub note: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(crate = "::eventsource_core::private::serde")]
pub struct Withdraw {
    pub amount: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(crate = "::eventsource_core::private::serde")]
pub struct Freeze {
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(crate = "::eventsource_core::private::serde")]
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

#[derive(Debug, Default)]
pub struct Account {
    open: bool,
    frozen: bool,
    balance: u64,
}

impl Account {
    fn opened(&mut self, _: &Opened) {
        self.open = true;
    }

    fn deposited(&mut self, event: &Deposited) {
        self.balance += event.amount;
    }

    fn withdrawn(&mut self, event: &Withdrawn) {
        self.balance -= event.amount + event.fee;
    }

    fn frozen(&mut self, _: &Frozen) {
        self.frozen = true;
    }

    fn closed(&mut self, _: &Closed) {
        self.open = false;
    }
}

impl Account {
    fn open(&self, command: Open) -> Result<Opened, AccountError> {
        Ok(Opened {
            owner: command.owner,
        })
    }

    fn deposit(&self, command: Deposit) -> Result<Deposited, AccountError> {
        self.usable()?;
        Ok(Deposited {
            amount: command.amount,
            note: command.note,
        })
    }

    fn withdraw(&self, command: Withdraw) -> Result<Withdrawn, AccountError> {
        self.usable()?;
        let (balance, requested) = (self.balance, command.amount + 1);
        if requested > balance {
            return Err(AccountError::Insufficient { balance, requested });
        }
        Ok(Withdrawn {
            amount: command.amount,
            fee: 1,
        })
    }

    fn freeze(&self, command: Freeze) -> Result<Option<Frozen>, AccountError> {
        Ok((!self.frozen).then_some(Frozen {
            reason: command.reason,
        }))
    }

    fn close(&self, _: Close) -> Result<Closed, AccountError> {
        self.usable()?;
        Ok(Closed)
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
