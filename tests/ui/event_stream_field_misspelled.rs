use eventsource_core::prelude::*;

#[event(stream = "enrolment/{cours}")]
pub struct Enrolled {
    pub course: u32,
}

fn main() {}
