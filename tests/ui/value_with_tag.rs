use eventsource_core::prelude::*;

#[value]
pub struct Money {
    #[tag]
    pub amount: u64,
}

fn main() {}
