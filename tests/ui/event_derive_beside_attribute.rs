use eventsource_core::prelude::*;

#[derive(Debug, Event)]
#[event(name = "account.opened")]
pub struct Opened;

fn main() {}
