use eventsource_core::prelude::*;

#[timer]
pub enum Overdue {
    Soon,
}

fn main() {}
