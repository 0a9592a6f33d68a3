use eventsource_core::prelude::*;

pub struct Plain;

#[timer]
pub struct Overdue {
    of: Plain,
}

fn main() {}
