//! A command's whole way: load or remember, decide, encode, append. In memory on one task, in nanoseconds a command; on
//! SQLite, durable, by several tasks at once. Sides run in turns; medians.
//!
//! `cargo bench --bench commands -- memory 1000000` executes so many commands in memory and ends, for a tool that counts
//! instructions or allocations (`scripts/count-allocations`).

use std::time::Instant;

use eventsource_core::prelude::*;
use eventsource_core::{MemoryStore, Store};
use tokio::runtime::{Builder, Runtime};

#[event(name = "account.deposited")]
pub struct Deposited {
    pub amount: u64,
}

#[event(name = "account.withdrawn")]
pub struct Withdrawn {
    pub amount: u64,
}

#[derive(Debug, thiserror::Error)]
#[error("only {balance} there")]
pub struct Insufficient {
    balance: u64,
}

#[aggregate(
    name = "account",
    id = u64,
    error = Insufficient,
    events(Deposited, Withdrawn),
    commands(Deposit, Withdraw),
)]
#[derive(Default, Clone)]
pub struct Account {
    balance: u64,
}

#[apply]
impl Account {
    fn deposited(&mut self, event: &Deposited) {
        self.balance += event.amount;
    }

    fn withdrawn(&mut self, event: &Withdrawn) {
        self.balance -= event.amount;
    }
}

#[handle]
impl Account {
    #[command]
    pub fn deposit(&self, amount: u64) -> Deposited {
        Deposited { amount }
    }

    #[command]
    pub fn withdraw(&self, amount: u64) -> Result<Withdrawn, Insufficient> {
        let balance = self.balance;
        ensure!(amount <= balance, Insufficient { balance });
        Ok(Withdrawn { amount })
    }
}

type Failed = Box<dyn std::error::Error>;

const ROUNDS: usize = 7;

fn main() -> Result<(), Failed> {
    let runtime = Builder::new_current_thread().build()?;
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some("memory") {
        let commands = arguments
            .next()
            .map_or(Ok(100_000), |count| count.parse())?;
        let accounts = Repository::<Account, _>::new(MemoryStore::new()).cache(10_000);
        return runtime.block_on(deposit(&accounts, commands));
    }
    println!("ns a command in memory, medians of {ROUNDS} rounds");
    for (name, cached) in [("known state", true), ("loaded, 10 events", false)] {
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            times.push(in_memory(&runtime, cached)?);
        }
        times.sort_by(f64::total_cmp);
        println!("{name:<30} {:>8.0}", times[ROUNDS / 2]);
    }
    Ok(())
}

/// Commands for 1,000 accounts in turn, ten for each before the clock starts.
fn in_memory(runtime: &Runtime, cached: bool) -> Result<f64, Failed> {
    const COMMANDS: u32 = 20_000;
    let accounts = Repository::<Account, _>::new(MemoryStore::new());
    let accounts = match cached {
        true => accounts.cache(10_000),
        false => accounts,
    };
    runtime.block_on(async {
        // Ten events each when half of the measured commands are done.
        deposit(&accounts, 1_000 * 5).await?;
        let (start, measured) = (Instant::now(), if cached { COMMANDS } else { 10_000 });
        deposit(&accounts, measured).await?;
        Ok(start.elapsed().as_secs_f64() * 1e9 / f64::from(measured))
    })
}

async fn deposit<S: Store>(accounts: &Repository<Account, S>, commands: u32) -> Result<(), Failed> {
    for number in 0..commands {
        let id = u64::from(number % 1_000);
        accounts.execute(&id, Deposit { amount: 1 }).await?;
    }
    Ok(())
}
