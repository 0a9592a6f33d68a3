use eventsource_core::prelude::*;

#[event(name = "opened")]
pub struct Opened<'a> {
//                ^^
    pub owner: &'a str,
//  ^^^^^^^^^^^^^^^^^^
}

fn main() {}
