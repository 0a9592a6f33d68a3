use eventsource_core::prelude::*;

#[derive(Clone, Id)]
pub struct AccountId(u64);

fn main() {}
