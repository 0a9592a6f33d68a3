use eventsource_core::prelude::*;

#[event(topic = "accounts")]
pub struct Opened;

fn main() {}
