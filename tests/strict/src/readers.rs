//! What reads events, and what acts on them, under the same lints: a decision model, projections, a reactor, a process.

use std::convert::Infallible;
use std::future::ready;
use std::time::Duration;

use es::prelude::*;

use crate::{Order, Placed, Refused as Refusal, Send};

/// How many orders there are.
#[decision_model(crate = es, events(Placed))]
#[derive(Default)]
pub struct Orders {
    count: u64,
}

#[apply(crate = es)]
impl Orders {
    fn placed(&mut self, _: &Placed) {
        self.count += 1;
    }
}

impl Orders {
    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }
}

/// What was sold, in memory.
#[derive(Debug, Default)]
pub struct Sold {
    count: u64,
}

#[projection(crate = es, name = "sold", version = 2)]
impl Sold {
    fn placed(&mut self, placed: &Recorded<Placed>) {
        self.count += u64::from(placed.event.count > 0);
    }

    #[cfg(feature = "returns")]
    fn returned(&mut self, _: &Recorded<crate::Returned>) {
        self.count = self.count.saturating_sub(1);
    }
}

impl Sold {
    /// How much.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }
}

/// An index that is kept elsewhere.
#[derive(Debug, Clone, Copy)]
pub struct Index;

#[projection(crate = es, name = "index")]
impl Index {
    async fn placed(&self, _: &Recorded<Placed>) -> Result<(), Infallible> {
        ready(Ok(())).await
    }
}

/// Letters to customers.
#[derive(Debug, Clone, Copy)]
pub struct Letters;

#[reactor(crate = es, name = "letters", from = start)]
impl Letters {
    async fn placed(&self, _: &Recorded<Placed>) -> Result<(), Infallible> {
        ready(Ok(())).await
    }
}

/// A delivery has begun.
#[event(crate = es, name = "delivery.begun")]
pub struct Begun;

/// It takes too long.
#[timer(crate = es, name = "late")]
#[derive(Eq)]
pub struct Late {
    /// How often it was so.
    pub times: u32,
}

/// A delivery, from the order on.
#[aggregate(crate = es, name = "delivery", id = String, error = Infallible, events(Begun), commands())]
#[derive(Default)]
pub struct Delivery {
    begun: bool,
}

#[apply(crate = es)]
impl Delivery {
    fn begun(&mut self, _: &Begun) {
        self.begun = true;
    }
}

#[process(crate = es)]
impl Delivery {
    #[key(placed.event.customer.clone())]
    fn placed(&self, placed: &Recorded<Placed>) -> Next<Self> {
        if self.begun {
            return Next::nothing();
        }
        let order = crate::OrderId::from(placed.event.customer.clone());
        Next::record(Begun)
            .command::<Order>(order, Send)
            .timer_after(Duration::from_secs(60), Late { times: 1 })
    }

    fn send_refused(&self, _: &Refused<Send>) -> Next<Self> {
        Next::nothing().end()
    }

    fn late(&self, late: &Late) -> Result<Next<Self>, Refusal> {
        ensure!(late.times < 3, Refusal);
        Ok(Next::nothing())
    }
}
