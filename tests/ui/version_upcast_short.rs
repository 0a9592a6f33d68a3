use eventsource_core::prelude::*;

use eventsource_core::Value;

fn first(old: Value) -> Value {
    old
}

#[event(name = "account.opened", version = 3, upcast(1 = first))]
pub struct Opened {
    pub owner: String,
}

fn main() {}
