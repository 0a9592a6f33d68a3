use eventsource_core::prelude::*;

#[event(2)]
pub struct Opened;

fn main() {}
