use eventsource_core::prelude::*;

#[event(name = "account.opened", alias = "account.opened")]
pub struct Opened {
    pub owner: String,
}

fn main() {}
