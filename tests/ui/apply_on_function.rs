use eventsource_core::prelude::*;

#[event]
pub struct Opened {
    pub owner: String,
}

#[apply]
fn opened(_: &Opened) {}

fn main() {}
