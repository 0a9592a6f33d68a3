use eventsource_core::prelude::*;

#[value(version = 2)]
pub struct Money(u64);

fn main() {}
