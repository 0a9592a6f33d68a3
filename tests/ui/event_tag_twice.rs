use eventsource_core::prelude::*;

#[event]
pub struct Opened {
    #[tag]
    #[tag]
    pub owner: String,
}

fn main() {}
