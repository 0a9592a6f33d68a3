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
    async fn opened(_: &Recorded<Opened>) {}
}

fn main() {}
