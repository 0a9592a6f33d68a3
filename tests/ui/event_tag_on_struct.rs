use eventsource_core::prelude::*;

#[event]
#[tag]
pub struct Opened {
    pub owner: String,
}

fn main() {}
