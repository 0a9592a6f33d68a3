//! Customers with a limit, their orders, and the process that approves an order once credit is reserved for it.

use std::convert::Infallible;

use eventsource_core::prelude::*;
use eventsource_core::{DecideError, Decided, MultiStreamStore};

#[derive(Id, Copy)]
pub struct CustomerId(pub u32);

#[derive(Id, Copy)]
pub struct OrderId(pub u32);

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum CreditError {
    #[error("{left} are left of the customer's limit")]
    TooLittleCredit { left: u64 },
    #[error("the order is {0:?}")]
    NotNow(Stage),
}

#[event(name = "customer.limit-set")]
pub struct LimitSet {
    pub limit: u64,
}

#[event(name = "customer.credit-reserved")]
pub struct CreditReserved {
    #[tag]
    pub order: OrderId,
    pub amount: u64,
}

#[event(name = "customer.credit-released")]
pub struct CreditReleased {
    #[tag]
    pub order: OrderId,
    pub amount: u64,
}

/// A customer: what is reserved never exceeds the limit.
#[aggregate(
    name = "customer",
    id = CustomerId,
    error = CreditError,
    events(LimitSet, CreditReserved, CreditReleased),
    commands(SetLimit, Reserve, Release),
)]
#[derive(Default)]
pub struct Customer {
    pub limit: u64,
    pub reserved: u64,
}

#[handle]
impl Customer {
    #[command]
    pub fn set_limit(&self, limit: u64) -> LimitSet {
        LimitSet { limit }
    }

    #[command]
    pub fn reserve(&self, order: OrderId, amount: u64) -> Result<CreditReserved, CreditError> {
        let left = self.limit - self.reserved;
        ensure!(amount <= left, CreditError::TooLittleCredit { left });
        Ok(CreditReserved { order, amount })
    }

    #[command]
    pub fn release(&self, order: OrderId, amount: u64) -> CreditReleased {
        CreditReleased { order, amount }
    }
}

#[apply]
impl Customer {
    fn limit_set(&mut self, event: &LimitSet) {
        self.limit = event.limit;
    }

    fn reserved(&mut self, event: &CreditReserved) {
        self.reserved += event.amount;
    }

    fn released(&mut self, event: &CreditReleased) {
        self.reserved -= event.amount;
    }
}

#[event(name = "order.placed")]
pub struct Placed {
    #[tag]
    pub order: OrderId,
    pub customer: CustomerId,
    pub amount: u64,
}

#[event(name = "order.approved")]
pub struct Approved;

#[event(name = "order.rejected")]
pub struct Rejected {
    pub reason: String,
}

#[event(name = "order.cancelled")]
pub struct Cancelled {
    #[tag]
    pub order: OrderId,
}

#[value]
#[derive(Default, Copy, Eq, PartialOrd, Ord)]
pub enum Stage {
    #[default]
    New,
    Pending,
    Approved,
    Rejected,
    Cancelled,
}

#[aggregate(
    name = "order",
    id = OrderId,
    error = CreditError,
    events(Placed, Approved, Rejected, Cancelled),
    commands(Place, Approve, Reject, Cancel),
)]
#[derive(Default)]
pub struct Order {
    pub stage: Stage,
}

impl Order {
    fn must_be(&self, stages: &[Stage]) -> Result<(), CreditError> {
        ensure!(
            stages.contains(&self.stage),
            CreditError::NotNow(self.stage)
        );
        Ok(())
    }
}

#[handle]
impl Order {
    #[command]
    pub fn place(
        &self,
        order: OrderId,
        customer: CustomerId,
        amount: u64,
    ) -> Result<Placed, CreditError> {
        self.must_be(&[Stage::New])?;
        Ok(Placed {
            order,
            customer,
            amount,
        })
    }

    #[command]
    pub fn approve(&self) -> Result<Approved, CreditError> {
        self.must_be(&[Stage::Pending])?;
        Ok(Approved)
    }

    #[command]
    pub fn reject(&self, reason: String) -> Result<Option<Rejected>, CreditError> {
        self.must_be(&[Stage::Pending, Stage::Cancelled])?;
        // Of a cancelled order there is nothing to say any more.
        Ok((self.stage == Stage::Pending).then_some(Rejected { reason }))
    }

    #[command]
    pub fn cancel(&self, order: OrderId) -> Result<Cancelled, CreditError> {
        self.must_be(&[Stage::Pending, Stage::Approved])?;
        Ok(Cancelled { order })
    }
}

#[apply]
impl Order {
    fn placed(&mut self, _: &Placed) {
        self.stage = Stage::Pending;
    }

    fn approved(&mut self, _: &Approved) {
        self.stage = Stage::Approved;
    }

    fn rejected(&mut self, _: &Rejected) {
        self.stage = Stage::Rejected;
    }

    fn cancelled(&mut self, _: &Cancelled) {
        self.stage = Stage::Cancelled;
    }
}

#[event(name = "checkout.begun")]
pub struct Begun {
    pub customer: CustomerId,
    pub amount: u64,
}

#[event(name = "checkout.reserved")]
pub struct Reserved;

#[event(name = "checkout.given-up")]
pub struct GivenUp;

/// What the process knows of an order: made of its own events, as any aggregate is.
#[aggregate(name = "checkout", id = OrderId, error = Infallible, events(Begun, Reserved, GivenUp), commands(), snapshot(every = 2))]
#[derive(Default, Clone)]
pub struct Checkout {
    owed: Option<(CustomerId, u64)>,
    reserved: bool,
    given_up: bool,
}

#[apply]
impl Checkout {
    fn begun(&mut self, event: &Begun) {
        self.owed = Some((event.customer, event.amount));
    }

    fn reserved(&mut self, _: &Reserved) {
        self.reserved = true;
    }

    fn given_up(&mut self, _: &GivenUp) {
        self.given_up = true;
    }
}

/// Reserves credit for an order, and then approves it; rejects it if there is none; and releases what is reserved for an order
/// that is cancelled, whichever comes first.
#[process(tag = "order", from = start)]
impl Checkout {
    fn placed(&self, it: &Recorded<Placed>) -> Next<Self> {
        let Placed {
            order,
            customer,
            amount,
        } = it.event;
        Next::record(Begun { customer, amount })
            .command::<Customer>(customer, Reserve { order, amount })
    }

    fn credit_reserved(&self, it: &Recorded<CreditReserved>) -> Next<Self> {
        match self.given_up {
            true => self.release(it.event.order),
            false => Next::record(Reserved).command::<Order>(it.event.order, Approve),
        }
    }

    fn reserve_refused(&self, refused: &Refused<Reserve>) -> Next<Self> {
        let reason = refused.reason.clone();
        Next::nothing()
            .command::<Order>(refused.command.order, Reject { reason })
            .end()
    }

    fn cancelled(&self, it: &Recorded<Cancelled>) -> Next<Self> {
        match self.reserved {
            true => self.release(it.event.order),
            false => Next::record(GivenUp),
        }
    }
}

impl Checkout {
    fn release(&self, order: OrderId) -> Next<Self> {
        match self.owed {
            Some((customer, amount)) => Next::nothing()
                .command::<Customer>(customer, Release { order, amount })
                .end(),
            None => Next::nothing(),
        }
    }
}

/// The same rule without a process: the order is placed and approved in one append with the reservation, or it is refused.
pub async fn buy<S: MultiStreamStore>(
    store: &S,
    order: OrderId,
    customer: CustomerId,
    amount: u64,
) -> Result<Decided, DecideError<CreditError>> {
    let orders = Repository::<Order, _>::new(store.clone());
    let customers = Repository::<Customer, _>::new(store.clone());
    let both = (customers.at(&customer), orders.at(&order));
    let decision = store.decide(both, |(buyer, order_of)| {
        buyer.execute(Reserve { order, amount })?;
        order_of.execute(Place {
            order,
            customer,
            amount,
        })?;
        order_of.execute(Approve)
    });
    decision.await
}
