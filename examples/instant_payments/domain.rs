//! A payer's account, the screening of a payment, its transmission to the other bank, and the process that leads a payment
//! through them: reserve, screen, submit, settle; or reverse, when one of them says no or ten seconds have gone by.

use std::convert::Infallible;
use std::time::Duration;

use eventsource_core::prelude::*;

/// In cents.
pub type Amount = u64;

/// From here on a payment is looked at by a person, and is no instant payment any more.
pub const LOOKED_AT: Amount = 1_000_000;

pub const DEADLINE: Duration = Duration::from_secs(10);

#[derive(Id, Copy)]
pub struct AccountId(pub u32);

#[derive(Id, Copy)]
pub struct PaymentId(pub u32);

#[derive(Debug, PartialEq, thiserror::Error)]
pub enum Problem {
    #[error("{available} are available")]
    Insufficient { available: Amount },
    #[error("nothing is held for payment {0}")]
    NotHeld(PaymentId),
    #[error("the other bank has answered already")]
    Answered,
    #[error("it is requested already")]
    RequestedAlready,
}

#[event(name = "account.credited")]
pub struct Credited {
    pub amount: Amount,
}

#[event(name = "account.held")]
pub struct Held {
    #[tag]
    pub payment: PaymentId,
    pub amount: Amount,
}

#[event(name = "account.captured")]
pub struct Captured {
    pub payment: PaymentId,
}

#[event(name = "account.released")]
pub struct Released {
    pub payment: PaymentId,
}

/// What is held is neither available nor gone.
#[aggregate(
    name = "account",
    id = AccountId,
    error = Problem,
    events(Credited, Held, Captured, Released),
    commands(Credit, Hold, Capture, Release),
)]
#[derive(Default)]
pub struct Account {
    pub available: Amount,
    pub held: Vec<(PaymentId, Amount)>,
}

impl Account {
    fn must_hold(&self, payment: PaymentId) -> Result<(), Problem> {
        ensure!(
            self.held.iter().any(|held| held.0 == payment),
            Problem::NotHeld(payment)
        );
        Ok(())
    }

    fn take(&mut self, payment: PaymentId) -> Amount {
        let (taken, held) = self
            .held
            .drain(..)
            .partition::<Vec<_>, _>(|held| held.0 == payment);
        self.held = held;
        taken.iter().map(|held| held.1).sum()
    }
}

#[handle]
impl Account {
    #[command]
    pub fn credit(&self, amount: Amount) -> Credited {
        Credited { amount }
    }

    #[command]
    pub fn hold(&self, payment: PaymentId, amount: Amount) -> Result<Held, Problem> {
        let available = self.available;
        ensure!(amount <= available, Problem::Insufficient { available });
        Ok(Held { payment, amount })
    }

    #[command]
    pub fn capture(&self, payment: PaymentId) -> Result<Captured, Problem> {
        self.must_hold(payment)?;
        Ok(Captured { payment })
    }

    #[command]
    pub fn release(&self, payment: PaymentId) -> Result<Released, Problem> {
        self.must_hold(payment)?;
        Ok(Released { payment })
    }
}

#[apply]
impl Account {
    fn credited(&mut self, event: &Credited) {
        self.available += event.amount;
    }

    fn held(&mut self, event: &Held) {
        self.available -= event.amount;
        self.held.push((event.payment, event.amount));
    }

    fn captured(&mut self, event: &Captured) {
        self.take(event.payment);
    }

    fn released(&mut self, event: &Released) {
        self.available += self.take(event.payment);
    }
}

#[event(name = "screening.cleared")]
pub struct Cleared {
    #[tag]
    pub payment: PaymentId,
}

#[event(name = "screening.flagged")]
pub struct Flagged {
    #[tag]
    pub payment: PaymentId,
}

#[aggregate(
    name = "screening",
    id = PaymentId,
    error = Infallible,
    events(Cleared, Flagged),
    commands(Screen),
)]
#[derive(Default)]
pub struct Screening;

#[handle]
impl Screening {
    #[command]
    pub fn screen(&self, payment: PaymentId, amount: Amount) -> ScreeningEvent {
        match amount < LOOKED_AT {
            true => Cleared { payment }.into(),
            false => Flagged { payment }.into(),
        }
    }
}

#[apply]
impl Screening {
    fn cleared(&mut self, _: &Cleared) {}
    fn flagged(&mut self, _: &Flagged) {}
}

#[event(name = "transmission.submitted")]
pub struct Submitted {
    #[tag]
    pub payment: PaymentId,
    pub amount: Amount,
}

#[event(name = "transmission.accepted")]
pub struct Accepted {
    #[tag]
    pub payment: PaymentId,
}

#[event(name = "transmission.declined")]
pub struct Declined {
    #[tag]
    pub payment: PaymentId,
}

#[event(name = "transmission.revoked")]
pub struct Revoked {
    #[tag]
    pub payment: PaymentId,
}

/// What was said between the two banks: the other one's answer, or our revocation, whichever comes first.
#[aggregate(
    name = "transmission",
    id = PaymentId,
    error = Problem,
    events(Submitted, Accepted, Declined, Revoked),
    commands(Submit, Accept, Decline, Revoke),
)]
#[derive(Default)]
pub struct Transmission {
    over: bool,
}

#[handle]
impl Transmission {
    #[command]
    pub fn submit(&self, payment: PaymentId, amount: Amount) -> Submitted {
        Submitted { payment, amount }
    }

    #[command]
    pub fn accept(&self, payment: PaymentId) -> Result<Accepted, Problem> {
        ensure!(!self.over, Problem::Answered);
        Ok(Accepted { payment })
    }

    #[command]
    pub fn decline(&self, payment: PaymentId) -> Result<Declined, Problem> {
        ensure!(!self.over, Problem::Answered);
        Ok(Declined { payment })
    }

    #[command]
    pub fn revoke(&self, payment: PaymentId) -> Result<Revoked, Problem> {
        ensure!(!self.over, Problem::Answered);
        Ok(Revoked { payment })
    }
}

#[apply]
impl Transmission {
    fn submitted(&mut self, _: &Submitted) {}

    fn accepted(&mut self, _: &Accepted) {
        self.over = true;
    }

    fn declined(&mut self, _: &Declined) {
        self.over = true;
    }

    fn revoked(&mut self, _: &Revoked) {
        self.over = true;
    }
}

#[event(name = "payment.requested")]
pub struct Requested {
    #[tag]
    pub payment: PaymentId,
    pub payer: AccountId,
    pub amount: Amount,
}

/// What a customer has asked for.
#[aggregate(name = "request", id = PaymentId, error = Problem, events(Requested), commands(Request))]
#[derive(Default)]
pub struct PaymentRequest {
    made: bool,
}

#[handle]
impl PaymentRequest {
    #[command]
    pub fn request(
        &self,
        payment: PaymentId,
        payer: AccountId,
        amount: Amount,
    ) -> Result<Requested, Problem> {
        ensure!(!self.made, Problem::RequestedAlready);
        Ok(Requested {
            payment,
            payer,
            amount,
        })
    }
}

#[apply]
impl PaymentRequest {
    fn requested(&mut self, _: &Requested) {
        self.made = true;
    }
}

#[event(name = "payment.begun")]
pub struct Begun {
    pub payer: AccountId,
    pub amount: Amount,
}

#[event(name = "payment.on-its-way")]
pub struct OnItsWay;

#[event(name = "payment.late")]
pub struct Late;

#[event(name = "payment.settled")]
pub struct Settled;

#[event(name = "payment.reversed")]
pub struct Reversed {
    pub reason: String,
}

#[timer]
pub struct Overdue {
    pub payment: PaymentId,
}

#[aggregate(
    name = "payment",
    id = PaymentId,
    error = Infallible,
    events(Begun, OnItsWay, Late, Settled, Reversed),
    commands(),
)]
#[derive(Default)]
pub struct Payment {
    begun: Option<Begun>,
    on_its_way: bool,
    late: bool,
}

#[apply]
impl Payment {
    fn begun(&mut self, event: &Begun) {
        self.begun = Some(event.clone());
    }

    fn on_its_way(&mut self, _: &OnItsWay) {
        self.on_its_way = true;
    }

    fn late(&mut self, _: &Late) {
        self.late = true;
    }

    fn settled(&mut self, _: &Settled) {}
    fn reversed(&mut self, _: &Reversed) {}
}

#[process(tag = "payment", from = start)]
impl Payment {
    fn requested(&self, it: &Recorded<Requested>) -> Next<Self> {
        let Requested {
            payment,
            payer,
            amount,
        } = it.event;
        Next::record(Begun { payer, amount })
            .command::<Account>(payer, Hold { payment, amount })
            .timer_after(DEADLINE, Overdue { payment })
    }

    fn held(&self, it: &Recorded<Held>) -> Next<Self> {
        let Held { payment, amount } = it.event;
        match self.late {
            true => self.reverse(payment, "too late"),
            false => Next::nothing().command::<Screening>(payment, Screen { payment, amount }),
        }
    }

    fn hold_refused(&self, refused: &Refused<Hold>) -> Next<Self> {
        let reason = refused.reason.clone();
        Next::record(Reversed { reason }).end()
    }

    fn cleared(&self, it: &Recorded<Cleared>) -> Next<Self> {
        let payment = it.event.payment;
        match &self.begun {
            Some(begun) if !self.late => {
                let amount = begun.amount;
                Next::record(OnItsWay).command::<Transmission>(payment, Submit { payment, amount })
            }
            _ => self.reverse(payment, "too late"),
        }
    }

    fn flagged(&self, it: &Recorded<Flagged>) -> Next<Self> {
        self.reverse(it.event.payment, "to be looked at")
    }

    fn accepted(&self, it: &Recorded<Accepted>) -> Next<Self> {
        let payment = it.event.payment;
        match &self.begun {
            Some(begun) => Next::record(Settled)
                .command::<Account>(begun.payer, Capture { payment })
                .end(),
            None => Next::nothing(),
        }
    }

    fn declined(&self, it: &Recorded<Declined>) -> Next<Self> {
        self.reverse(it.event.payment, "declined")
    }

    #[key(it.event.payment)]
    fn revoked(&self, it: &Recorded<Revoked>) -> Next<Self> {
        self.reverse(it.event.payment, "no answer")
    }

    /// What is on its way is revoked, unless it is answered meanwhile; nothing else is sent any more.
    fn overdue(&self, timer: &Overdue) -> Next<Self> {
        let payment = timer.payment;
        match self.on_its_way {
            true => Next::nothing().command::<Transmission>(payment, Revoke { payment }),
            false => Next::record(Late),
        }
    }
}

impl Payment {
    pub fn amount(&self) -> Amount {
        self.begun.as_ref().map_or(0, |begun| begun.amount)
    }

    fn reverse(&self, payment: PaymentId, reason: &str) -> Next<Self> {
        let reversed = Next::record(Reversed {
            reason: reason.into(),
        });
        match &self.begun {
            Some(begun) => reversed
                .command::<Account>(begun.payer, Release { payment })
                .end(),
            None => reversed.end(),
        }
    }
}
