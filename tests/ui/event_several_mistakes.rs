// 3 mistakes
use eventsource_core::prelude::*;

#[event(nmae = "opened", version = "2")]
pub struct Opened {
    #[tag(owner)]
    pub owner: String,
}

fn main() {}
