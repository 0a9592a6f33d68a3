//! The store in memory keeps every promise.

use eventsource_core::MemoryStore;

async fn fresh() -> MemoryStore {
    MemoryStore::new()
}

eventsource_conformance::boundary_store_tests!(fresh);
eventsource_conformance::dense_positions_tests!(fresh);
