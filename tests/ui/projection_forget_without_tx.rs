use eventsource_core::prelude::*;
use eventsource_core::{Recorded, StreamName};

#[event]
pub struct Opened;

pub struct Tx;

pub struct Balances;

#[projection(name = "balances")]
impl Balances {
    fn opened(&self, _: &Recorded<Opened>, _: &Tx) {}

    #[forget]
    fn forget(&self, _: &StreamName) {}
}

fn main() {}
