//! What is done and timed.

use std::ops::Range;
use std::time::{Duration, Instant};

use eventsource_core::prelude::*;
use eventsource_core::{BoundaryStore, LogScan, Position, Store};
use tokio::task::JoinSet;

use crate::Result;
use crate::account::{Account, Deposit, Deposited, Wealth};

/// How many events an account has, where the store is filled.
const SHORT: u64 = 10;
/// How many owners share the accounts.
const OWNERS: u64 = 100_000;

/// How many states are kept in memory: more than are at work.
const CACHED: usize = 10_000;

/// So many commands a second, each with a key, by so many tasks at once: the numbers are those of the events.
pub async fn commands<S: Store>(store: &S, tasks: u64, numbers: Range<u64>) -> Result<f64> {
    let accounts = Repository::<Account, _>::new(store.clone()).cache(CACHED);
    let (begin, count) = (Instant::now(), numbers.end - numbers.start);
    let mut running = JoinSet::new();
    for task in 0..tasks {
        let (accounts, numbers) = (accounts.clone(), numbers.clone());
        running.spawn(async move {
            // Tasks work on neighbouring events of different accounts.
            let accounts_of = |number: u64| number / SHORT / tasks * tasks + number % tasks;
            for number in numbers.filter(|number| number % tasks == task) {
                let owner = number % OWNERS;
                accounts
                    .execute(&accounts_of(number), Deposit { owner })
                    .idempotency_key(number)
                    .await?;
            }
            Ok::<_, crate::Failure>(())
        });
    }
    while let Some(ended) = running.join_next().await {
        ended??;
    }
    Ok(count as f64 / begin.elapsed().as_secs_f64())
}

/// The median time of one command by one task alone, on an account that is known.
pub async fn one_command<S: Store>(store: &S, key: &str) -> Result<Duration> {
    let accounts = Repository::<Account, _>::new(store.clone()).cache(1);
    let id = u64::MAX;
    median(200, async |number| {
        let command = accounts.execute(&id, Deposit { owner: number });
        command.idempotency_key(format!("{key} {number}")).await?;
        Ok(())
    })
    .await
}

/// The median time of a load of an account with ten events, anywhere among the first `events`.
pub async fn load<S: Store>(store: &S, events: u64) -> Result<Duration> {
    let accounts = Repository::<Account, _>::new(store.clone());
    let there = (events / SHORT).max(1);
    median(400, async |number| {
        let id = number.wrapping_mul(7_919) % there;
        accounts.find(&id).await?;
        Ok(())
    })
    .await
}

/// The median time of a load of one account, of any length.
pub async fn load_one<S: Store>(store: &S, id: u64) -> Result<Duration> {
    let accounts = Repository::<Account, _>::new(store.clone());
    median(15, async |_| {
        accounts.load(&id).await?;
        Ok(())
    })
    .await
}

/// The median time of a decision by tag: read, decide, append under a check of the boundary.
pub async fn decision<S: BoundaryStore>(store: &S) -> Result<Duration> {
    median(200, async |number| {
        let owner = OWNERS + number;
        let decide = move |wealth: &Wealth| {
            (wealth.deposits < 100).then_some(Deposited { amount: 1, owner })
        };
        store.decide(Wealth::of(owner), decide).await?;
        Ok(())
    })
    .await
}

/// The median time of reading a thousand events from the middle of the log.
pub async fn page<S: Store>(store: &S, events: u64) -> Result<Duration> {
    let scan = LogScan::after(Position(events / 2)).limit(1_000);
    median(15, async |_| {
        store.read_all(scan.clone()).await?;
        Ok(())
    })
    .await
}

/// Appends so many events to one account.
pub async fn lengthen<S: Store>(store: &S, id: u64, by: u64) -> Result<()> {
    let accounts = Repository::<Account, _>::new(store.clone()).cache(1);
    for _ in 0..by {
        accounts.execute(&id, Deposit { owner: 1 }).await?;
    }
    Ok(())
}

/// So many subscriptions follow while 16 tasks append so many events: the appends a second, and the time from the first
/// append until every subscription has given out every event.
pub async fn followed<S: Store>(
    store: &S,
    subscriptions: u64,
    events: u64,
) -> Result<(f64, Duration)> {
    let from = store.head().await?;
    let until = Position(from.0 + events);
    let mut readers = JoinSet::new();
    for _ in 0..subscriptions {
        let mut following = store.subscribe(from);
        readers.spawn(async move {
            while let Some(event) = following.next().await {
                if event?.position >= until {
                    break;
                }
            }
            Ok::<_, crate::Failure>(())
        });
    }
    let begin = Instant::now();
    let rate = commands(store, 16, from.0..from.0 + events).await?;
    while let Some(ended) = readers.join_next().await {
        ended??;
    }
    Ok((rate, begin.elapsed()))
}

async fn median(times: u64, work: impl AsyncFn(u64) -> Result<()>) -> Result<Duration> {
    let mut took = Vec::new();
    for number in 0..times {
        let begin = Instant::now();
        work(number).await?;
        took.push(begin.elapsed());
    }
    took.sort();
    Ok(took[took.len() / 2])
}
