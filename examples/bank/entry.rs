//! Entries: an account's events as the lines of its statement.

use crate::account::AccountEvent;
use crate::date::Date;
use crate::money::Money;

pub struct Entry {
    pub date: Date,
    pub what: &'static str,
    /// What it adds to the balance, or takes away.
    pub moved: Money,
}

impl From<&AccountEvent> for Entry {
    fn from(event: &AccountEvent) -> Self {
        let (date, what, moved) = match event {
            AccountEvent::Opened(event) => (event.on, "opened", Money::ZERO),
            AccountEvent::Deposited(event) => (event.on, "deposit", event.amount),
            AccountEvent::Withdrawn(event) => (event.on, "withdrawal", -event.amount),
            AccountEvent::InterestCredited(event) => (event.on, "interest", event.amount),
            AccountEvent::FeeCharged(event) => (event.on, "fee", -event.amount),
            AccountEvent::SanctionInterestCharged(event) => {
                (event.on, "sanction interest", -event.amount)
            }
            AccountEvent::Overdrawn(event) => (event.on, "overdrawn", Money::ZERO),
            AccountEvent::Closed(event) => (event.on, "closed", Money::ZERO),
        };
        Self { date, what, moved }
    }
}
