use eventsource_core::prelude::*;

#[event(without(Debgu))]
pub struct Opened;

fn main() {}
