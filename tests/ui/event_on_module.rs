use eventsource_core::prelude::*;

#[event]
mod opened {}

fn main() {}
