use eventsource_core::prelude::*;

#[event(nmae = "account.opened")]
pub struct Opened;

fn main() {}
