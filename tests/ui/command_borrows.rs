use eventsource_core::prelude::*;

#[command]
pub struct Open<'a> {
    pub owner: &'a str,
}

fn main() {}
