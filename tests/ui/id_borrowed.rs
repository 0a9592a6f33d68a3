use eventsource_core::prelude::*;

#[derive(Id)]
pub struct AccountId(&'static str);

fn main() {}
