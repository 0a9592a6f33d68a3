//! The check: at the end of an account's day, our balance is one of those that the bank recorded on that day.
//!
//! Not the last one, as several rows of one day do not always come in the order in which they happened.

use eventsource_core::prelude::*;
use eventsource_core::{LoadError, Version};

use crate::account::{Account, AccountId};
use crate::date::Date;
use crate::money::Money;

/// The bank rounded to tenths, and so strays from the exact sum by a little.
const TOLERANCE: Money = Money::hundredths(100);

/// A day of an account: the balances that the bank recorded, and the version after our last event.
#[derive(Debug)]
pub struct Day {
    pub date: Date,
    pub recorded: Vec<Money>,
    pub version: Version,
}

/// A day at whose end our balance is none of the bank's.
#[derive(Debug)]
pub struct Difference {
    pub date: Date,
    pub ours: Money,
    pub recorded: Money,
}

impl Day {
    /// Compares the balance that the history gives for this day; `None` if it agrees.
    pub async fn difference<S: Store>(
        &self,
        accounts: &Repository<Account, S>,
        id: &AccountId,
    ) -> Result<Option<Difference>, LoadError> {
        let ours = match self.version {
            Version::NONE => Money::ZERO,
            version => accounts.load_at(id, AsOf::Version(version)).await?.balance,
        };
        let nearest = self
            .recorded
            .iter()
            .copied()
            .min_by_key(|recorded| recorded.distance(ours));
        let differs = nearest.filter(|recorded| recorded.distance(ours) > TOLERANCE);
        Ok(differs.map(|recorded| Difference {
            date: self.date,
            ours,
            recorded,
        }))
    }
}
