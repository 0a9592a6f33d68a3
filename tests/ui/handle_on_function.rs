use eventsource_core::prelude::*;

#[handle]
fn open() {}

fn main() {}
