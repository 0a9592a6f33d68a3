use eventsource_core::prelude::*;

#[event]
pub struct Opened {
    pub owner: Strng,
}

fn main() {}
