use eventsource_core::prelude::*;

#[event]
pub trait Opened {}

fn main() {}
