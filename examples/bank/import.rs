//! The import: every line of the files becomes a command, many accounts at a time, and each account in order.
//!
//! One thread reads, and hands each line to the worker of its account through a short queue: so memory stays flat,
//! and an account's lines stay in order. The transaction's id is the command's idempotency key: an import that was
//! killed is simply started again.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, BufRead, Write};
use std::mem;

use eventsource_core::prelude::*;
use eventsource_core::{ExecuteError, Executed, LoadError};
use indicatif::ProgressBar;
use tokio::sync::mpsc;
use tokio::task::{self, JoinError, JoinSet};

use crate::account::{Account, AccountError, AccountEvent, AccountId};
use crate::berka::{Lines, Malformed, Opening, Record, Transaction, Unreadable};
use crate::check::Day;
use crate::summary::Summary;

/// As many commands wait for one commit of the store, at the most.
const WORKERS: usize = 256;
/// As many lines wait for one worker.
const WAITING: usize = 16;

/// A file to import.
pub struct Source {
    pub name: String,
    pub file: Box<dyn BufRead + Send>,
}

/// Why an import was broken off. Started again, it goes on where it was.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("{name}: {problem}")]
    Unreadable { name: String, problem: Unreadable },
    #[error(transparent)]
    Execute(#[from] Box<ExecuteError<AccountError>>),
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    Task(#[from] JoinError),
}

/// A line on its way to its worker.
enum Job {
    Open(u64, Opening),
    Book(u64, Transaction),
}

/// Imports the openings, then the transactions; tells on stderr, line by line, what was left out.
pub async fn import<S: Store>(
    accounts: &Repository<Account, S>,
    openings: Option<Source>,
    transactions: Source,
    bar: &ProgressBar,
) -> Result<Summary, ImportError> {
    let mut workers = JoinSet::new();
    let mut queues = Vec::with_capacity(WORKERS);
    for _ in 0..WORKERS {
        let (queue, jobs) = mpsc::channel(WAITING);
        queues.push(queue);
        workers.spawn(Worker::new(accounts.clone(), bar.clone()).run(jobs));
    }
    let reader = Reader {
        queues,
        bar: bar.clone(),
        summary: Summary::default(),
    };
    let mut summary = task::spawn_blocking(|| reader.run(openings, transactions)).await??;
    while let Some(part) = workers.join_next().await {
        summary.add(part??);
    }
    Ok(summary)
}

/// Reads the files, and hands out their lines.
struct Reader {
    queues: Vec<mpsc::Sender<Job>>,
    bar: ProgressBar,
    summary: Summary,
}

impl Reader {
    fn run(
        mut self,
        openings: Option<Source>,
        transactions: Source,
    ) -> Result<Summary, ImportError> {
        if let Some(source) = openings {
            let job = |line, opening: Opening| (opening.account, Job::Open(line, opening));
            self.file(source, job, |summary, _| summary.accounts.malformed += 1)?;
        }
        let job = |line, booked: Transaction| (booked.account, Job::Book(line, booked));
        self.file(transactions, job, |summary, malformed| {
            summary.transactions.malformed += 1;
            match malformed.account {
                Some(account) => summary.leave_out(account, malformed.line),
                None => summary.anonymous += 1,
            }
        })?;
        Ok(self.summary)
    }

    /// Hands out the lines of a file, and tells those that are malformed.
    fn file<T: Record>(
        &mut self,
        source: Source,
        job: fn(u64, T) -> (AccountId, Job),
        left_out: fn(&mut Summary, &Malformed),
    ) -> Result<(), ImportError> {
        let Source { name, file } = source;
        let unreadable = |problem| ImportError::Unreadable {
            name: name.clone(),
            problem,
        };
        let mut lines = Lines::of::<T>(file).map_err(unreadable)?;
        while let Some(line) = lines.next().map_err(|error| unreadable(error.into()))? {
            match line {
                (number, Ok(record)) => {
                    let (account, job) = job(number, record);
                    // A worker that is gone has failed, and its own error will say why.
                    if self.queue(account).blocking_send(job).is_err() {
                        break;
                    }
                }
                (_, Err(problem)) => {
                    tell(&self.bar, format_args!("{name}, {problem}"));
                    left_out(&mut self.summary, &problem);
                }
            }
        }
        Ok(())
    }

    fn queue(&self, AccountId(account): AccountId) -> &mpsc::Sender<Job> {
        let workers = self.queues.len() as u64;
        &self.queues[usize::try_from(account % workers).unwrap_or_default()]
    }
}

/// Executes the commands of some accounts, one after the other.
struct Worker<S> {
    accounts: Repository<Account, S>,
    /// The day at which each account is.
    days: HashMap<AccountId, Day>,
    bar: ProgressBar,
    summary: Summary,
}

impl<S: Store> Worker<S> {
    fn new(accounts: Repository<Account, S>, bar: ProgressBar) -> Self {
        Self {
            accounts,
            days: HashMap::new(),
            bar,
            summary: Summary::default(),
        }
    }

    async fn run(mut self, mut jobs: mpsc::Receiver<Job>) -> Result<Summary, ImportError> {
        while let Some(job) = jobs.recv().await {
            match job {
                Job::Open(line, opening) => self.open(line, &opening).await?,
                Job::Book(line, transaction) => self.book(line, &transaction).await?,
            }
        }
        for (account, day) in mem::take(&mut self.days) {
            self.check(account, &day).await?;
        }
        Ok(self.summary)
    }

    /// Needs no key: an account can be opened once only.
    async fn open(&mut self, line: u64, opening: &Opening) -> Result<(), ImportError> {
        match self
            .accounts
            .execute(&opening.account, opening.command())
            .await
        {
            Ok(opened) => {
                self.summary.accounts.new += 1;
                self.summary.events += opened.events.len();
            }
            Err(ExecuteError::AlreadyExists { .. }) => self.summary.accounts.there += 1,
            Err(error) => {
                let (id, reason) = (opening.account, refusal(error)?);
                tell(
                    &self.bar,
                    format_args!("line {line}, account {id}: {reason}"),
                );
                self.summary.accounts.refused += 1;
            }
        }
        Ok(())
    }

    async fn book(&mut self, line: u64, transaction: &Transaction) -> Result<(), ImportError> {
        let account = transaction.account;
        let mut booked = self.execute(transaction).await;
        if let Err(ExecuteError::NotFound { .. }) = booked {
            // No ACCOUNT file told of it, so its first transaction opens it.
            let date = transaction.date;
            self.open(line, &Opening { account, date }).await?;
            booked = self.execute(transaction).await;
        }
        match booked {
            Ok(booked) if booked.repeated => self.summary.transactions.there += 1,
            Ok(booked) => {
                self.summary.transactions.new += 1;
                self.summary.events += booked.events.len();
            }
            Err(error) => {
                let (id, reason) = (transaction.id, refusal(error)?);
                tell(
                    &self.bar,
                    format_args!("line {line}, transaction {id}: {reason}"),
                );
                self.summary.transactions.refused += 1;
                self.summary.leave_out(account, line);
            }
        }
        if let Some(day) = self.turn(transaction) {
            self.check(account, &day).await?;
        }
        Ok(())
    }

    async fn execute(
        &self,
        transaction: &Transaction,
    ) -> Result<Executed<AccountEvent>, ExecuteError<AccountError>> {
        self.accounts
            .execute(&transaction.account, transaction.command())
            .idempotency_key(transaction.id)
            .await
    }

    /// Notes the bank's balance, and gives back the account's day before, if this transaction ends it.
    fn turn(
        &mut self,
        &Transaction {
            account,
            date,
            balance,
            ..
        }: &Transaction,
    ) -> Option<Day> {
        let begin = || Day {
            date,
            recorded: Vec::new(),
        };
        let day = self.days.entry(account).or_insert_with(begin);
        let ended = (day.date != date).then(|| mem::replace(day, begin()));
        day.recorded.push(balance);
        ended
    }

    async fn check(&mut self, account: AccountId, day: &Day) -> Result<(), ImportError> {
        self.summary.days += 1;
        if let Some(difference) = day.difference(&self.accounts, &account).await? {
            self.summary.differing_days += 1;
            self.summary
                .differences
                .entry(account)
                .or_insert(difference);
        }
        Ok(())
    }
}

/// Why the bank refuses a line; any other error ends the import.
fn refusal(error: ExecuteError<AccountError>) -> Result<String, ImportError> {
    match error {
        ExecuteError::Refused(_) | ExecuteError::KeyReused { .. } => Ok(error.to_string()),
        error => Err(Box::new(error).into()),
    }
}

/// Writes a line to stderr, above the progress bar. There is nobody to tell if that fails.
fn tell(bar: &ProgressBar, message: fmt::Arguments<'_>) {
    bar.suspend(|| drop(writeln!(io::stderr(), "{message}")));
}
