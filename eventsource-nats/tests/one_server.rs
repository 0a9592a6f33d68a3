//! A store on one server keeps every promise.

mod server;

use eventsource_nats::NatsStore;

async fn fresh() -> NatsStore {
    server::fresh(1).await
}

eventsource_conformance::boundary_store_tests!(fresh);
eventsource_conformance::checkpoint_store_tests!(fresh);
eventsource_conformance::snapshot_store_tests!(fresh);
