use eventsource_core::prelude::*;

#[derive(Id)]
pub struct AccountId(u64, u64);

fn main() {}
