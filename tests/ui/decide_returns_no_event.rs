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

#[decision_model(events(Defined, Enrolled))]
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

async fn decide(store: eventsource_core::MemoryStore) {
    let _ = store.decide(Seats::of(1), |seats| seats.taken).await;
}

fn main() {}
