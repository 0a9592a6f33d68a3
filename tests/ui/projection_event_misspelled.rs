// 1 mistake, 2 errors: docs/decisions/0013-one-mistake-one-error.md
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
    async fn opened(&self, _: &Recorded<Openned>) {}
}

fn main() {}
