use eventsource_core::prelude::*;

#[command]
pub struct Open {
    #[tag]
    pub owner: String,
}

fn main() {}
