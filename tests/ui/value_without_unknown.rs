use eventsource_core::prelude::*;

#[value(without(Eq))]
pub struct Money(u64);

fn main() {}
