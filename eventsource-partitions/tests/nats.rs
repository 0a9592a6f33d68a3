//! Partitions that are JetStream streams on three NATS servers: what one process has done another one goes on with.

mod counter;

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use eventsource_core::prelude::*;
use eventsource_core::{Ended, IdSource as _, RandomIds};
use eventsource_nats::NatsStore;
use eventsource_partitions::{OpenError, Partitions};

use counter::{Add, Added, Counter};

const LIMIT: Duration = Duration::from_secs(60);

async fn stores(name: &str, count: usize) -> Vec<NatsStore> {
    let servers = std::env::var("EVENTSOURCE_NATS_CLUSTER").expect(
        "EVENTSOURCE_NATS_CLUSTER names no servers; `scripts/test` starts some and runs the tests with them",
    );
    let mut stores = Vec::new();
    for number in 1..=count {
        let options = NatsStore::options().name(format!("{name}-{number}"));
        stores.push(options.open(&servers).await.expect("a store"));
    }
    stores
}

async fn close(partitions: Partitions<NatsStore>) {
    for store in partitions.stores() {
        store.clone().close().await;
    }
}

#[derive(Clone)]
struct Sum(Arc<AtomicU64>);

#[projection(name = "sum")]
impl Sum {
    async fn added(&self, event: &Recorded<Added>) {
        self.0.fetch_add(event.event.amount, Ordering::SeqCst);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn partitions_of_three_servers() {
    let name = format!("P{}", &RandomIds.fresh().simple().to_string()[..12]);
    let partitions = Partitions::open(stores(&name, 3).await).await;
    let partitions = partitions.expect("new stores");
    let counters = partitions.repository::<Counter>();

    let sum = Sum(Arc::default());
    let runners = partitions.runners(|store| store.project(sum.clone()));
    let handle = runners.handle();
    let running = tokio::spawn(runners.run());

    let mut tasks = Vec::new();
    for task in 0..24_u64 {
        let counters = counters.clone();
        tasks.push(tokio::spawn(async move {
            for round in 0..10_u64 {
                let id = task % 12;
                let add = counters.execute(&id, Add { amount: 1 });
                let key = format!("{task} {round}");
                add.idempotency_key(key).await.expect("it is added");
            }
        }));
    }
    for task in tasks {
        task.await.expect("no task fails");
    }
    handle.wait_for(None, LIMIT).await.expect("it is consumed");
    assert_eq!(sum.0.load(Ordering::SeqCst), 240);
    handle.stop();
    assert_eq!(
        running.await.expect("no panic").expect("no error"),
        Ended::Stopped
    );
    close(partitions).await;

    let partitions = Partitions::open(stores(&name, 3).await).await;
    let partitions = partitions.expect("the same stores");
    let counters = partitions.repository::<Counter>();
    let mut used = HashSet::new();
    for id in 0..12_u64 {
        assert_eq!(counters.load(&id).await.expect("it is there").sum, 20);
        used.insert(counters.of(&id).store().identity().id);
        let add = counters.execute(&id, Add { amount: 1 });
        let again = add.idempotency_key(format!("{id} 0")).await;
        assert!(again.expect("it was added").repeated);
    }
    assert_eq!(used.len(), 3);
    close(partitions).await;

    let refused = Partitions::open(stores(&name, 2).await).await;
    let refused = refused.expect_err("one is left out");
    assert!(
        matches!(refused, OpenError::OtherCount { of: 3, .. }),
        "{refused}"
    );
}
