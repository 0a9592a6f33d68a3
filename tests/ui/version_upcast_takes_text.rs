use eventsource_core::prelude::*;

use eventsource_core::Value;

fn first(_: &str) -> Value {
    Value::Null
}

#[event(name = "account.opened", version = 2, upcast(1 = first))]
pub struct Opened {
    pub owner: String,
}

fn main() {}
