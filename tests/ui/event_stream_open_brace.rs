use eventsource_core::prelude::*;

#[event(stream = "enrolment/{course")]
pub struct Enrolled {
    pub course: u32,
}

fn main() {}
