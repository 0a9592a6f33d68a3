use eventsource_core::prelude::*;

#[event]
pub struct Opened {
    pub owner: String,
}

#[command]
pub struct Open {
    pub owner: String,
}

#[derive(Debug, thiserror::Error)]
#[error("no")]
pub struct Refused;

#[aggregate(id = u64, error = Refused, events, commands(Open))]
#[derive(Default)]
pub struct Account {
    owner: String,
}

fn main() {}
