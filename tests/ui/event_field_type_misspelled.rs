use eventsource_core::prelude::*;

#[value]
pub struct Money(pub u64);

#[event]
pub struct Deposited {
    pub amount: Mony,
}

fn main() {}
