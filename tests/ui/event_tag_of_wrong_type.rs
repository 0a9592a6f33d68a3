use eventsource_core::prelude::*;

#[event]
pub struct Opened {
    #[tag]
    pub limits: Vec<u64>,
}

fn main() {}
