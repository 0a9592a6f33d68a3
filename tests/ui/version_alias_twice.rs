use eventsource_core::prelude::*;

#[event(name = "account.opened", alias("opened", "opened"))]
pub struct Opened {
    pub owner: String,
}

fn main() {}
