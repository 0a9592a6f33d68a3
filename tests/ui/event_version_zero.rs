use eventsource_core::prelude::*;

#[event(version = 0)]
pub struct Opened;

fn main() {}
