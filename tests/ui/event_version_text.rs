use eventsource_core::prelude::*;

#[event(version = "2")]
pub struct Opened;

fn main() {}
