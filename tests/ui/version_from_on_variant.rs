use eventsource_core::prelude::*;

#[event]
pub enum Happening {
    #[event(name = "opened", version = 2, from = Begun)]
    Opened { owner: String },
}

fn main() {}
