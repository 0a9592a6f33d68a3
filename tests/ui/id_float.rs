use eventsource_core::prelude::*;

#[derive(Id)]
pub struct AccountId(f64);

fn main() {}
