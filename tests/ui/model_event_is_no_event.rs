use eventsource_core::prelude::*;

#[event]
pub struct Defined {
    #[tag]
    pub course: u32,
}

#[event]
pub struct Enrolled {
    #[tag]
    pub course: u32,
    #[tag]
    pub student: u32,
}

pub struct Plain;

#[decision_model(events(Defined, Enrolled, Plain))]
pub struct Seats {
    #[tag]
    course: u32,
    taken: u32,
}

#[apply]
impl Seats {
    fn defined(&mut self, _: &Defined) {}

    fn enrolled(&mut self, _: &Enrolled) {
        self.taken += 1;
    }
}

#[apply]
impl Seats {
    fn plain(&mut self, _: &Plain) {}
}

fn main() {}
