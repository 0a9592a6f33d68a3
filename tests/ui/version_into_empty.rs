use eventsource_core::prelude::*;

#[event(name = "moved", into())]
pub struct Moved;

fn main() {}
