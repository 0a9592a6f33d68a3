use eventsource_core::prelude::*;

#[event(name = "account\nopened")]
pub struct Opened;

fn main() {}
