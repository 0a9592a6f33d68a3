use eventsource_core::prelude::*;

#[event(version = 5_000_000_000)]
pub struct Opened;

fn main() {}
