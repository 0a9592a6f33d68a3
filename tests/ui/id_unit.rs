use eventsource_core::prelude::*;

#[derive(Id)]
pub struct AccountId;

fn main() {}
