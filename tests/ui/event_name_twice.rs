use eventsource_core::prelude::*;

#[event(name = "opened", name = "account.opened")]
pub struct Opened;

fn main() {}
