//! What is outside, as it is seen from here: an order comes in, a screening and a clearing are asked for and answered.

use std::convert::Infallible;

use eventsource_core::prelude::*;

use crate::account::{AccountId, PaymentId};

#[event(name = "payment.ordered")]
pub struct Ordered {
    #[tag]
    pub payment: PaymentId,
    pub from: AccountId,
    pub to: AccountId,
    pub amount: u64,
}

#[aggregate(name = "order", id = PaymentId, error = Infallible, events(Ordered), commands(Order))]
#[derive(Default)]
pub struct Orders {
    ordered: bool,
}

#[apply]
impl Orders {
    fn ordered(&mut self, _: &Ordered) {
        self.ordered = true;
    }
}

#[handle]
impl Orders {
    #[command]
    pub fn order(
        &self,
        payment: PaymentId,
        from: AccountId,
        to: AccountId,
        amount: u64,
    ) -> Option<Ordered> {
        (!self.ordered).then_some(Ordered {
            payment,
            from,
            to,
            amount,
        })
    }
}

#[event(name = "screening.asked")]
pub struct ScreeningAsked {
    pub payment: PaymentId,
}

#[event(name = "screening.answered")]
pub struct Screened {
    #[tag]
    pub payment: PaymentId,
    pub is_clean: bool,
}

#[aggregate(
    name = "screening", id = PaymentId, error = Infallible,
    events(ScreeningAsked, Screened), commands(Screen, AnswerScreening),
)]
#[derive(Default)]
pub struct Screening {
    answered: bool,
}

#[apply]
impl Screening {
    fn asked(&mut self, _: &ScreeningAsked) {}
    fn screened(&mut self, _: &Screened) {
        self.answered = true;
    }
}

#[handle]
impl Screening {
    #[command]
    pub fn screen(&self, payment: PaymentId) -> ScreeningAsked {
        ScreeningAsked { payment }
    }

    #[command]
    pub fn answer_screening(&self, payment: PaymentId, is_clean: bool) -> Option<Screened> {
        (!self.answered).then_some(Screened { payment, is_clean })
    }
}

#[event(name = "clearing.submitted")]
pub struct Submitted {
    pub payment: PaymentId,
}

#[event(name = "clearing.accepted")]
pub struct Accepted {
    #[tag]
    pub payment: PaymentId,
}

#[event(name = "clearing.recalled")]
pub struct Recalled {
    #[tag]
    pub payment: PaymentId,
}

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("the other was faster")]
pub struct TooLate;

/// Either it is accepted, or it is called back.
#[aggregate(
    name = "clearing", id = PaymentId, error = TooLate,
    events(Submitted, Accepted, Recalled), commands(Submit, Accept, Recall),
)]
#[derive(Default)]
pub struct Clearing {
    accepted: bool,
    recalled: bool,
}

#[apply]
impl Clearing {
    fn submitted(&mut self, _: &Submitted) {}
    fn accepted(&mut self, _: &Accepted) {
        self.accepted = true;
    }
    fn recalled(&mut self, _: &Recalled) {
        self.recalled = true;
    }
}

#[handle]
impl Clearing {
    #[command]
    pub fn submit(&self, payment: PaymentId) -> Submitted {
        Submitted { payment }
    }

    #[command]
    pub fn accept(&self, payment: PaymentId) -> Result<Option<Accepted>, TooLate> {
        ensure!(!self.recalled, TooLate);
        Ok((!self.accepted).then_some(Accepted { payment }))
    }

    #[command]
    pub fn recall(&self, payment: PaymentId) -> Result<Recalled, TooLate> {
        ensure!(!self.accepted, TooLate);
        Ok(Recalled { payment })
    }
}
