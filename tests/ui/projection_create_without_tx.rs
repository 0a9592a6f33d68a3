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
    #[create]
    fn tables(&self) {}

    fn opened(&self, _: &Recorded<Opened>, _: &Tx) {}
}

fn main() {}
