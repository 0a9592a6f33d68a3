//! Inputs of one process from many streams at once: each step knows what those before it have recorded.

use std::convert::Infallible;

use eventsource_core::message::MessageSet as _;
use eventsource_core::prelude::*;
use eventsource_core::{Ended, MemoryStore, ProcessRunner};

#[event(name = "stall.sold")]
pub struct Sold {
    #[tag]
    pub fair: u64,
}

#[aggregate(name = "stall", id = u64, error = Infallible, events(Sold), commands(Sell))]
#[derive(Default)]
pub struct Stall;

#[apply]
impl Stall {
    fn sold(&mut self, _: &Sold) {}
}

#[handle]
impl Stall {
    #[command]
    pub fn sell(&self, fair: u64) -> Result<Sold, Infallible> {
        Ok(Sold { fair })
    }
}

#[event(name = "fair.counted")]
pub struct Counted {
    pub sales: u64,
}

/// Counts what all stalls of a fair sell.
#[aggregate(name = "fair", id = u64, error = Infallible, events(Counted), commands())]
#[derive(Default)]
pub struct Fair {
    sales: u64,
}

#[apply]
impl Fair {
    fn counted(&mut self, event: &Counted) {
        self.sales = event.sales;
    }
}

#[process(tag = "fair", from = start)]
impl Fair {
    fn sold(&self, _: &Recorded<Sold>) -> Next<Self> {
        Next::record(Counted {
            sales: self.sales + 1,
        })
    }
}

const STALLS: u64 = 40;
const SALES: u64 = 5;

#[tokio::test(flavor = "multi_thread")]
async fn each_step_knows_those_before_it() {
    let store = MemoryStore::new();
    let stalls = Repository::<Stall, _>::new(store.clone());
    for sale in 0..STALLS * SALES {
        stalls
            .execute(&(sale % STALLS), Sell { fair: 1 })
            .await
            .unwrap();
    }
    let runner = || -> ProcessRunner<Fair, _> { store.process().slices(8) };
    // The slices are tasks of one future: several runners, on several threads, share them.
    let running: Vec<_> = (0..3)
        .map(|_| {
            let runner = runner();
            (runner.handle(), tokio::spawn(runner.run()))
        })
        .collect();
    let limit = std::time::Duration::from_secs(60);
    running[0].0.wait_for(None, limit).await.unwrap();
    for (handle, running) in running {
        handle.stop();
        assert_eq!(running.await.unwrap().unwrap(), Ended::Stopped);
    }
    let fairs = Repository::<Fair, _>::new(store.clone());
    let counted = fairs.history(&1).await.unwrap();
    let counted: Vec<_> = counted
        .iter()
        .filter_map(|event| event.event.get::<Counted>())
        .map(|event| event.sales)
        .collect();
    assert_eq!(counted, (1..=STALLS * SALES).collect::<Vec<_>>());
}
