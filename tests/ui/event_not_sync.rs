use eventsource_core::prelude::*;

#[event]
pub struct Opened {
    pub seen: std::cell::Cell<u64>,
}

fn main() {}
