use eventsource_core::prelude::*;

#[event(stream = "enrolment/{courses}")]
pub struct Enrolled {
    pub courses: Vec<u32>,
}

fn main() {}
