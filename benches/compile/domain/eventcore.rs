use eventcore::{Command, CommandError, CommandLogic, Event, NewEvents, StreamId};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum AccountEvent {
    Opened {
        account: StreamId,
        owner: String,
    },
    Deposited {
        account: StreamId,
        amount: u64,
        note: String,
    },
    Withdrawn {
        account: StreamId,
        amount: u64,
        fee: u64,
    },
    Frozen {
        account: StreamId,
        reason: String,
    },
    Closed {
        account: StreamId,
    },
}

impl Event for AccountEvent {
    fn stream_id(&self) -> &StreamId {
        match self {
            Self::Opened { account, .. }
            | Self::Deposited { account, .. }
            | Self::Withdrawn { account, .. }
            | Self::Frozen { account, .. }
            | Self::Closed { account } => account,
        }
    }

    fn event_type_name() -> &'static str {
        "account@N@"
    }
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

#[derive(Debug, Default)]
pub struct Account {
    open: bool,
    frozen: bool,
    balance: u64,
}

impl Account {
    fn applied(mut self, event: &AccountEvent) -> Self {
        match event {
            AccountEvent::Opened { .. } => self.open = true,
            AccountEvent::Deposited { amount, .. } => self.balance += amount,
            AccountEvent::Withdrawn { amount, fee, .. } => self.balance -= amount + fee,
            AccountEvent::Frozen { .. } => self.frozen = true,
            AccountEvent::Closed { .. } => self.open = false,
        }
        self
    }

    fn usable(&self) -> Result<(), AccountError> {
        match (self.open, self.frozen) {
            (false, _) => Err(AccountError::NotOpen),
            (true, true) => Err(AccountError::Frozen),
            (true, false) => Ok(()),
        }
    }
}

fn refused(error: AccountError) -> CommandError {
    CommandError::BusinessRuleViolation(Box::new(error))
}

#[derive(Debug, Clone, PartialEq, Command)]
pub struct Open {
    #[stream]
    pub account: StreamId,
    pub owner: String,
}

impl CommandLogic for Open {
    type Event = AccountEvent;
    type State = Account;

    fn apply(&self, state: Account, event: &AccountEvent) -> Account {
        state.applied(event)
    }

    fn handle(&self, _: Account) -> Result<NewEvents<AccountEvent>, CommandError> {
        Ok(vec![AccountEvent::Opened {
            account: self.account.clone(),
            owner: self.owner.clone(),
        }]
        .into())
    }
}

#[derive(Debug, Clone, PartialEq, Command)]
pub struct Deposit {
    #[stream]
    pub account: StreamId,
    pub amount: u64,
    pub note: String,
}

impl CommandLogic for Deposit {
    type Event = AccountEvent;
    type State = Account;

    fn apply(&self, state: Account, event: &AccountEvent) -> Account {
        state.applied(event)
    }

    fn handle(&self, state: Account) -> Result<NewEvents<AccountEvent>, CommandError> {
        state.usable().map_err(refused)?;
        let account = self.account.clone();
        Ok(vec![AccountEvent::Deposited {
            account,
            amount: self.amount,
            note: self.note.clone(),
        }]
        .into())
    }
}

#[derive(Debug, Clone, PartialEq, Command)]
pub struct Withdraw {
    #[stream]
    pub account: StreamId,
    pub amount: u64,
}

impl CommandLogic for Withdraw {
    type Event = AccountEvent;
    type State = Account;

    fn apply(&self, state: Account, event: &AccountEvent) -> Account {
        state.applied(event)
    }

    fn handle(&self, state: Account) -> Result<NewEvents<AccountEvent>, CommandError> {
        state.usable().map_err(refused)?;
        let (balance, requested) = (state.balance, self.amount + 1);
        if requested > balance {
            return Err(refused(AccountError::Insufficient { balance, requested }));
        }
        Ok(vec![AccountEvent::Withdrawn {
            account: self.account.clone(),
            amount: self.amount,
            fee: 1,
        }]
        .into())
    }
}

#[derive(Debug, Clone, PartialEq, Command)]
pub struct Freeze {
    #[stream]
    pub account: StreamId,
    pub reason: String,
}

impl CommandLogic for Freeze {
    type Event = AccountEvent;
    type State = Account;

    fn apply(&self, state: Account, event: &AccountEvent) -> Account {
        state.applied(event)
    }

    fn handle(&self, state: Account) -> Result<NewEvents<AccountEvent>, CommandError> {
        if state.frozen {
            return Ok(vec![].into());
        }
        Ok(vec![AccountEvent::Frozen {
            account: self.account.clone(),
            reason: self.reason.clone(),
        }]
        .into())
    }
}

#[derive(Debug, Clone, PartialEq, Command)]
pub struct Close {
    #[stream]
    pub account: StreamId,
}

impl CommandLogic for Close {
    type Event = AccountEvent;
    type State = Account;

    fn apply(&self, state: Account, event: &AccountEvent) -> Account {
        state.applied(event)
    }

    fn handle(&self, state: Account) -> Result<NewEvents<AccountEvent>, CommandError> {
        state.usable().map_err(refused)?;
        Ok(vec![AccountEvent::Closed {
            account: self.account.clone(),
        }]
        .into())
    }
}
