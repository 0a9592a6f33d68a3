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

#[decision_model(events(Defined))]
pub struct Seats<T> {
    #[tag]
    course: T,
}

fn main() {}
