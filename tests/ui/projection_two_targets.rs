use eventsource_core::Recorded;
use eventsource_core::prelude::*;

#[event]
pub struct Opened;

#[event]
pub struct Closed;

pub struct Tx;

pub struct Balances;

#[projection(name = "balances")]
impl Balances {
    fn opened(&self, _: &Recorded<Opened>, _: &Tx) {}

    fn closed(&self, _: &Recorded<Closed>, _: &Closed) {}
}

fn main() {}
