use eventsource_core::prelude::*;

#[command(version = "2")]
pub struct Open;

fn main() {}
