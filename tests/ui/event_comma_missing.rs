use eventsource_core::prelude::*;

#[event(name = "account.opened" version = 1)]
pub struct Opened {
    pub owner: String,
}

fn main() {}
