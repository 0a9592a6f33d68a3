use eventsource_core::prelude::*;

#[aggregate(id = u64, error = Refused, events(), commands())]
fn account() {}

fn main() {}
