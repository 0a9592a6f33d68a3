use eventsource_core::prelude::*;

#[event]
pub struct Opened {
    pub owner: String,
}

#[command]
pub struct Open {
    pub owner: String,
}

#[handle]
impl Vec<u8> {
    fn open(&self, _: Open) -> Option<Opened> {
        None
    }
}

fn main() {}
