//! Customers and orders: no limit is ever exceeded, each order comes to an end, and what is delivered twice counts once.

#[path = "../examples/credit/approval.rs"]
mod approval;
#[path = "../examples/credit/customer.rs"]
mod customer;
#[path = "processes/failing_store.rs"]
#[allow(dead_code, reason = "only a part is used here")]
mod failing_store;
#[path = "../examples/credit/order.rs"]
mod order;

use std::time::Duration;

use eventsource_core::prelude::*;
use eventsource_core::{
    DecideError, Ended, LogScan, MemoryStore, MultiStreamStore, ProcessRunner, Query, Snapshots,
    StoredEvent,
};
use failing_store::{FailingStore, Fault};

use approval::*;
use customer::*;
use order::*;

const TASKS: u64 = 16;
const ORDERS: u64 = 60;
const CUSTOMERS: u64 = 3;
const LIMIT: u64 = 1_000;

fn placed(number: u64) -> Placed {
    Placed {
        order: OrderId(number),
        customer: CustomerId(number % CUSTOMERS),
        total: number % 17 + 1,
    }
}

async fn opened() -> MemoryStore {
    let store = MemoryStore::new();
    let customers = Repository::<Customer, _>::new(store.clone());
    for id in 0..CUSTOMERS {
        let limit = SetLimit { limit: LIMIT };
        customers.execute(&CustomerId(id), limit).await.unwrap();
    }
    store
}

/// A runner that keeps a snapshot after each step.
fn process<S: CheckpointStore + MultiStreamStore + eventsource_core::SnapshotStore>(
    store: &S,
) -> ProcessRunner<Approval, S> {
    let approvals = Repository::new(store.clone()).snapshots(Snapshots::every(1));
    approvals.process()
}

/// That at no moment more was reserved than the limit, and that each order is approved or rejected; how many are approved.
async fn check(store: &MemoryStore) -> usize {
    let events = store.read_all(LogScan::default()).await.unwrap();
    for customer in 0..CUSTOMERS {
        let stream = format!("customer/{customer}");
        let mut reserved = 0;
        for event in events
            .iter()
            .filter(|event| event.stream.as_str() == stream)
        {
            match &*event.name {
                Reserved::NAME => reserved += event.decode_as::<Reserved>().unwrap().total,
                Released::NAME => reserved -= event.decode_as::<Released>().unwrap().total,
                _ => {}
            }
            assert!(reserved <= LIMIT, "{reserved} at {}", event.position);
        }
        assert!(reserved > LIMIT - 17, "only {reserved} was reserved");
    }
    let count = |name| events.iter().filter(|event| &*event.name == name).count();
    assert_eq!(
        count(Approved::NAME) + count(Rejected::NAME),
        count(Placed::NAME)
    );
    assert_eq!(count(Approved::NAME), count(Reserved::NAME));
    count(Approved::NAME)
}

async fn place(store: &MemoryStore, number: u64) {
    let Placed {
        order,
        customer,
        total,
    } = placed(number);
    let place = Place {
        order,
        customer,
        total,
    };
    let orders = Repository::<Order, _>::new(store.clone());
    orders.execute(&order, place).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_tasks_never_exceed_a_limit() {
    let store = opened().await;
    let runner = process(&store).slices(2);
    let handle = runner.handle();
    let running = tokio::spawn(runner.run());
    let placing: Vec<_> = (0..TASKS)
        .map(|task| {
            let store = store.clone();
            tokio::spawn(async move {
                for number in task * ORDERS..(task + 1) * ORDERS {
                    place(&store, number).await;
                }
            })
        })
        .collect();
    for task in placing {
        task.await.unwrap();
    }
    handle
        .wait_for(None, Duration::from_secs(60))
        .await
        .unwrap();
    handle.stop();
    running.await.unwrap().unwrap();
    assert_eq!(
        process(&store).slices(2).settle().await.unwrap(),
        Ended::CaughtUp
    );
    assert!(check(&store).await > 300);

    // Everything is delivered once more, and snapshots stand between.
    let all = |store: MemoryStore| async move { store.read_all(LogScan::default()).await.unwrap() };
    let before: Vec<StoredEvent> = all(store.clone()).await;
    for name in ["approval/steps", "approval/commands"] {
        store.set_back(name, 1).await.unwrap();
    }
    process(&store).slices(2).settle().await.unwrap();
    assert_eq!(all(store.clone()).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn as_one_decision_it_is_the_same() {
    let store = opened().await;
    let placing: Vec<_> = (0..TASKS)
        .map(|task| {
            let orders = Repository::<Order, _>::new(store.clone());
            let customers = Repository::<Customer, _>::new(store.clone());
            tokio::spawn(async move {
                for number in task * ORDERS..(task + 1) * ORDERS {
                    while let Err(error) = place_at_once(&orders, &customers, placed(number)).await
                    {
                        assert!(matches!(error, DecideError::Contended { .. }), "{error}");
                    }
                }
            })
        })
        .collect();
    for task in placing {
        task.await.unwrap();
    }
    assert!(check(&store).await > 300);
}

/// An order is cancelled, before its customer has answered and after it: what was reserved is there again.
#[tokio::test]
async fn what_is_cancelled_is_released_at_whichever_operation_the_program_is_killed() {
    for fault in [Fault::KilledBefore, Fault::KilledAfter] {
        for number in 1.. {
            let store = opened().await;
            let failing = FailingStore::at(store.clone(), number, fault);
            let orders = Repository::<Order, _>::new(store.clone());
            place(&store, 0).await;
            let approvals = Repository::<Approval, _>::new(failing.clone());
            let runner = approvals.process().lease(Duration::from_millis(30));
            tokio::select! {
                ended = runner.settle() => { ended.unwrap(); }
                () = failing.killed.notified() => {}
            }
            let order = OrderId(0);
            orders.execute(&order, Cancel { order }).await.unwrap();
            let again = process(&store).lease(Duration::from_millis(30));
            again.settle().await.unwrap();
            let customers = Repository::<Customer, _>::new(store.clone());
            let customer = customers.load(&CustomerId(0)).await.unwrap();
            assert_eq!(customer.in_use(), 0, "{fault:?} at operation {number}");
            let reserved =
                LogScan::default().matching(Query::types([Reserved::NAME, Released::NAME]));
            assert_eq!(store.read_all(reserved).await.unwrap().len(), 2);
            assert_eq!(orders.load(&order).await.unwrap().state, State::Cancelled);
            if !failing.has_failed() {
                assert!(number > 20);
                break;
            }
        }
    }
}

#[test]
fn an_approval_is_tested_without_a_store() {
    let (order, customer, total) = (OrderId(1), CustomerId(2), 3);
    let asked = || Asked { order, customer };
    Approval::given_events(())
        .when(Placed {
            order,
            customer,
            total,
        })
        .then(Next::record(asked()).command::<Customer>(customer, Reserve { order, total }));
    Approval::given_events(asked())
        .when(Cancelled { order })
        .then(Next::record(Withdrawn));
    Approval::given_events((asked(), Withdrawn))
        .when(Reserved { order, total })
        .then(
            Next::nothing()
                .command::<Customer>(customer, Release { order })
                .end(),
        );
    let reason = CustomerError::LimitReached { available: 0 }.to_string();
    Approval::given_events(asked())
        .when_refused::<Customer>(customer, Reserve { order, total }, &reason)
        .then(
            Next::nothing()
                .command::<Order>(order, Reject { reason })
                .end(),
        );
}
