use eventsource_core::prelude::*;

#[event(version = 1, of = Enrolled)]
pub struct EnrolledV1 {
    pub course: u32,
}

#[event(name = "enrolled", version = 2, from = EnrolledV1)]
pub struct Enrolled {
    #[tag]
    pub course: u32,
    pub waiting: bool,
}

impl From<EnrolledV1> for Enrolled {
    fn from(old: EnrolledV1) -> Self {
        Self { course: old.course, waiting: false }
    }
}

#[decision_model(events(Enrolled))]
pub struct Seats {
    #[tag]
    course: u32,
    taken: u32,
}

#[apply]
impl Seats {
    fn enrolled(&mut self, _: &Enrolled) {
        self.taken += 1;
    }
}

fn main() {}
