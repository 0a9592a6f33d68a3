//! The approval of an order, twice: as a process, which asks the customer and tells the order what came of it; and as one
//! decision across both.

use std::convert::Infallible;

use eventsource_core::prelude::*;
use eventsource_core::{DecideError, Decided, Declined, MultiStreamStore};

use crate::customer::*;
use crate::order::*;

#[event(name = "approval.asked")]
pub struct Asked {
    pub order: OrderId,
    pub customer: CustomerId,
}

#[event(name = "approval.given")]
pub struct Given;

#[event(name = "approval.withdrawn")]
pub struct Withdrawn;

#[aggregate(
    name = "approval", id = OrderId, error = Infallible,
    events(Asked, Given, Withdrawn), commands(), snapshot(every = 2),
)]
#[derive(Default)]
pub struct Approval {
    asked: Option<Asked>,
    given: bool,
    withdrawn: bool,
}

#[apply]
impl Approval {
    fn asked(&mut self, event: &Asked) {
        self.asked = Some(event.clone());
    }
    fn given(&mut self, _: &Given) {
        self.given = true;
    }
    fn withdrawn(&mut self, _: &Withdrawn) {
        self.withdrawn = true;
    }
}

#[process(tag = "order", from = start)]
impl Approval {
    fn placed(event: &Recorded<Placed>) -> Next<Self> {
        let Placed {
            order,
            customer,
            total,
        } = event.event;
        Next::record(Asked { order, customer })
            .command::<Customer>(customer, Reserve { order, total })
    }

    fn reserved(&self, event: &Recorded<Reserved>) -> Next<Self> {
        match self.withdrawn {
            // Cancelled meanwhile.
            true => self.release(),
            false => Next::record(Given).command::<Order>(event.event.order, Approve),
        }
    }

    fn reserve_refused(&self, refused: &Refused<Reserve>) -> Next<Self> {
        let reason = refused.reason.clone();
        match self.withdrawn {
            true => Next::nothing().end(),
            false => Next::nothing()
                .command::<Order>(refused.command.order, Reject { reason })
                .end(),
        }
    }

    fn cancelled(&self, _: &Recorded<Cancelled>) -> Next<Self> {
        match self.given {
            true => self.release(),
            // The customer has not answered yet.
            false => Next::record(Withdrawn),
        }
    }
}

impl Approval {
    fn release(&self) -> Next<Self> {
        match &self.asked {
            Some(Asked { order, customer }) => Next::nothing()
                .command::<Customer>(*customer, Release { order: *order })
                .end(),
            None => Next::nothing().end(),
        }
    }
}

/// The same at once: the customer's decision and the order's are stored together.
pub async fn place_at_once<S: MultiStreamStore>(
    orders: &Repository<Order, S>,
    customers: &Repository<Customer, S>,
    placed: Placed,
) -> Result<Decided, DecideError<WrongState>> {
    let Placed {
        order,
        customer,
        total,
    } = placed;
    let decision = orders.store().decide(
        (orders.at(&order), customers.at(&customer)),
        |(placing, reserving)| {
            placing.execute(Place {
                order,
                customer,
                total,
            })?;
            match reserving.execute(Reserve { order, total }) {
                Ok(()) => placing.execute(Approve),
                Err(declined) => {
                    let reason = match declined {
                        Declined::Refused(refusal) => refusal.to_string(),
                        _ => "the customer cannot be asked".to_owned(),
                    };
                    placing.execute(Reject { reason })
                }
            }
        },
    );
    decision.await
}
