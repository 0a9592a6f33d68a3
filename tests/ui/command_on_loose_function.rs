use eventsource_core::prelude::*;

#[command]
pub fn open() {}

fn main() {}
