use eventsource_core::prelude::*;

#[event]
fn opened() {}

fn main() {}
