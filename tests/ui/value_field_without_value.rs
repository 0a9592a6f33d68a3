// 1 mistake, 7 errors: docs/decisions/0013-one-mistake-one-error.md
use eventsource_core::prelude::*;

pub struct Currency;

#[value]
pub struct Money {
    pub currency: Currency,
}

fn main() {}
