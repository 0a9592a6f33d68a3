use eventsource_core::prelude::*;

#[command(nme = "open")]
pub struct Open;

fn main() {}
