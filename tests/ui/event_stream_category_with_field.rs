use eventsource_core::prelude::*;

#[event(stream = "{course}/enrolments")]
pub struct Enrolled {
    pub course: u32,
}

fn main() {}
