use eventsource_core::prelude::*;

#[derive(Debug)]
#[event]
pub struct Opened;

fn main() {}
