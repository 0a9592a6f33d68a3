use eventsource_core::prelude::*;

#[event(version = 1, of = "Opened")]
pub struct OpenedV1;

fn main() {}
