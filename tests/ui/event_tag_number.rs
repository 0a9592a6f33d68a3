use eventsource_core::prelude::*;

#[event]
pub struct Opened {
    #[tag = 7]
    pub owner: String,
}

fn main() {}
