use eventsource_core::prelude::*;

#[timer(version = 2)]
pub struct Overdue;

fn main() {}
