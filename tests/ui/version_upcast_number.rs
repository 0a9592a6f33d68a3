use eventsource_core::prelude::*;

use eventsource_core::Value;

fn first(old: Value) -> Value {
    old
}

#[event(name = "account.opened", version = 2, upcast(5_000_000_000 = first))]
pub struct Opened {
    pub owner: String,
}

fn main() {}
