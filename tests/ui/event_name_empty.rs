use eventsource_core::prelude::*;

#[event(name = "")]
pub struct Opened;

fn main() {}
