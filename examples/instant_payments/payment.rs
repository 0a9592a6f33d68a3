//! A payment: a process, whose events are its state.

use std::convert::Infallible;
use std::time::Duration;

use eventsource_core::prelude::*;

use crate::account::*;
use crate::outside::*;

#[event(name = "payment.begun")]
pub struct Begun {
    pub payment: PaymentId,
    pub from: AccountId,
    pub to: AccountId,
    pub amount: u64,
}

#[event(name = "payment.advanced")]
pub struct Advanced {
    pub to: Stage,
}

#[event(name = "payment.settled")]
pub struct Settled;

#[event(name = "payment.reversed")]
pub struct Reversed {
    pub reason: String,
}

/// How far a payment is.
#[value]
#[derive(Copy, Default)]
pub enum Stage {
    #[default]
    New,
    Reserving,
    Screening,
    Clearing,
    Recalling,
    Late,
    Settled,
    Reversed,
}

#[aggregate(
    name = "payment", id = PaymentId, error = Infallible,
    events(Begun, Advanced, Settled, Reversed), commands(),
)]
#[derive(Default)]
pub struct Payment {
    pub stage: Stage,
    details: Option<Begun>,
}

#[apply]
impl Payment {
    fn begun(&mut self, event: &Begun) {
        self.stage = Stage::Reserving;
        self.details = Some(event.clone());
    }
    fn advanced(&mut self, event: &Advanced) {
        self.stage = event.to;
    }
    fn settled(&mut self, _: &Settled) {
        self.stage = Stage::Settled;
    }
    fn reversed(&mut self, _: &Reversed) {
        self.stage = Stage::Reversed;
    }
}

/// The time is up.
#[timer(name = "payment.deadline")]
pub struct Deadline;

/// Within this time a payment is settled, or given back.
pub const LIMIT: Duration = Duration::from_secs(10);

const LATE: &str = "it was not settled in time";

#[process(tag = "payment", from = start)]
impl Payment {
    fn ordered(event: &Recorded<Ordered>) -> Next<Self> {
        let Ordered {
            payment,
            from,
            to,
            amount,
        } = event.event;
        Next::record(Begun {
            payment,
            from,
            to,
            amount,
        })
        .command::<Account>(from, Reserve { payment, amount })
        .timer_after(LIMIT, Deadline)
    }

    fn reserved(&self, event: &Recorded<Reserved>) -> Next<Self> {
        let payment = event.event.payment;
        match self.stage {
            Stage::Reserving => {
                advance(Stage::Screening).command::<Screening>(payment, Screen { payment })
            }
            Stage::Late => self.give_back(LATE),
            _ => Next::nothing(),
        }
    }

    fn reserve_refused(&self, refused: &Refused<Reserve>) -> Next<Self> {
        Next::record(Reversed {
            reason: refused.reason.clone(),
        })
        .end()
    }

    fn screened(&self, event: &Recorded<Screened>) -> Next<Self> {
        let Screened { payment, is_clean } = event.event;
        match self.stage {
            Stage::Screening if is_clean => {
                advance(Stage::Clearing).command::<Clearing>(payment, Submit { payment })
            }
            Stage::Screening => self.give_back("it does not pass the screening"),
            _ => Next::nothing(),
        }
    }

    fn accepted(&self, event: &Recorded<Accepted>) -> Next<Self> {
        let payment = event.event.payment;
        let Some(Begun {
            from, to, amount, ..
        }) = self.details
        else {
            return Next::nothing();
        };
        let credit = Credit {
            payment: Some(payment),
            amount,
        };
        Next::record(Settled)
            .command::<Account>(from, Debit { payment })
            .command::<Account>(to, credit)
            .end()
    }

    fn recalled(&self, _: &Recorded<Recalled>) -> Next<Self> {
        self.give_back(LATE)
    }

    /// Accepted in the last moment: that event settles it.
    fn recall_refused(&self, _: &Refused<Recall>) -> Next<Self> {
        Next::nothing()
    }

    fn deadline(&self, _: &Deadline) -> Next<Self> {
        let Some(Begun { payment, .. }) = self.details else {
            return Next::nothing();
        };
        match self.stage {
            Stage::Clearing => {
                advance(Stage::Recalling).command::<Clearing>(payment, Recall { payment })
            }
            Stage::Screening => self.give_back(LATE),
            // Whether it is reserved will be known in a moment.
            Stage::Reserving => advance(Stage::Late),
            _ => Next::nothing(),
        }
    }
}

fn advance(to: Stage) -> Next<Payment> {
    Next::record(Advanced { to })
}

impl Payment {
    fn give_back(&self, reason: &str) -> Next<Self> {
        let reversed = Next::record(Reversed {
            reason: reason.into(),
        });
        match self.details {
            Some(Begun { payment, from, .. }) => {
                reversed.command::<Account>(from, Release { payment }).end()
            }
            None => reversed.end(),
        }
    }
}
