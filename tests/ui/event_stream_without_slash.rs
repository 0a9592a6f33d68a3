use eventsource_core::prelude::*;

#[event(stream = "enrolments")]
pub struct Enrolled {
    pub course: u32,
}

fn main() {}
