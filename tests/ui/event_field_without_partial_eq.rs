use eventsource_core::prelude::*;

#[value(without(PartialEq))]
pub struct Owner(String);

#[event]
pub struct Opened {
    pub owners: Vec<Owner>,
}

fn main() {}
