// 1 mistake, 8 errors: docs/decisions/0013-one-mistake-one-error.md
use eventsource_core::prelude::*;

pub struct Money(u64);

#[event]
pub struct Deposited {
    pub amount: Money,
}

fn main() {}
