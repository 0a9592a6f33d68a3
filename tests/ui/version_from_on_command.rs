use eventsource_core::prelude::*;

#[command(from = Begin)]
pub struct Open;

fn main() {}
