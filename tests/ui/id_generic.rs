use eventsource_core::prelude::*;

#[derive(Id)]
pub struct AccountId<T>(T);

fn main() {}
