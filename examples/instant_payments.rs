//! Instant payments: reserve, screen, submit, settle; or reverse, when somebody says no, or after ten seconds.
//!
//! First with virtual time, and a program that is killed after every event and started again: nothing is settled twice, and
//! no money is lost. Then in real time, with what a payment takes.
//! `cargo run --release --example instant_payments [PAYMENTS]`

#[path = "instant_payments/domain.rs"]
pub mod domain;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::*;
use eventsource_core::prelude::*;
use eventsource_core::{BoxError, Ended, LogScan, ManualClock, ReactionKey, Timestamp};
use eventsource_sqlite::SqliteStore;

const LEASE: Duration = Duration::from_millis(50);
const PAYERS: u32 = 10;
const FUNDS: Amount = 100_000_000;

/// Between two payments of a customer's, who are sixteen.
const PAUSE: Duration = Duration::from_millis(100);

/// The other bank: says yes, or no, or nothing, by what the amount ends in.
pub struct OtherBank(Repository<Transmission, SqliteStore>);

#[reactor(name = "other-bank", from = start)]
impl OtherBank {
    async fn submitted(&self, it: &Recorded<Submitted>, key: &ReactionKey) -> Result<(), BoxError> {
        let Submitted { payment, amount } = it.event;
        let key = key.to_string();
        let answered = match amount % 10 {
            9 => return Ok(()),
            7 => {
                self.0
                    .execute(&payment, Decline { payment })
                    .idempotency_key(key)
                    .await
            }
            _ => {
                self.0
                    .execute(&payment, Accept { payment })
                    .idempotency_key(key)
                    .await
            }
        };
        match answered {
            // It was revoked before.
            Err(error) => error.split().map(drop).map_err(Into::into),
            Ok(_) => Ok(()),
        }
    }
}

pub async fn open(path: &Path) -> Result<SqliteStore, BoxError> {
    let store = SqliteStore::open(path).await?;
    let accounts = Repository::<Account, _>::new(store.clone());
    for payer in 0..PAYERS {
        let credit = Credit { amount: FUNDS };
        accounts
            .execute(&AccountId(payer), credit)
            .idempotency_key("opening")
            .await?;
    }
    Ok(store)
}

pub async fn request(
    store: &SqliteStore,
    payment: PaymentId,
    amount: Amount,
) -> Result<(), BoxError> {
    let payer = AccountId(payment.0 % PAYERS);
    let requests = Repository::<PaymentRequest, _>::new(store.clone());
    requests
        .execute(
            &payment,
            Request {
                payment,
                payer,
                amount,
            },
        )
        .await?;
    Ok(())
}

/// Does everything that is due at a moment of virtual time, and what comes of it.
pub async fn settle(store: &SqliteStore, now: Timestamp) -> Result<(), BoxError> {
    let clock = Arc::new(ManualClock::at(now));
    let payments = Repository::<Payment, _>::new(store.clone()).clock(Arc::clone(&clock));
    let runner = payments.process().lease(LEASE);
    let mut head = None;
    while head != Some(store.head().await?) {
        head = Some(store.head().await?);
        runner.settle().await?;
        let bank = Repository::new(store.clone()).clock(Arc::clone(&clock));
        let answers = store.react(OtherBank(bank)).lease(LEASE);
        let ended = answers.catch_up().await?;
        assert_eq!(ended, Ended::CaughtUp);
    }
    Ok(())
}

/// How each payment ended: how often it was settled and how often reversed, and why. The error is money that is lost.
pub async fn outcomes(store: &SqliteStore) -> Result<BTreeMap<u32, Vec<String>>, BoxError> {
    let mut ends: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    let mut paid = 0;
    for event in store.read_all(LogScan::default()).await? {
        let mut ended = |how: String| -> Result<(), BoxError> {
            ends.entry(event.stream.id().parse()?)
                .or_default()
                .push(how);
            Ok(())
        };
        match &*event.name {
            Settled::NAME => {
                ended("settled".to_owned())?;
                let payment = PaymentId(event.stream.id().parse()?);
                let begun = Repository::<Payment, _>::new(store.clone())
                    .load(&payment)
                    .await?;
                paid += begun.amount();
            }
            Reversed::NAME => ended(format!(
                "reversed: {}",
                event.decode_as::<Reversed>()?.reason
            ))?,
            _ => {}
        }
    }
    let accounts = Repository::<Account, _>::new(store.clone());
    let mut left = 0;
    for payer in 0..PAYERS {
        let account = accounts.load(&AccountId(payer)).await?;
        if !account.held.is_empty() {
            return Err(format!("account {payer} still holds {:?}", account.held).into());
        }
        left += account.available;
    }
    if left + paid != FUNDS * Amount::from(PAYERS) {
        return Err(format!("{left} are left and {paid} were paid").into());
    }
    Ok(ends)
}

/// Has another program settle what is due, and kills it as soon as the log has grown, until it has nothing left to do.
/// Returns how often it was killed.
async fn settle_and_kill(
    place: &Path,
    store: &SqliteStore,
    now: Timestamp,
) -> Result<u32, BoxError> {
    let mut kills = 0;
    loop {
        let before = store.head().await?;
        let mut program = Command::new(std::env::current_exe()?)
            .args([
                "settle",
                &place.display().to_string(),
                &now.as_micros().to_string(),
            ])
            .spawn()?;
        let ended = loop {
            if let Some(ended) = program.try_wait()? {
                break Some(ended);
            }
            if store.head().await? != before {
                program.kill()?;
                program.wait()?;
                break None;
            }
            tokio::time::sleep(Duration::from_micros(200)).await;
        };
        match ended {
            None => kills += 1,
            Some(ended) if !ended.success() => return Err("the program has failed".into()),
            Some(_) if store.head().await? == before => return Ok(kills),
            Some(_) => {}
        }
    }
}

/// Payments that end in every way there is, by a program that is killed after every event.
async fn in_virtual_time(place: &Path) -> Result<(), BoxError> {
    let store = open(place).await?;
    let mut kills = 0;
    for (id, amount) in [100, 207, 309, LOOKED_AT, FUNDS + 1, 501]
        .into_iter()
        .enumerate()
    {
        request(&store, PaymentId(u32::try_from(id)?), amount).await?;
        kills += settle_and_kill(place, &store, Timestamp::default()).await?;
    }
    for seconds in [9, 10] {
        let now = Timestamp::default().saturating_add(Duration::from_secs(seconds));
        kills += settle_and_kill(place, &store, now).await?;
    }
    println!("six payments, by a program that was killed {kills} times:");
    for (payment, ends) in outcomes(&store).await? {
        println!("  {payment}: {}", ends.join(", "));
        if ends.len() != 1 {
            return Err(format!("payment {payment} ended {} times", ends.len()).into());
        }
    }
    store.close().await;
    Ok(())
}

/// As many payments as are asked for, by sixteen customers; how long each took from the request to the settlement.
pub async fn in_real_time(store: &SqliteStore, count: u32) -> Result<Vec<Duration>, BoxError> {
    const CUSTOMERS: u32 = 16;
    let process = store.process::<Payment>();
    let payments = process.handle();
    let process = tokio::spawn(process.run());
    let bank = store.react(OtherBank(Repository::new(store.clone())));
    let other_bank = bank.handle();
    let bank = tokio::spawn(bank.run());
    let customers = (0..CUSTOMERS).map(|task| {
        let store = store.clone();
        tokio::spawn(async move {
            for id in (task..count).step_by(CUSTOMERS as usize) {
                request(&store, PaymentId(id), 100).await?;
                tokio::time::sleep(PAUSE).await;
            }
            Ok::<_, BoxError>(())
        })
    });
    for customer in customers.collect::<Vec<_>>() {
        customer.await??;
    }
    let mut head = None;
    while head != Some(store.head().await?) {
        head = Some(store.head().await?);
        payments.wait_for(None, Duration::from_secs(600)).await?;
        other_bank.wait_for(None, Duration::from_secs(600)).await?;
    }
    payments.stop();
    other_bank.stop();
    process.await??;
    bank.await??;

    let (mut requested, mut took) = (BTreeMap::new(), Vec::new());
    for event in store.read_all(LogScan::default()).await? {
        let (id, at) = (event.stream.id().to_owned(), event.recorded_at.as_micros());
        match &*event.name {
            Requested::NAME => drop(requested.insert(id, at)),
            Settled::NAME => took.push(Duration::from_micros((at - requested[&id]).try_into()?)),
            _ => {}
        }
    }
    took.sort();
    Ok(took)
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [settle_it, place, now] = &arguments[..]
        && settle_it == "settle"
    {
        let store = SqliteStore::open(place).await?;
        settle(&store, Timestamp::from_micros(now.parse()?)).await?;
        store.close().await;
        return Ok(());
    }
    let count = match arguments.first() {
        Some(count) => count
            .parse()
            .map_err(|_| format!("how many payments is `{count}`?"))?,
        None => 1000,
    };
    let folder = tempfile::tempdir()?;
    in_virtual_time(&folder.path().join("virtual.db")).await?;

    let store = open(&folder.path().join("real.db")).await?;
    let begin = Instant::now();
    let took = in_real_time(&store, count).await?;
    let rate = f64::from(count) / begin.elapsed().as_secs_f64();
    println!(
        "{} of {count} payments settled, {rate:.0} a second",
        took.len()
    );
    println!(
        "  p50 {:.1?}, p99 {:.1?}",
        took[took.len() / 2],
        took[took.len() * 99 / 100]
    );
    let ends = outcomes(&store).await?;
    println!("  each once: {}", ends.values().all(|ends| ends.len() == 1));
    store.close().await;
    Ok(())
}
