//! A card payment. Money moves at a gateway, outside of every decision: `capture` records a key for what it is about
//! to do, asks the gateway under that key, and records that it is done. Whoever repeats it, at once or after a crash,
//! repeats the key.

use eventsource_core::{Context, ExecuteError, MemoryStore, Uuid, prelude::*};
use std::collections::HashSet;
use tokio::sync::Mutex;

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

/// As gateways do, it captures once for each key, however often it is asked. These are the keys.
#[derive(Default)]
pub struct Gateway(pub Mutex<HashSet<Uuid>>);

impl Gateway {
    pub async fn capture(&self, key: Uuid) {
        self.0.lock().await.insert(key);
    }
}

/// Captures a payment; where that was begun and not finished, finishes it.
pub(crate) async fn capture(
    payments: &Repository<Payment, impl Store>,
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
    let payments = Repository::<Payment, _>::new(MemoryStore::new());
    let (id, gateway) = (PaymentId(1), Gateway::default());
    payments.execute(&id, Authorize { amount: 4200 }).await?;
    let capture = || capture(&payments, &gateway, &id);
    println!("too early: {:?}", capture().await);
    payments.execute(&id, Succeed).await?;
    println!("twice at once: {:?}", tokio::join!(capture(), capture()));
    println!("too late: {:?}", capture().await);
    println!("captures at the gateway: {}", gateway.0.lock().await.len());
    Ok(())
}
