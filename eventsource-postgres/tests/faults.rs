//! Races, kills, stops and followers with several processes. `scripts/faults-postgres` runs their long forms.

mod server;

use std::time::Duration;

use eventsource_faults::{others_here, rounds, stop};
use eventsource_postgres::PostgresStore;

async fn open(place: String) -> PostgresStore {
    PostgresStore::open(&place).await.unwrap()
}

eventsource_faults::fault_tests!(open, server::shared_database);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g3_a_stopped_writer_delays_nobody_for_long() {
    let others = others_here!(server::shared_database("stop"));
    let store = open(others.place.clone()).await;
    let bound = Duration::from_secs(10);
    let stopped = stop::the_writer(&store, &others, rounds("STOP_ROUNDS", 20), bound).await;
    println!("{stopped}");
    store.close().await;
}
