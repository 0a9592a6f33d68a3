//! Customers and orders: an order is approved if its customer has credit left, and the credit is there again when it is
//! cancelled. Once as a process between the two, and once as one decision across both.
//!
//! Sixteen tasks place a thousand orders each. At no moment is more reserved than a customer's limit, and in the end each
//! order is approved or rejected.

mod approval;
mod customer;
mod order;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use eventsource_core::prelude::*;
use eventsource_core::{BoxError, DecideError, Dispatcher, LogScan, Query, Snapshots};
use eventsource_sqlite::SqliteStore;

use approval::*;
use customer::*;
use order::*;

/// The most that was ever reserved for each customer, from everything that happened.
pub async fn most_reserved(store: &impl Store) -> Result<BTreeMap<String, u64>, BoxError> {
    let scan = LogScan::default().matching(Query::types([Reserved::NAME, Released::NAME]));
    let (mut now, mut most) = (BTreeMap::<_, u64>::new(), BTreeMap::<_, u64>::new());
    for event in store.read_all(scan).await? {
        let customer = event.stream.id().to_owned();
        let reserved = now.entry(customer.clone()).or_default();
        match &*event.name {
            Reserved::NAME => *reserved += event.decode_as::<Reserved>()?.total,
            _ => *reserved -= event.decode_as::<Released>()?.total,
        }
        let most = most.entry(customer).or_default();
        *most = (*most).max(*reserved);
    }
    Ok(most)
}

const TASKS: u64 = 16;
const ORDERS: u64 = 1_000;
const CUSTOMERS: u64 = 8;
const LIMIT: u64 = 10_000;

/// What the order of this number is.
fn order(number: u64) -> Placed {
    Placed {
        order: OrderId(number),
        customer: CustomerId(number % CUSTOMERS),
        total: number % 17 + 1,
    }
}

async fn report(what: &str, store: &SqliteStore, begin: Instant) -> Result<(), BoxError> {
    let time = begin.elapsed();
    let (mut approved, mut rejected) = (0, 0);
    let scan = LogScan::default().matching(Query::types([Approved::NAME, Rejected::NAME]));
    for event in store.read_all(scan).await? {
        match &*event.name {
            Approved::NAME => approved += 1,
            _ => rejected += 1,
        }
    }
    println!("{what}: {approved} approved, {rejected} rejected in {time:?}");
    let most = most_reserved(store).await?;
    println!(
        "the most that was reserved, with a limit of {LIMIT}: {:?}",
        most.values()
    );
    Ok(())
}

async fn open(folder: &tempfile::TempDir, name: &str) -> Result<SqliteStore, BoxError> {
    let store = SqliteStore::open(folder.path().join(name)).await?;
    let customers = Repository::<Customer, _>::new(store.clone());
    for id in 0..CUSTOMERS {
        customers
            .execute(&CustomerId(id), SetLimit { limit: LIMIT })
            .await?;
    }
    Ok(store)
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let folder = tempfile::tempdir()?;

    let store = open(&folder, "process.db").await?;
    let begin = Instant::now();
    let customers = Repository::<Customer, _>::new(store.clone()).cache(1_000);
    let orders = Repository::<Order, _>::new(store.clone()).cache(1_000);
    let dispatcher = Dispatcher::new().with(customers).with(orders);
    let runner = store.process::<Approval>().dispatcher(dispatcher);
    let handle = runner.handle();
    let running = tokio::spawn(runner.run());
    let placing: Vec<_> = (0..TASKS)
        .map(|task| {
            let orders = Repository::<Order, _>::new(store.clone());
            tokio::spawn(async move {
                for number in task * ORDERS..(task + 1) * ORDERS {
                    let Placed {
                        order,
                        customer,
                        total,
                    } = order(number);
                    orders
                        .execute(
                            &order,
                            Place {
                                order,
                                customer,
                                total,
                            },
                        )
                        .await?;
                }
                Ok::<_, BoxError>(())
            })
        })
        .collect();
    for task in placing {
        task.await??;
    }
    // Until nothing comes of anything any more.
    let mut head = None;
    while head != Some(store.head().await?) {
        head = Some(store.head().await?);
        handle.wait_for(None, Duration::from_secs(300)).await?;
    }
    handle.stop();
    running.await??;
    report("as a process", &store, begin).await?;

    let store = open(&folder, "at-once.db").await?;
    let begin = Instant::now();
    let placing: Vec<_> = (0..TASKS)
        .map(|task| {
            let orders = Repository::<Order, _>::new(store.clone());
            let customers = Repository::<Customer, _>::new(store.clone());
            let customers = customers.snapshots(Snapshots::declared());
            tokio::spawn(async move {
                for number in task * ORDERS..(task + 1) * ORDERS {
                    let placed = order(number);
                    // Where others are faster at each attempt, it is tried once more.
                    while let Err(error) = place_at_once(&orders, &customers, placed.clone()).await
                    {
                        let DecideError::Contended { .. } = error else {
                            return Err(error.into());
                        };
                    }
                }
                Ok::<_, BoxError>(())
            })
        })
        .collect();
    for task in placing {
        task.await??;
    }
    report("as one decision", &store, begin).await
}
