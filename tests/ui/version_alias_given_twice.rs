use eventsource_core::prelude::*;

#[event(name = "account.opened", alias = "opened", alias = "begun")]
pub struct Opened {
    pub owner: String,
}

fn main() {}
