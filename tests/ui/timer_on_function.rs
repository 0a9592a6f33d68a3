use eventsource_core::prelude::*;

#[timer]
fn overdue() {}

fn main() {}
