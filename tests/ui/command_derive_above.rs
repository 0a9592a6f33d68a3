use eventsource_core::prelude::*;

#[derive(Clone)]
#[command]
pub struct Open {
    pub owner: String,
}

fn main() {}
