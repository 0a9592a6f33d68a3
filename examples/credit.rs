//! Orders that must not exceed their customer's limit, in two ways: by a process that reserves, approves, rejects and
//! releases, and by one decision about both. And transfers, of which some go to an account that is closed and come back.
//!
//! Sixteen tasks place orders for the same customers at once. `cargo run --release --example credit [ORDERS]`: how many each of
//! them places, a thousand unless given.

#[path = "credit/domain.rs"]
pub mod domain;
#[path = "credit/transfer.rs"]
pub mod transfer;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use domain::*;
use eventsource_core::prelude::*;
use eventsource_core::{BoxError, DecideError, LogScan, OnError, Snapshots};
use eventsource_sqlite::SqliteStore;

pub const TASKS: u32 = 16;
pub const CUSTOMERS: u32 = 20;

/// A limit that about two of three orders come to.
pub fn limit(each: u32) -> u64 {
    u64::from(each) * 12
}

pub async fn open(path: &std::path::Path, limit: u64) -> Result<SqliteStore, BoxError> {
    let store = SqliteStore::open(path).await?;
    let customers = Repository::<Customer, _>::new(store.clone());
    for id in 0..CUSTOMERS {
        customers
            .execute(&CustomerId(id), SetLimit { limit })
            .await?;
    }
    Ok(store)
}

/// Which customer an order is for, and how much it comes to.
fn wanted(order: u32) -> (CustomerId, u64) {
    (
        CustomerId(order * 7 % CUSTOMERS),
        u64::from(order * 31 % 50) + 1,
    )
}

/// Sixteen tasks place orders while the process runs; every ninth order is cancelled at some moment.
pub async fn by_process(store: &SqliteStore, each: u32) -> Result<(), BoxError> {
    let checkouts = Repository::<Checkout, _>::new(store.clone()).snapshots(Snapshots::declared());
    let runner = checkouts.process();
    let checkout = runner.handle();
    let running = tokio::spawn(runner.run());
    let clerks = (0..TASKS).map(|task| {
        let orders = Repository::<Order, _>::new(store.clone());
        tokio::spawn(async move {
            for id in (0..each).map(|number| number * TASKS + task) {
                let (order, (customer, amount)) = (OrderId(id), wanted(id));
                orders
                    .execute(
                        &order,
                        Place {
                            order,
                            customer,
                            amount,
                        },
                    )
                    .await?;
                if id % 9 == 0 {
                    tokio::time::sleep(Duration::from_millis(u64::from(id % 5))).await;
                    // It may be rejected already.
                    let cancelled = orders.execute(&order, Cancel { order }).await;
                    cancelled
                        .map(drop)
                        .or_else(|error| error.split().map(drop))?;
                }
            }
            Ok::<_, BoxError>(())
        })
    });
    for clerk in clerks.collect::<Vec<_>>() {
        clerk.await??;
    }
    let limit = Duration::from_secs(600);
    // A command's event is an input in its turn: until nothing comes any more.
    let mut head = None;
    while head != Some(store.head().await?) {
        head = Some(store.head().await?);
        checkout.wait_for(None, limit).await?;
    }
    checkout.stop();
    running.await??;
    Ok(())
}

/// Sixteen tasks buy for the same customers, each order decided at once; how many are approved, and how many refused.
pub async fn by_decision(store: &SqliteStore, each: u32) -> Result<(u32, u32), BoxError> {
    let clerks = (0..TASKS).map(|task| {
        let store = store.clone();
        tokio::spawn(async move {
            let (mut approved, mut refused) = (0, 0);
            for id in (0..each).map(|number| number * TASKS + task) {
                let (customer, amount) = wanted(id);
                match buy(&store, OrderId(id), customer, amount).await {
                    Ok(_) => approved += 1,
                    Err(DecideError::Refused(_)) => refused += 1,
                    Err(error) => return Err(error),
                }
            }
            Ok((approved, refused))
        })
    });
    let (mut approved, mut refused) = (0, 0);
    for clerk in clerks.collect::<Vec<_>>() {
        let (more_approved, more_refused) = clerk.await??;
        (approved, refused) = (approved + more_approved, refused + more_refused);
    }
    Ok((approved, refused))
}

/// Reads everything that happened: the stages in which the orders are, of whom each is found in as many events as it must be.
/// The error is the first moment at which a rule was broken.
pub async fn check(store: &SqliteStore, limit: u64) -> Result<BTreeMap<Stage, u32>, BoxError> {
    let (mut reserved, mut stages) = (BTreeMap::<_, u64>::new(), BTreeMap::new());
    let mut held = BTreeMap::new();
    for event in store.read_all(LogScan::default()).await? {
        let id = event.stream.id();
        match &*event.name {
            CreditReserved::NAME => {
                let CreditReserved { order, amount } = event.decode_as()?;
                *reserved.entry(id.to_owned()).or_default() += amount;
                if reserved[id] > limit {
                    return Err(format!(
                        "customer {id} owes {} at {}",
                        reserved[id], event.position
                    )
                    .into());
                }
                if held.insert(order, amount).is_some() {
                    return Err(
                        format!("order {order} has reserved twice at {}", event.position).into(),
                    );
                }
            }
            CreditReleased::NAME => {
                let CreditReleased { order, amount } = event.decode_as()?;
                *reserved.entry(id.to_owned()).or_default() -= amount;
                if held.remove(&order) != Some(amount) {
                    return Err(format!(
                        "order {order} has released what it has not at {}",
                        event.position
                    )
                    .into());
                }
            }
            Placed::NAME => drop(stages.insert(OrderId::parse(id)?, Stage::Pending)),
            Approved::NAME => drop(stages.insert(OrderId::parse(id)?, Stage::Approved)),
            Rejected::NAME => drop(stages.insert(OrderId::parse(id)?, Stage::Rejected)),
            Cancelled::NAME => drop(stages.insert(OrderId::parse(id)?, Stage::Cancelled)),
            _ => {}
        }
    }
    // Whoever is approved holds credit, and nobody else does.
    let mut counts = BTreeMap::new();
    for (order, stage) in stages {
        if held.contains_key(&order) != (stage == Stage::Approved) {
            return Err(
                format!("order {order} is {stage:?}, and what it holds is another matter").into(),
            );
        }
        *counts.entry(stage).or_default() += 1;
    }
    Ok(counts)
}

/// Delivers every event to the process once more; how many events have come of it, which should be none.
pub async fn deliver_again(store: &SqliteStore) -> Result<u64, BoxError> {
    let before = store.head().await?;
    for part in ["checkout/steps", "checkout/commands"] {
        store.set_back(part, 1).await?;
    }
    let checkouts = Repository::<Checkout, _>::new(store.clone()).snapshots(Snapshots::declared());
    checkouts
        .process()
        .on_error(OnError::stop())
        .settle()
        .await?;
    Ok(store.head().await?.0 - before.0)
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let each = match std::env::args().nth(1) {
        Some(each) => each
            .parse()
            .map_err(|_| format!("how many orders is `{each}`?"))?,
        None => 1000,
    };
    let folder = tempfile::tempdir()?;

    let store = open(&folder.path().join("process.db"), limit(each)).await?;
    let begin = Instant::now();
    by_process(&store, each).await?;
    println!(
        "by a process: {} orders in {:.1?}",
        TASKS * each,
        begin.elapsed()
    );
    println!(
        "  {:?}, no limit exceeded at any moment",
        check(&store, limit(each)).await?
    );
    println!(
        "  everything delivered once more: {} events come of it",
        deliver_again(&store).await?
    );
    store.close().await;

    let store = open(&folder.path().join("decision.db"), limit(each)).await?;
    let begin = Instant::now();
    let (approved, refused) = by_decision(&store, each).await?;
    println!(
        "by one decision about both: {} orders in {:.1?}",
        TASKS * each,
        begin.elapsed()
    );
    println!(
        "  {approved} approved, {refused} refused; {:?}, no limit exceeded",
        check(&store, limit(each)).await?
    );
    store.close().await;

    let store = SqliteStore::open(folder.path().join("transfers.db")).await?;
    let sent = transfer::send(&store, 300).await?;
    println!(
        "300 transfers: {} delivered, {:?} put back; {} on all accounts together",
        sent.delivered, sent.returned, sent.sum
    );
    store.close().await;
    Ok(())
}
