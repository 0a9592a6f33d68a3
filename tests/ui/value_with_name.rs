use eventsource_core::prelude::*;

#[value(name = "money")]
pub struct Money(u64);

fn main() {}
