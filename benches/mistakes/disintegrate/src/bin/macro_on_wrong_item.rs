use disintegrate::{Event, StateQuery};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Event, Serialize, Deserialize)]
#[stream(AccountEvent, [Opened])]
pub enum DomainEvent {
    Opened {
        #[id]
        account_id: String,
        owner: String,
    },
}

#[derive(Debug, Clone, StateQuery, Serialize, Deserialize)]
#[state_query(AccountEvent)]
pub enum Account {
//  ^^^^^^^^^^^^
    New,
    Open { owner: String },
}

fn main() {}
