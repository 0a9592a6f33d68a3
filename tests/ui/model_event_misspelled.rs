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

#[decision_model(events(Defined, Enroled))]
pub struct Seats {
    #[tag]
    course: u32,
    taken: u32,
}

#[apply]
impl Seats {
    fn defined(&mut self, _: &Defined) {}
}

fn main() {}
