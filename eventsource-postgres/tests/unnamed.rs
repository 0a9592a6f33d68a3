//! The store keeps every promise without named statements and without a session's settings, as it must behind pgbouncer.

mod scratch;

use eventsource_postgres::{PostgresStore, Statements};
use scratch::Schema;

async fn fresh() -> PostgresStore {
    let schema = scratch::fresh_schema();
    DROPPED.with_borrow_mut(|dropped| dropped.push(Schema(schema.clone())));
    let options = scratch::options(&schema).statements(Statements::Unnamed);
    options.open(&scratch::url()).await.expect("a store")
}

thread_local! {
    /// Each test of the suite runs on a thread of its own, which ends with the test.
    static DROPPED: std::cell::RefCell<Vec<Schema>> = const { std::cell::RefCell::new(Vec::new()) };
}

eventsource_conformance::boundary_store_tests!(fresh);
eventsource_conformance::snapshot_store_tests!(fresh);
