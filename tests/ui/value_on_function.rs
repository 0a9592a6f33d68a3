use eventsource_core::prelude::*;

#[value]
pub fn money() {}

fn main() {}
