//! Two processes on one store, of three servers, keep every promise together.

mod server;

use eventsource_nats::NatsStore;
use server::Deleted;

async fn open(place: &str) -> NatsStore {
    server::open(place).await
}

async fn fresh() -> (String, Deleted) {
    let place = server::place(3);
    (place.clone(), Deleted(place))
}

eventsource_conformance::two_process_tests!(open: open, fresh: fresh);
