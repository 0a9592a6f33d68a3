use eventsource_core::prelude::*;

#[event]
pub struct Opened(#[tag] pub u64);

fn main() {}
