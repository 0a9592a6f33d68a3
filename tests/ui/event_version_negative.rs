use eventsource_core::prelude::*;

#[event(version = -1)]
pub struct Opened;

fn main() {}
