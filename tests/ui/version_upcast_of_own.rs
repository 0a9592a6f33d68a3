use eventsource_core::prelude::*;

use eventsource_core::Value;

fn first(old: Value) -> Value {
    old
}

#[event(name = "account.opened", version = 2, upcast(2 = first))]
pub struct Opened {
    pub owner: String,
}

fn main() {}
