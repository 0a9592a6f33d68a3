use eventsource_core::prelude::*;

#[event]
pub struct Opened<T> {
    pub owner: T,
}

fn main() {}
