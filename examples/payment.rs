//! A card payment. Money moves at a gateway, outside of every decision: `capture` records what it is about to do and
//! under which key, asks the gateway, and records that it is done. Who repeats it, at once or after a crash, repeats
//! the key, so the gateway captures once.

use eventsource_core::{Context, ExecuteError, MemoryStore, Uuid, prelude::*};
use std::{collections::HashSet, sync::Mutex};

#[derive(Id)]
pub struct PaymentId(pub u64);

#[event(name = "payment.authorized")]
pub struct Authorized {
    pub amount: u64,
}
#[event(name = "payment.succeeded")]
pub struct Succeeded;
#[event(name = "payment.failed")]
pub struct Failed;
#[event(name = "payment.capture_requested")]
pub struct CaptureRequested {
    pub key: Uuid,
}
#[event(name = "payment.captured")]
pub struct Captured;

#[derive(Debug, PartialEq, thiserror::Error)]
pub enum PaymentError {
    #[error("the bank has not accepted the payment")]
    NotAccepted,
    #[error("the bank has answered already")]
    AlreadyAnswered,
    #[error("no capture was requested")]
    NotRequested,
    #[error("the payment is captured already")]
    AlreadyCaptured,
}
type Decided<E> = Result<E, PaymentError>;

#[aggregate(
    name = "payment", id = PaymentId, error = PaymentError,
    events(Authorized, Succeeded, Failed, CaptureRequested, Captured),
    commands(Authorize, Succeed, Fail, RequestCapture, RecordCapture),
)]
#[derive(PartialEq)]
pub enum Payment {
    Authorized,
    Succeeded,
    Failed,
    Capturing { key: Uuid },
    Captured,
}

#[handle]
impl Payment {
    #[command]
    pub fn authorize(amount: u64) -> Authorized {
        Authorized { amount }
    }

    #[command]
    pub fn succeed(&self) -> Decided<Succeeded> {
        ensure!(*self == Self::Authorized, PaymentError::AlreadyAnswered);
        Ok(Succeeded)
    }

    #[command]
    pub fn fail(&self) -> Decided<Failed> {
        ensure!(*self == Self::Authorized, PaymentError::AlreadyAnswered);
        Ok(Failed)
    }

    #[command]
    pub fn request_capture(&self, context: &Context<Self>) -> Decided<Option<CaptureRequested>> {
        let key = context.fresh_id();
        match self {
            Self::Succeeded => Ok(Some(CaptureRequested { key })),
            Self::Capturing { .. } => Ok(None),
            Self::Captured => Err(PaymentError::AlreadyCaptured),
            Self::Authorized | Self::Failed => Err(PaymentError::NotAccepted),
        }
    }

    #[command]
    pub fn record_capture(&self) -> Decided<Option<Captured>> {
        match self {
            Self::Capturing { .. } => Ok(Some(Captured)),
            Self::Captured => Ok(None),
            _ => Err(PaymentError::NotRequested),
        }
    }
}

#[apply]
impl Payment {
    fn authorized(_: &Authorized) -> Self {
        Self::Authorized
    }
    fn succeeded(&mut self, _: &Succeeded) {
        *self = Self::Succeeded;
    }
    fn failed(&mut self, _: &Failed) {
        *self = Self::Failed;
    }
    fn capture_requested(&mut self, event: &CaptureRequested) {
        *self = Self::Capturing { key: event.key };
    }
    fn captured(&mut self, _: &Captured) {
        *self = Self::Captured;
    }
}

/// As gateways do, it captures once for each key, however often it is asked.
#[derive(Default)]
pub struct Gateway(Mutex<HashSet<Uuid>>);

impl Gateway {
    pub async fn capture(&self, key: Uuid) {
        tokio::task::yield_now().await;
        self.0.lock().expect("nobody panics here").insert(key);
    }
    pub fn captures(&self) -> usize {
        self.0.lock().expect("nobody panics here").len()
    }
}

pub type Payments<S> = Repository<Payment, S>;

/// Captures a payment; where that was begun and not finished, finishes it.
pub async fn capture(
    payments: &Payments<impl Store>,
    gateway: &Gateway,
    id: &PaymentId,
) -> Result<(), ExecuteError<PaymentError>> {
    payments.execute(id, RequestCapture).await?;
    if let Payment::Capturing { key } = *payments.load(id).await? {
        gateway.capture(key).await;
        payments.execute(id, RecordCapture).await?;
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (payments, gateway) = (Payments::new(MemoryStore::new()), Gateway::default());
    let id = PaymentId(1);
    payments.execute(&id, Authorize { amount: 4200 }).await?;
    if let Err(refused) = capture(&payments, &gateway, &id).await {
        println!("too early: {refused}");
    }
    payments.execute(&id, Succeed).await?;
    let twice = || capture(&payments, &gateway, &id);
    let _ = tokio::join!(twice(), twice());
    if let Err(refused) = capture(&payments, &gateway, &id).await {
        println!("too late: {refused}");
    }
    println!("{} capture at the gateway", gateway.captures());
    Ok(())
}
