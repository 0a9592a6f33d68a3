use eventsource_core::Recorded;
use eventsource_core::prelude::*;

#[event]
pub struct Opened;

#[event]
pub struct Closed;

pub struct Tx;

pub struct Balances;

trait Reads {
    async fn opened(&self, _: &Recorded<Opened>);
}

#[projection(name = "balances")]
impl Reads for Balances {
    async fn opened(&self, _: &Recorded<Opened>) {}
}

fn main() {}
