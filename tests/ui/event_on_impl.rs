use eventsource_core::prelude::*;

#[event]
pub struct Opened {
    pub owner: String,
}

#[event]
impl Opened {}

fn main() {}
