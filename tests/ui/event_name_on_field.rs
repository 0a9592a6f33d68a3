use eventsource_core::prelude::*;

#[event]
pub struct Opened {
    #[event(name = "holder")]
    pub owner: String,
}

fn main() {}
