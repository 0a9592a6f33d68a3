use eventsource_core::prelude::*;

#[event]
pub struct Opened {
    pub owner: String,
}

#[derive(Debug, thiserror::Error)]
#[error("no")]
pub struct Refused;

#[derive(Default)]
pub struct Account {
    owner: String,
}

#[aggregate(id = u64, error = Refused, events(Opened))]
impl Account {}

fn main() {}
