use disintegrate::{Decision, Event, StateMutate, StateQuery};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Event, Serialize, Deserialize)]
#[stream(AccountEvent, [Opened, Deposited, Withdrawn, Frozen, Closed])]
pub enum DomainEvent {
    Opened {
        #[id]
        account: String,
        owner: String,
    },
    Deposited {
        #[id]
        account: String,
        amount: u64,
        note: String,
    },
    Withdrawn {
        #[id]
        account: String,
        amount: u64,
        fee: u64,
    },
    Frozen {
        #[id]
        account: String,
        reason: String,
    },
    Closed {
        #[id]
        account: String,
    },
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

#[derive(Debug, Default, Clone, StateQuery, Serialize, Deserialize)]
#[state_query(AccountEvent)]
pub struct Account {
    #[id]
    account: String,
    open: bool,
    frozen: bool,
    balance: u64,
}

impl StateMutate for Account {
    fn mutate(&mut self, event: AccountEvent) {
        match event {
            AccountEvent::Opened { .. } => self.open = true,
            AccountEvent::Deposited { amount, .. } => self.balance += amount,
            AccountEvent::Withdrawn { amount, fee, .. } => self.balance -= amount + fee,
            AccountEvent::Frozen { .. } => self.frozen = true,
            AccountEvent::Closed { .. } => self.open = false,
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

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Open {
    pub account: String,
    pub owner: String,
}

impl Decision for Open {
    type Event = AccountEvent;
    type StateQuery = Account;
    type Error = AccountError;

    fn state_query(&self) -> Account {
        Account {
            account: self.account.clone(),
            ..Account::default()
        }
    }

    fn process(&self, _: &Account) -> Result<Vec<AccountEvent>, AccountError> {
        Ok(vec![AccountEvent::Opened {
            account: self.account.clone(),
            owner: self.owner.clone(),
        }])
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deposit {
    pub account: String,
    pub amount: u64,
    pub note: String,
}

impl Decision for Deposit {
    type Event = AccountEvent;
    type StateQuery = Account;
    type Error = AccountError;

    fn state_query(&self) -> Account {
        Account {
            account: self.account.clone(),
            ..Account::default()
        }
    }

    fn process(&self, account: &Account) -> Result<Vec<AccountEvent>, AccountError> {
        account.usable()?;
        Ok(vec![AccountEvent::Deposited {
            account: self.account.clone(),
            amount: self.amount,
            note: self.note.clone(),
        }])
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Withdraw {
    pub account: String,
    pub amount: u64,
}

impl Decision for Withdraw {
    type Event = AccountEvent;
    type StateQuery = Account;
    type Error = AccountError;

    fn state_query(&self) -> Account {
        Account {
            account: self.account.clone(),
            ..Account::default()
        }
    }

    fn process(&self, account: &Account) -> Result<Vec<AccountEvent>, AccountError> {
        account.usable()?;
        let (balance, requested) = (account.balance, self.amount + 1);
        if requested > balance {
            return Err(AccountError::Insufficient { balance, requested });
        }
        Ok(vec![AccountEvent::Withdrawn {
            account: self.account.clone(),
            amount: self.amount,
            fee: 1,
        }])
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Freeze {
    pub account: String,
    pub reason: String,
}

impl Decision for Freeze {
    type Event = AccountEvent;
    type StateQuery = Account;
    type Error = AccountError;

    fn state_query(&self) -> Account {
        Account {
            account: self.account.clone(),
            ..Account::default()
        }
    }

    fn process(&self, account: &Account) -> Result<Vec<AccountEvent>, AccountError> {
        if account.frozen {
            return Ok(vec![]);
        }
        Ok(vec![AccountEvent::Frozen {
            account: self.account.clone(),
            reason: self.reason.clone(),
        }])
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Close {
    pub account: String,
}

impl Decision for Close {
    type Event = AccountEvent;
    type StateQuery = Account;
    type Error = AccountError;

    fn state_query(&self) -> Account {
        Account {
            account: self.account.clone(),
            ..Account::default()
        }
    }

    fn process(&self, account: &Account) -> Result<Vec<AccountEvent>, AccountError> {
        account.usable()?;
        Ok(vec![AccountEvent::Closed {
            account: self.account.clone(),
        }])
    }
}
