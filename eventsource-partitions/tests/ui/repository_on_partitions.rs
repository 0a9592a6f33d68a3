#[path = "../counter/mod.rs"]
mod counter;

use eventsource_core::prelude::*;
use eventsource_core::MemoryStore;
use eventsource_partitions::Partitions;

fn main() {}

async fn open(partitions: Partitions<MemoryStore>) {
    let counters = Repository::<counter::Counter, _>::new(partitions);
    let _ = counters;
}
