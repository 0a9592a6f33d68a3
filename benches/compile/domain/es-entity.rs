use es_entity::*;
use serde::{Deserialize, Serialize};

es_entity::entity_id! { AccountId }

#[derive(EsEvent, Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[es_event(id = "AccountId")]
pub enum AccountEvent {
    Opened { id: AccountId, owner: String },
    Deposited { amount: u64, note: String },
    Withdrawn { amount: u64, fee: u64 },
    Frozen { reason: String },
    Closed,
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

#[derive(EsEntity)]
pub struct Account {
    pub id: AccountId,
    open: bool,
    frozen: bool,
    balance: u64,
    events: EntityEvents<AccountEvent>,
}

/// An account that is about to be opened.
pub struct NewAccount {
    pub owner: String,
}

impl IntoEvents<AccountEvent> for NewAccount {
    type IdSource = FromRepo;

    fn into_events(
        self,
        builder: EntityEventsBuilder<AccountEvent, FromRepo>,
    ) -> EntityEvents<AccountEvent> {
        let id = builder.id();
        builder.initial_events([AccountEvent::Opened {
            id,
            owner: self.owner,
        }])
    }
}

impl TryFromEvents<AccountEvent> for Account {
    fn try_from_events(events: EntityEvents<AccountEvent>) -> Result<Self, EntityHydrationError> {
        let (mut open, mut frozen, mut balance) = (false, false, 0);
        for event in events.iter_all() {
            match event {
                AccountEvent::Opened { .. } => open = true,
                AccountEvent::Deposited { amount, .. } => balance += amount,
                AccountEvent::Withdrawn { amount, fee } => balance -= amount + fee,
                AccountEvent::Frozen { .. } => frozen = true,
                AccountEvent::Closed => open = false,
            }
        }
        Ok(Self {
            id: *events.id(),
            open,
            frozen,
            balance,
            events,
        })
    }
}

impl Account {
    pub fn deposit(&mut self, amount: u64, note: String) -> Result<(), AccountError> {
        self.usable()?;
        self.balance += amount;
        self.events.push(AccountEvent::Deposited { amount, note });
        Ok(())
    }

    pub fn withdraw(&mut self, amount: u64) -> Result<(), AccountError> {
        self.usable()?;
        let (balance, requested) = (self.balance, amount + 1);
        if requested > balance {
            return Err(AccountError::Insufficient { balance, requested });
        }
        self.balance -= requested;
        self.events.push(AccountEvent::Withdrawn { amount, fee: 1 });
        Ok(())
    }

    pub fn freeze(&mut self, reason: String) {
        if !self.frozen {
            self.frozen = true;
            self.events.push(AccountEvent::Frozen { reason });
        }
    }

    pub fn close(&mut self) -> Result<(), AccountError> {
        self.usable()?;
        self.open = false;
        self.events.push(AccountEvent::Closed);
        Ok(())
    }

    fn usable(&self) -> Result<(), AccountError> {
        match (self.open, self.frozen) {
            (false, _) => Err(AccountError::NotOpen),
            (true, true) => Err(AccountError::Frozen),
            (true, false) => Ok(()),
        }
    }
}
