use eventsource_core::prelude::*;

#[event("account.opened")]
pub struct Opened {
    pub owner: String,
}

fn main() {}
