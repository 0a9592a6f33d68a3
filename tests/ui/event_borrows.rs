use eventsource_core::prelude::*;

#[event]
pub struct Opened<'a> {
    pub owner: &'a str,
}

fn main() {}
