use eventsource_core::prelude::*;

#[event(without = Clone)]
pub struct Opened;

fn main() {}
