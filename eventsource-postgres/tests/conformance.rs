//! The store keeps every promise.

mod scratch;

use eventsource_postgres::PostgresStore;
use scratch::Schema;

/// The tests of the suite hold the store alone, so the schemas are dropped by a guard that lives as long as the process.
async fn fresh() -> PostgresStore {
    let schema = scratch::fresh_schema();
    DROPPED.with_borrow_mut(|dropped| dropped.push(Schema(schema.clone())));
    scratch::open(&schema).await
}

thread_local! {
    /// Each test of the suite runs on a thread of its own, which ends with the test.
    static DROPPED: std::cell::RefCell<Vec<Schema>> = const { std::cell::RefCell::new(Vec::new()) };
}

eventsource_conformance::boundary_store_tests!(fresh);
eventsource_conformance::snapshot_store_tests!(fresh);
eventsource_conformance::checkpoint_store_tests!(fresh);
