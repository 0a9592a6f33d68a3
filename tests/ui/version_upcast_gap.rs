use eventsource_core::prelude::*;

use eventsource_core::Value;

fn first(old: Value) -> Value {
    old
}

#[event(name = "account.opened", version = 4, upcast(1 = first, 3 = first))]
pub struct Opened {
    pub owner: String,
}

fn main() {}
