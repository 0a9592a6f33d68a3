use disintegrate::{Decision, Event, StateMutate, StateQuery, TestHarness};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Event, Serialize, Deserialize)]
#[stream(AccountEvent, [Opened, Clossed])]
//                              ^^^^^^^
pub enum DomainEvent {
    Opened {
        #[id]
        account_id: String,
        owner: String,
    },
    Closed {
        #[id]
        account_id: String,
    },
}

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("the account is closed")]
pub struct Refused;

#[derive(Debug, Default, Clone, StateQuery, Serialize, Deserialize)]
#[state_query(AccountEvent, rename = "account")]
pub struct Account {
    #[id]
    account_id: String,
    owner: String,
}

impl StateMutate for Account {
    fn mutate(&mut self, event: Self::Event) {
        match event {
            AccountEvent::Opened { owner, .. } => self.owner = owner,
            AccountEvent::Closed { .. } => self.owner.clear(),
        }
    }
}

pub struct Open {
    pub account_id: String,
    pub owner: String,
}

impl Decision for Open {
    type Event = DomainEvent;
    type StateQuery = Account;
    type Error = Refused;

    fn state_query(&self) -> Self::StateQuery {
        Account { account_id: self.account_id.clone(), ..Default::default() }
    }

    fn process(&self, _state: &Self::StateQuery) -> Result<Vec<Self::Event>, Self::Error> {
        Ok(vec![DomainEvent::Opened {
            account_id: self.account_id.clone(),
            owner: self.owner.clone(),
        }])
    }
}

pub struct Close {
    pub account_id: String,
}

impl Decision for Close {
    type Event = DomainEvent;
    type StateQuery = Account;
    type Error = Refused;

    fn state_query(&self) -> Self::StateQuery {
        Account { account_id: self.account_id.clone(), ..Default::default() }
    }

    fn process(&self, _state: &Self::StateQuery) -> Result<Vec<Self::Event>, Self::Error> {
        Ok(vec![DomainEvent::Closed { account_id: self.account_id.clone() }])
    }
}

pub fn run(close: Close) {
    TestHarness::given([]).when(close).then([DomainEvent::Closed { account_id: "1".into() }]);
}

fn main() {}
