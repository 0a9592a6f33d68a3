use eventsource_core::prelude::*;

#[event(name)]
pub struct Opened {
    pub owner: String,
}

fn main() {}
