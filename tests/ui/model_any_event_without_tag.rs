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

#[decision_model(any_event)]
pub struct Seats {
    taken: u32,
}

#[apply]
impl Seats {
    fn any(&mut self, _: &eventsource_core::StoredEvent) {
        self.taken += 1;
    }
}

fn main() {}
