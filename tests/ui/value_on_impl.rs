use eventsource_core::prelude::*;

#[value]
pub struct Money(u64);

#[value]
impl Money {}

fn main() {}
