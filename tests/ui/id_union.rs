use eventsource_core::prelude::*;

#[derive(Id)]
pub union AccountId {
    number: u64,
}

fn main() {}
