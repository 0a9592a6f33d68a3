use eventsource_core::prelude::*;

#[command(stream = "enrolment/{course}")]
pub struct Enrol {
    pub course: u32,
}

fn main() {}
