//! Processes on PostgreSQL: they come to the same as in memory, also when several programs run them.

#[path = "../../tests/processes/bank.rs"]
mod bank;
mod scratch;
#[path = "../../tests/processes/together.rs"]
mod together;
#[path = "../../tests/processes/transfers.rs"]
mod transfers;

use bank::{Bank, busy, outcome};
use eventsource_core::MemoryStore;
use eventsource_core::prelude::*;
use scratch::Schema;

#[tokio::test]
async fn a_server_comes_to_the_same_as_the_memory() {
    let in_memory = busy(MemoryStore::new()).await;
    in_memory.play().await;
    let schema = Schema::fresh();
    let on_server = busy(scratch::open(schema.name()).await).await;
    on_server.play().await;
    let expected = outcome(&in_memory.store).await;
    assert_eq!(outcome(&on_server.store).await, expected);
    for name in ["transfer/steps", "transfer/commands"] {
        on_server.store.set_back(name, 1).await.unwrap();
    }
    on_server.settle().await;
    assert_eq!(outcome(&on_server.store).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_run_it_at_once() {
    let schema = Schema::fresh();
    let mut banks = Vec::new();
    for _ in 0..2 {
        banks.push(Bank::on(scratch::open(schema.name()).await));
    }
    together::run_by_all(banks).await;
}
