use eventsource_core::prelude::*;

pub struct Money(u64);

#[event]
pub struct Deposited {
    pub amount: Money,
}

fn main() {}
