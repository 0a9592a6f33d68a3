//! What is measured: each operation prepares its accounts in every system, and runs once for a sample.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Instant;

use tokio::task::JoinSet;
use uuid::Uuid;

use crate::system::{Failure, Result, System};

/// How many events a command posts when accounts are filled.
const CHUNK: usize = 1_000;
/// How many events an account has before commands are measured on it.
const SHORT: usize = 10;

/// An operation, with the size that it has in this run.
#[derive(Clone, Copy)]
pub enum Operation {
    /// Loads one account with so many events.
    Load { events: usize },
    /// So many tasks at once execute commands on accounts with about ten events, each of which appends one.
    Command { tasks: usize, accounts: usize },
}

/// As another process is told of it.
impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Load { events } => write!(f, "load {events}"),
            Self::Command { tasks, accounts } => write!(f, "commands {tasks} {accounts}"),
        }
    }
}

impl FromStr for Operation {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self> {
        let words: Vec<&str> = text.split(' ').collect();
        Ok(match words[..] {
            ["load", events] => Self::Load {
                events: events.parse()?,
            },
            ["commands", tasks, accounts] => Self::Command {
                tasks: tasks.parse()?,
                accounts: accounts.parse()?,
            },
            _ => return Err(format!("`{text}` is no operation").into()),
        })
    }
}

impl Operation {
    /// What it is called on the command line.
    pub fn part(self) -> &'static str {
        match self {
            Self::Load { .. } => "load",
            Self::Command { .. } => "commands",
        }
    }

    /// What stands above its column.
    pub fn title(self) -> String {
        match self {
            Self::Load { events } => format!("load of {events} events, events/s"),
            Self::Command { tasks: 1, .. } => "commands/s, 1 task".into(),
            Self::Command { tasks, .. } => format!("commands/s, {tasks} tasks"),
        }
    }

    /// How many samples a round takes: short operations need more of them.
    pub fn samples(self) -> usize {
        match self {
            Self::Load { .. } => 3,
            Self::Command { .. } => 1,
        }
    }

    /// Makes the accounts that it needs.
    pub async fn prepare(self, system: &Arc<dyn System>) -> Result<()> {
        match self {
            Self::Load { events } => fill(&**system, self.account(0), events).await,
            Self::Command { accounts, .. } => {
                // One after the other: disintegrate does not show what was just committed while others are appending.
                for_each(system, accounts, 1, move |system, number| async move {
                    fill(&*system, self.account(number), SHORT).await
                })
                .await
            }
        }
    }

    /// Runs once, and gives how many events or commands were done in a second. `round` counts from 0, so that the
    /// balances can be checked.
    pub async fn sample(self, system: &Arc<dyn System>, round: usize) -> Result<f64> {
        match self {
            Self::Load { events } => {
                let (system, account) = (Arc::clone(system), self.account(0));
                // In a task, as in a server: a runtime's `block_on` has a thread of its own.
                let (took, balance) = tokio::spawn(async move {
                    let begin = Instant::now();
                    let balance = system.balance(account).await?;
                    Ok::<_, Failure>((begin.elapsed(), balance))
                })
                .await??;
                check(balance, balance_of(events))?;
                Ok(events as f64 / took.as_secs_f64())
            }
            Self::Command { tasks, accounts } => {
                let begin = Instant::now();
                for_each(system, accounts, tasks, move |system, number| async move {
                    system.post(self.account(number), &[1]).await
                })
                .await?;
                let took = begin.elapsed();
                let last = system.balance(self.account(accounts - 1)).await?;
                check(last, balance_of(SHORT) + round as i64 + 1)?;
                Ok(accounts as f64 / took.as_secs_f64())
            }
        }
    }

    /// An account of this operation's own.
    fn account(self, number: usize) -> Uuid {
        let name = format!("{} {number}", self.title());
        Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes())
    }
}

/// Does something with so many accounts in so many tasks at once, each with its share.
async fn for_each<F: Future<Output = Result<()>> + Send>(
    system: &Arc<dyn System>,
    accounts: usize,
    tasks: usize,
    work: impl Fn(Arc<dyn System>, usize) -> F + Copy + Send + 'static,
) -> Result<()> {
    let mut running = JoinSet::new();
    for first in 0..tasks {
        let system = Arc::clone(system);
        running.spawn(async move {
            for number in (first..accounts).step_by(tasks) {
                work(Arc::clone(&system), number).await?;
            }
            Ok(())
        });
    }
    while let Some(ended) = running.join_next().await {
        let ended: Result<()> = ended?;
        ended?;
    }
    Ok(())
}

/// Opens an account, and posts to it until it has so many events.
pub async fn fill(system: &dyn System, account: Uuid, events: usize) -> Result<()> {
    system.open(account, "the reader").await?;
    for chunk in amounts(events).chunks(CHUNK) {
        system.post(account, chunk).await?;
    }
    check(system.balance(account).await?, balance_of(events))
}

/// What is posted to an account with so many events, the opening included. The balance stays above zero.
fn amounts(events: usize) -> Vec<i64> {
    let amount = |number: i64| match number % 3 {
        0 => 10_000,
        1 => number % 9_000 + 1,
        _ => -5_000,
    };
    (1..events as i64)
        .map(|number| amount(number - 1))
        .collect()
}

pub fn balance_of(events: usize) -> i64 {
    amounts(events).iter().sum()
}

fn check(balance: i64, expected: i64) -> Result<()> {
    match balance == expected {
        true => Ok(()),
        false => Err(format!("the balance is {balance} and should be {expected}").into()),
    }
}
