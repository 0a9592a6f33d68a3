use eventsource_core::prelude::*;

#[derive(Debug, Clone, PartialEq, Event)]
pub struct Opened {
    pub owner: String,
}

fn main() {}
