// 1 mistake, 11 errors: docs/decisions/0013-one-mistake-one-error.md
use eventsource_core::prelude::*;

pub struct Plain;

#[derive(Id)]
pub struct AccountId(Plain);

fn main() {}
