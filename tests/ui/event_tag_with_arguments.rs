use eventsource_core::prelude::*;

#[event]
pub struct Opened {
    #[tag(owner)]
    pub owner: String,
}

fn main() {}
