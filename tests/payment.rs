//! The payment example: each wrong order is refused, and whatever happens, money is captured once.

#[allow(dead_code, reason = "its `main` is not run here")]
#[path = "../examples/payment.rs"]
mod payment;

use std::sync::Arc;

use eventsource_core::prelude::*;
use eventsource_core::{ExecuteError, MemoryStore, SequentialIds, Uuid};
use payment::{
    Authorize, Authorized, CaptureRequested, Captured, Fail, Failed, Gateway, Payment,
    PaymentError, PaymentId, RecordCapture, RequestCapture, Succeed, Succeeded, capture,
};

const AUTHORIZED: Authorized = Authorized { amount: 4200 };
const REQUESTED: CaptureRequested = CaptureRequested {
    key: Uuid::from_u128(1),
};
const ID: PaymentId = PaymentId(1);

#[test]
fn a_payment_is_authorized_accepted_and_captured() {
    Payment::given(())
        .when(Authorize { amount: 4200 })
        .then(AUTHORIZED);
    Payment::given(AUTHORIZED).when(Succeed).then(Succeeded);
    Payment::given(AUTHORIZED).when(Fail).then(Failed);
    Payment::given((AUTHORIZED, Succeeded))
        .ids(SequentialIds::default())
        .when(RequestCapture)
        .then(REQUESTED);
    Payment::given((AUTHORIZED, Succeeded, REQUESTED))
        .when(RecordCapture)
        .then(Captured);
}

#[test]
fn nothing_happens_to_a_payment_that_is_not_authorized() {
    Payment::given(()).when(Succeed).then_not_found();
    Payment::given(()).when(RequestCapture).then_not_found();
    Payment::given(AUTHORIZED)
        .when(Authorize { amount: 1 })
        .then_already_exists();
}

#[test]
fn the_bank_answers_once() {
    for answered in [
        Payment::given((AUTHORIZED, Failed)),
        Payment::given((AUTHORIZED, Succeeded)),
    ] {
        answered
            .when(Succeed)
            .then_err(PaymentError::AlreadyAnswered);
    }
    for answered in [
        Payment::given((AUTHORIZED, Failed)),
        Payment::given((AUTHORIZED, Succeeded, REQUESTED, Captured)),
    ] {
        answered.when(Fail).then_err(PaymentError::AlreadyAnswered);
    }
}

#[test]
fn only_an_accepted_payment_is_captured() {
    Payment::given(AUTHORIZED)
        .when(RequestCapture)
        .then_err(PaymentError::NotAccepted);
    Payment::given((AUTHORIZED, Failed))
        .when(RequestCapture)
        .then_err(PaymentError::NotAccepted);
}

#[test]
fn a_capture_is_requested_before_it_is_recorded() {
    Payment::given(AUTHORIZED)
        .when(RecordCapture)
        .then_err(PaymentError::NotRequested);
    Payment::given((AUTHORIZED, Succeeded))
        .when(RecordCapture)
        .then_err(PaymentError::NotRequested);
}

#[test]
fn a_payment_is_captured_once() {
    let captured = || Payment::given((AUTHORIZED, Succeeded, REQUESTED, Captured));
    captured()
        .when(RequestCapture)
        .then_err(PaymentError::AlreadyCaptured);
    captured().when(RecordCapture).then_nothing();
    Payment::given((AUTHORIZED, Succeeded, REQUESTED))
        .when(RequestCapture)
        .then_nothing();
}

async fn accepted() -> Repository<Payment, MemoryStore> {
    let payments = Repository::new(MemoryStore::new());
    payments
        .execute(&ID, Authorize { amount: 4200 })
        .await
        .expect("it is new");
    payments
        .execute(&ID, Succeed)
        .await
        .expect("it is authorized");
    payments
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixteen_captures_at_once_are_one_at_the_gateway() {
    for _ in 0..20 {
        let (payments, gateway) = (accepted().await, Arc::new(Gateway::default()));
        let mut captures = tokio::task::JoinSet::new();
        for _ in 0..16 {
            let (payments, gateway) = (payments.clone(), Arc::clone(&gateway));
            captures.spawn(async move { capture(&payments, &gateway, &ID).await });
        }
        let mut done = 0;
        for outcome in captures.join_all().await {
            match outcome {
                Ok(()) => done += 1,
                Err(ExecuteError::Refused(PaymentError::AlreadyCaptured)) => {}
                Err(error) => panic!("{error}"),
            }
        }
        assert!(done > 0);
        assert_eq!(gateway.0.lock().await.len(), 1);
        assert_eq!(
            *payments.load(&ID).await.expect("it exists"),
            Payment::Captured
        );
        assert_eq!(payments.load(&ID).await.expect("it exists").version(), 4);
    }
}

#[tokio::test]
async fn a_capture_that_was_requested_only_is_finished() {
    let (payments, gateway) = (accepted().await, Gateway::default());
    payments
        .execute(&ID, RequestCapture)
        .await
        .expect("it is accepted");

    // Here the process ends. The next one:
    capture(&payments, &gateway, &ID)
        .await
        .expect("it is under way");
    assert_eq!(gateway.0.lock().await.len(), 1);
    assert_eq!(
        *payments.load(&ID).await.expect("it exists"),
        Payment::Captured
    );
}

#[tokio::test]
async fn a_capture_that_was_not_recorded_is_not_repeated_at_the_gateway() {
    let (payments, gateway) = (accepted().await, Gateway::default());
    payments
        .execute(&ID, RequestCapture)
        .await
        .expect("it is accepted");
    let Payment::Capturing { key } = *payments.load(&ID).await.expect("it exists") else {
        panic!("it is under way");
    };
    gateway.capture(key).await;

    // Here the process ends. The next one:
    capture(&payments, &gateway, &ID)
        .await
        .expect("it is under way");
    assert_eq!(gateway.0.lock().await.iter().collect::<Vec<_>>(), [&key]);
    assert_eq!(
        *payments.load(&ID).await.expect("it exists"),
        Payment::Captured
    );
}
