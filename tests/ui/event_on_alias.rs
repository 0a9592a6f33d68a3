use eventsource_core::prelude::*;

#[event]
pub type Opened = u64;

fn main() {}
