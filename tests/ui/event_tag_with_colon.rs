use eventsource_core::prelude::*;

#[event]
pub struct Opened {
    #[tag = "owner:name"]
    pub owner: String,
}

fn main() {}
