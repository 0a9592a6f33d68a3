use eventsource_core::prelude::*;

#[derive(Debug)]
#[value]
pub struct Money(u64);

fn main() {}
