//! What is measured: a system in this process, or in one of its own.

use std::sync::Arc;

use tokio::process::Command;
use tokio::sync::Mutex;

use crate::operation::Operation;
use crate::system::{Result, System};
use crate::worker::Worker;

pub struct Candidate {
    /// Its name in the table, and its version where it is a peer.
    pub name: String,
    place: Place,
}

enum Place {
    Here(Arc<dyn System>),
    Apart(Mutex<Worker>),
}

impl Candidate {
    pub fn here(name: &str, system: Arc<dyn System>) -> Self {
        Self {
            name: name.to_owned(),
            place: Place::Here(system),
        }
    }

    pub fn apart(name: &str, command: Command) -> Result<Self> {
        Ok(Self {
            name: name.to_owned(),
            place: Place::Apart(Mutex::new(Worker::start(command)?)),
        })
    }

    /// Makes the accounts that an operation needs.
    pub async fn prepare(&self, operation: Operation) -> Result<()> {
        let prepared = match &self.place {
            Place::Here(system) => operation.prepare(system).await,
            Place::Apart(worker) => worker.lock().await.prepare(operation).await,
        };
        prepared.map_err(|failure| format!("{}: {failure}", self.name).into())
    }

    /// Runs an operation once, and gives how many events or commands were done in a second.
    pub async fn sample(&self, operation: Operation, round: usize) -> Result<f64> {
        let rate = match &self.place {
            Place::Here(system) => operation.sample(system, round).await,
            Place::Apart(worker) => worker.lock().await.sample(operation, round).await,
        };
        rate.map_err(|failure| format!("{}: {failure}", self.name).into())
    }
}

/// The median rate of each candidate. Each round begins with another one, so that none always follows the same.
pub async fn measure(
    operation: Operation,
    candidates: &[Candidate],
    rounds: usize,
) -> Result<Vec<f64>> {
    eprintln!("{}", operation.title());
    let mut rates = vec![Vec::new(); candidates.len()];
    for round in 0..rounds {
        for turn in 0..candidates.len() {
            let number = (round + turn) % candidates.len();
            for _ in 0..operation.samples() {
                rates[number].push(candidates[number].sample(operation, round).await?);
            }
        }
    }
    Ok(rates.into_iter().map(median).collect())
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}
