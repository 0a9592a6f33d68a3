use eventsource_core::prelude::*;

#[event]
pub union Opened {
    owner: u64,
}

fn main() {}
