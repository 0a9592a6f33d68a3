// 1 mistake, 2 errors: docs/decisions/0013-one-mistake-one-error.md
use eventsource_core::prelude::*;

#[value]
pub struct Owner(String);

#[event]
pub struct Opened {
    pub owner: Option<Ownr>,
    pub by: Owner,
}

fn main() {}
