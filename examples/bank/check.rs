//! The check: at the end of an account's day, our balance is one of those that the bank recorded on that day.
//!
//! Not the last one, as several rows of one day do not always come in the order in which they happened. Our balance is
//! folded by business dates, as a line that was malformed at first may have been booked late.

use eventsource_core::LoadError;
use eventsource_core::prelude::*;

use crate::account::{Account, AccountId};
use crate::date::Date;
use crate::entry::Entry;
use crate::money::Money;

/// The bank rounded to tenths, and so strays from the exact sum by a little.
const TOLERANCE: Money = Money::hundredths(100);

/// A day of an account, and the balances that the bank recorded on it.
#[derive(Debug)]
pub struct Day {
    pub date: Date,
    pub recorded: Vec<Money>,
}

/// A day at whose end our balance is none of the bank's.
#[derive(Debug)]
pub struct Difference {
    pub date: Date,
    pub ours: Money,
    pub recorded: Money,
}

impl Day {
    /// Compares the balance that the history gives for the end of this day; `None` if it agrees.
    pub async fn difference<S: Store>(
        &self,
        accounts: &Repository<Account, S>,
        id: &AccountId,
    ) -> Result<Option<Difference>, LoadError> {
        let date = self.date;
        let mut ours = Money::ZERO;
        for recorded in accounts.history(id).await? {
            let entry = Entry::from(&recorded.event);
            if entry.date <= date {
                ours += entry.moved;
            }
        }
        let apart = |recorded: &Money| recorded.distance(ours);
        let nearest = self.recorded.iter().copied().min_by_key(apart);
        let differs = nearest.filter(|recorded| apart(recorded) > TOLERANCE);
        Ok(differs.map(|recorded| Difference {
            date,
            ours,
            recorded,
        }))
    }
}
