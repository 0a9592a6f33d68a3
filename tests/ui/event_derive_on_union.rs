use eventsource_core::prelude::*;

#[derive(Event)]
pub union Opened {
    number: u64,
}

fn main() {}
