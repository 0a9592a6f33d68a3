//! Processes on JetStream: they come to the same as in memory, also when several programs run them; and a reactor beside them.

#[path = "../../tests/processes/bank.rs"]
mod bank;
mod server;
#[path = "../../tests/processes/together.rs"]
mod together;
#[path = "../../tests/processes/transfers.rs"]
mod transfers;

use bank::{Bank, busy, outcome};
use eventsource_core::MemoryStore;
use eventsource_core::prelude::*;

#[tokio::test(flavor = "multi_thread")]
async fn servers_come_to_the_same_as_the_memory() {
    let in_memory = busy(MemoryStore::new()).await;
    in_memory.play().await;
    let on_servers = busy(server::fresh(1).await).await;
    on_servers.play().await;
    let expected = outcome(&in_memory.store).await;
    assert_eq!(outcome(&on_servers.store).await, expected);
    for name in ["transfer/steps", "transfer/commands"] {
        on_servers.store.set_back(name, 1).await.unwrap();
    }
    on_servers.settle().await;
    assert_eq!(outcome(&on_servers.store).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_run_it_at_once() {
    let place = server::place(3);
    let _deleted = server::Deleted(place.clone());
    let mut banks = Vec::new();
    for _ in 0..2 {
        banks.push(Bank::on(server::open(&place).await));
    }
    together::run_by_all(banks).await;
}
