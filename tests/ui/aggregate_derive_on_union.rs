use eventsource_core::prelude::*;

#[derive(Aggregate)]
#[aggregate(id = u64, error = std::fmt::Error)]
pub union Account {
    balance: u64,
}

fn main() {}
