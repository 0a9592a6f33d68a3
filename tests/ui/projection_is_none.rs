use eventsource_core::prelude::*;

#[event]
pub struct Opened;

#[event]
pub struct Closed;

pub struct Tx;

pub struct Balances;

pub struct Plain;

fn run(store: eventsource_core::MemoryStore) {
    let _ = store.project(Plain);
}

fn main() {}
