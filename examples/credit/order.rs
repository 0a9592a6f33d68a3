//! An order: pending until it is approved or rejected.

use eventsource_core::prelude::*;

use crate::customer::{CustomerId, OrderId};

#[event(name = "order.placed")]
pub struct Placed {
    #[tag]
    pub order: OrderId,
    pub customer: CustomerId,
    pub total: u64,
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

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("the order is {0:?}")]
pub struct WrongState(pub State);

#[value]
#[derive(Copy, Default)]
pub enum State {
    #[default]
    New,
    Pending,
    Approved,
    Rejected,
    Cancelled,
}

#[aggregate(
    name = "order", id = OrderId, error = WrongState,
    events(Placed, Approved, Rejected, Cancelled), commands(Place, Approve, Reject, Cancel),
)]
#[derive(Default, Clone)]
pub struct Order {
    pub state: State,
}

#[apply]
impl Order {
    fn placed(&mut self, _: &Placed) {
        self.state = State::Pending;
    }
    fn approved(&mut self, _: &Approved) {
        self.state = State::Approved;
    }
    fn rejected(&mut self, _: &Rejected) {
        self.state = State::Rejected;
    }
    fn cancelled(&mut self, _: &Cancelled) {
        self.state = State::Cancelled;
    }
}

#[handle]
impl Order {
    #[command]
    pub fn place(
        &self,
        order: OrderId,
        customer: CustomerId,
        total: u64,
    ) -> Result<Placed, WrongState> {
        ensure!(self.state == State::New, WrongState(self.state));
        Ok(Placed {
            order,
            customer,
            total,
        })
    }

    #[command]
    pub fn approve(&self) -> Result<Approved, WrongState> {
        ensure!(self.state == State::Pending, WrongState(self.state));
        Ok(Approved)
    }

    #[command]
    pub fn reject(&self, reason: String) -> Result<Rejected, WrongState> {
        ensure!(self.state == State::Pending, WrongState(self.state));
        Ok(Rejected { reason })
    }

    #[command]
    pub fn cancel(&self, order: OrderId) -> Result<Cancelled, WrongState> {
        let is_open = matches!(self.state, State::Pending | State::Approved);
        ensure!(is_open, WrongState(self.state));
        Ok(Cancelled { order })
    }
}
