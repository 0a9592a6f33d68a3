use eventsource_core::prelude::*;

#[timer]
pub struct Overdue<T> {
    of: T,
}

fn main() {}
