#[path = "../counter/mod.rs"]
mod counter;

use eventsource_core::MemoryStore;
use eventsource_partitions::Partitions;

fn main() {}

async fn decide(partitions: Partitions<MemoryStore>) {
    let counters = partitions.repository::<counter::Counter>();
    let both = (counters.of(&1).at(&1), counters.of(&2).at(&2));
    let _ = partitions.decide(both, |_| Ok::<_, counter::TooMany>(())).await;
}
