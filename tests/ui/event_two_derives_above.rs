// 1 mistake, 2 errors: docs/decisions/0013-one-mistake-one-error.md
use eventsource_core::prelude::*;

#[derive(Debug, Clone)]
#[event]
pub struct Opened {
    pub owner: String,
}

fn main() {}
