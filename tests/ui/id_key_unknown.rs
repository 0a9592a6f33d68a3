use eventsource_core::prelude::*;

#[derive(Id)]
#[id(name = "account")]
pub struct AccountId(u64);

fn main() {}
