//! An aggregate for tests.

use eventsource_core::prelude::*;

#[event(name = "counter.added")]
pub struct Added {
    pub amount: u64,
}

#[derive(Debug, thiserror::Error)]
#[error("at most 1000 at once")]
pub struct TooMany;

#[aggregate(name = "counter", id = u64, error = TooMany, events(Added), commands(Add))]
#[derive(Default, Clone)]
pub struct Counter {
    pub sum: u64,
}

#[apply]
impl Counter {
    fn added(&mut self, event: &Added) {
        self.sum += event.amount;
    }
}

#[handle]
impl Counter {
    #[command]
    pub fn add(&self, amount: u64) -> Result<Added, TooMany> {
        ensure!(amount <= 1_000, TooMany);
        Ok(Added { amount })
    }
}
