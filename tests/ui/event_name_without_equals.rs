use eventsource_core::prelude::*;

#[event(name "account.opened")]
pub struct Opened {
    pub owner: String,
}

fn main() {}
