use eventsource_core::prelude::*;

#[derive(Command)]
pub struct Open {
    pub owner: String,
}

fn main() {}
