//! An account. What is reserved for a payment can be spent no more, and is not gone yet.

use std::collections::BTreeMap;

use eventsource_core::prelude::*;

#[derive(Id, Copy)]
pub struct AccountId(pub u64);

#[derive(Id, Copy)]
pub struct PaymentId(pub u64);

#[event(name = "account.credited")]
pub struct Credited {
    pub payment: Option<PaymentId>,
    pub amount: u64,
}

#[event(name = "account.reserved")]
pub struct Reserved {
    #[tag]
    pub payment: PaymentId,
    pub amount: u64,
}

#[event(name = "account.debited")]
pub struct Debited {
    pub payment: PaymentId,
}

#[event(name = "account.released")]
pub struct Released {
    pub payment: PaymentId,
}

#[derive(Debug, PartialEq, thiserror::Error)]
pub enum AccountError {
    #[error("only {available} is available")]
    Insufficient { available: u64 },
    #[error("nothing is reserved for this payment")]
    NotReserved,
}

#[aggregate(
    name = "account", id = AccountId, error = AccountError,
    events(Credited, Reserved, Debited, Released), commands(Credit, Reserve, Debit, Release),
)]
#[derive(Default)]
pub struct Account {
    pub available: u64,
    pub reserved: BTreeMap<PaymentId, u64>,
}

#[apply]
impl Account {
    fn credited(&mut self, event: &Credited) {
        self.available += event.amount;
    }
    fn reserved(&mut self, event: &Reserved) {
        self.available -= event.amount;
        self.reserved.insert(event.payment, event.amount);
    }
    fn debited(&mut self, event: &Debited) {
        self.reserved.remove(&event.payment);
    }
    fn released(&mut self, event: &Released) {
        self.available += self.reserved.remove(&event.payment).unwrap_or_default();
    }
}

#[handle]
impl Account {
    #[command]
    pub fn credit(&self, payment: Option<PaymentId>, amount: u64) -> Credited {
        Credited { payment, amount }
    }

    #[command]
    pub fn reserve(&self, payment: PaymentId, amount: u64) -> Result<Reserved, AccountError> {
        let available = self.available;
        ensure!(
            amount <= available,
            AccountError::Insufficient { available }
        );
        Ok(Reserved { payment, amount })
    }

    #[command]
    pub fn debit(&self, payment: PaymentId) -> Result<Debited, AccountError> {
        ensure!(
            self.reserved.contains_key(&payment),
            AccountError::NotReserved
        );
        Ok(Debited { payment })
    }

    #[command]
    pub fn release(&self, payment: PaymentId) -> Result<Released, AccountError> {
        ensure!(
            self.reserved.contains_key(&payment),
            AccountError::NotReserved
        );
        Ok(Released { payment })
    }
}
