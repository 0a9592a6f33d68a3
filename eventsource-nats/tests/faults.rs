//! Races, kills and followers with several processes, on three servers.

mod server;

use eventsource_nats::NatsStore;

async fn open(place: String) -> NatsStore {
    server::open(&place).await
}

fn fresh_place(_: &str) -> String {
    server::place(3)
}

eventsource_faults::fault_tests!(open, fresh_place);
