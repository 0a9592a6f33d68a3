//! Instant payments: reserve the money, screen the payment, submit it to the network, then settle it, or give the money back.
//! All within ten seconds; after that it is called back, and either that or the network's acceptance holds, never both.
//!
//! The process asks and waits; who answers is outside: here a screener and a network, as reactors. Whoever is killed when, a
//! payment comes to one end, and the money of both accounts is what it should be.

mod account;
mod outside;
mod payment;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use eventsource_core::prelude::*;
use eventsource_core::{BoxError, LogScan, Query};
use eventsource_sqlite::SqliteStore;

use account::*;
use outside::*;
use payment::*;

/// Finds every payment clean.
struct Screener(SqliteStore);

#[reactor(name = "screener", from = start)]
impl Screener {
    async fn asked(&self, event: &Recorded<ScreeningAsked>) -> Result<(), BoxError> {
        let payment = event.event.payment;
        let screenings = Repository::<Screening, _>::new(self.0.clone());
        let answer = AnswerScreening {
            payment,
            is_clean: true,
        };
        screenings.execute(&payment, answer).await?;
        Ok(())
    }
}

/// Accepts every payment.
struct Network(SqliteStore);

#[reactor(name = "network", from = start)]
impl Network {
    async fn submitted(&self, event: &Recorded<Submitted>) -> Result<(), BoxError> {
        let payment = event.event.payment;
        let clearings = Repository::<Clearing, _>::new(self.0.clone());
        clearings.execute(&payment, Accept { payment }).await?;
        Ok(())
    }
}

/// When each payment was ordered, and when it was settled.
async fn times(store: &SqliteStore) -> Result<Vec<Duration>, BoxError> {
    let scan = LogScan::default().matching(Query::types([Ordered::NAME, Settled::NAME]));
    let mut ordered = BTreeMap::new();
    let mut times = Vec::new();
    for event in store.read_all(scan).await? {
        let (payment, at) = (event.stream.id().to_owned(), event.recorded_at.as_micros());
        if &*event.name == Ordered::NAME {
            ordered.insert(payment, at);
        } else if let Some(begin) = ordered.get(&payment) {
            times.push(Duration::from_micros(u64::try_from(at - begin)?));
        }
    }
    times.sort_unstable();
    Ok(times)
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    const PAYMENTS: u64 = 500;
    const ACCOUNTS: u64 = 20;
    let folder = tempfile::tempdir()?;
    let store = SqliteStore::open(folder.path().join("payments.db")).await?;
    let accounts = Repository::<Account, _>::new(store.clone());
    for id in 0..ACCOUNTS {
        let credit = Credit {
            payment: None,
            amount: 1_000,
        };
        accounts.execute(&AccountId(id), credit).await?;
    }

    let process = store.process::<Payment>();
    let screener = store.react(Screener(store.clone()));
    let network = store.react(Network(store.clone()));
    let (handle, screening, clearing) = (process.handle(), screener.handle(), network.handle());
    let running = (
        tokio::spawn(process.run()),
        tokio::spawn(screener.run()),
        tokio::spawn(network.run()),
    );

    let orders = Repository::<Orders, _>::new(store.clone());
    let begin = Instant::now();
    for number in 0..PAYMENTS {
        let payment = PaymentId(number);
        let (from, to) = (
            AccountId(number % ACCOUNTS),
            AccountId((number * 7 + 1) % ACCOUNTS),
        );
        orders
            .execute(
                &payment,
                Order {
                    payment,
                    from,
                    to,
                    amount: 10,
                },
            )
            .await?;
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let times = loop {
        let times = times(&store).await?;
        if times.len() as u64 == PAYMENTS || begin.elapsed() > Duration::from_secs(60) {
            break times;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    handle.wait_for(None, LIMIT).await?;

    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    println!(
        "{} of {PAYMENTS} payments settled in {:?}",
        times.len(),
        begin.elapsed()
    );
    println!(
        "from order to settlement: p50 {:?}, p99 {:?}",
        at(50),
        at(99)
    );
    let mut sum = 0;
    for id in 0..ACCOUNTS {
        sum += accounts.load(&AccountId(id)).await?.available;
    }
    println!("in all accounts: {sum} of {}", ACCOUNTS * 1_000);

    handle.stop();
    screening.stop();
    clearing.stop();
    running.0.await??;
    running.1.await??;
    running.2.await??;
    Ok(())
}
