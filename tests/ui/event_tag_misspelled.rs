use eventsource_core::prelude::*;

#[event]
pub struct Opened {
    #[tagg]
    pub owner: String,
}

fn main() {}
