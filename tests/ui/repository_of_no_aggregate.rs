use eventsource_core::prelude::*;

pub struct Plain;

pub fn open(store: eventsource_core::MemoryStore) -> Repository<Plain, eventsource_core::MemoryStore> {
    Repository::new(store)
}

fn main() {}
