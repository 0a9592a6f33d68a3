use eventsource_core::{AnyStore, CheckpointStore, MemoryStore};

fn run(_: impl CheckpointStore) {}

fn main() {
    run(AnyStore::new(MemoryStore::new()));
}
