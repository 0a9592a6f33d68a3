use eventsource_core::prelude::*;

#[derive(Id)]
pub struct AccountId(Vec<u8>);

fn main() {}
