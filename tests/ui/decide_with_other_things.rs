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

async fn decide(store: eventsource_core::MemoryStore) {
    let _ = store.decide("seats", |_| Defined { course: 1 }).await;
}

fn main() {}
