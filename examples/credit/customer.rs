//! A customer, with a limit to what may be open at once.

use std::collections::BTreeMap;

use eventsource_core::prelude::*;

#[derive(Id, Copy)]
pub struct CustomerId(pub u64);

#[derive(Id, Copy)]
pub struct OrderId(pub u64);

#[event(name = "customer.limited")]
pub struct Limited {
    pub limit: u64,
}

#[event(name = "customer.reserved")]
pub struct Reserved {
    #[tag]
    pub order: OrderId,
    pub total: u64,
}

#[event(name = "customer.released")]
pub struct Released {
    pub order: OrderId,
    pub total: u64,
}

#[derive(Debug, PartialEq, thiserror::Error)]
pub enum CustomerError {
    #[error("only {available} of the limit is left")]
    LimitReached { available: u64 },
    #[error("nothing is reserved for this order")]
    NotReserved,
}

#[aggregate(
    name = "customer", id = CustomerId, error = CustomerError,
    events(Limited, Reserved, Released), commands(SetLimit, Reserve, Release), snapshot(every = 50),
)]
#[derive(Default, Clone)]
pub struct Customer {
    limit: u64,
    reserved: BTreeMap<OrderId, u64>,
}

impl Customer {
    pub fn in_use(&self) -> u64 {
        self.reserved.values().sum()
    }
}

#[apply]
impl Customer {
    fn limited(&mut self, event: &Limited) {
        self.limit = event.limit;
    }
    fn reserved(&mut self, event: &Reserved) {
        self.reserved.insert(event.order, event.total);
    }
    fn released(&mut self, event: &Released) {
        self.reserved.remove(&event.order);
    }
}

#[handle]
impl Customer {
    #[command]
    pub fn set_limit(&self, limit: u64) -> Limited {
        Limited { limit }
    }

    #[command]
    pub fn reserve(&self, order: OrderId, total: u64) -> Result<Reserved, CustomerError> {
        let available = self.limit.saturating_sub(self.in_use());
        ensure!(
            total <= available,
            CustomerError::LimitReached { available }
        );
        Ok(Reserved { order, total })
    }

    #[command]
    pub fn release(&self, order: OrderId) -> Result<Released, CustomerError> {
        let total = self.reserved.get(&order).copied();
        let total = total.ok_or(CustomerError::NotReserved)?;
        Ok(Released { order, total })
    }
}
