//! The instant payments: at whichever operation of the store the program fails or is killed, each payment comes to the same
//! end, and no money is moved twice.

#[path = "../examples/instant_payments/account.rs"]
mod account;
#[path = "processes/failing_store.rs"]
mod failing_store;
#[path = "../examples/instant_payments/outside.rs"]
mod outside;
#[path = "../examples/instant_payments/payment.rs"]
mod payment;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use eventsource_core::prelude::*;
use eventsource_core::{LogScan, ManualClock, MemoryStore, MultiStreamStore, ProcessRunner, Query};
use failing_store::{FailingStore, Fault};
use futures_util::future::join_all;

use account::*;
use outside::*;
use payment::*;

const ADA: AccountId = AccountId(1);
const BOB: AccountId = AccountId(2);

/// What happens to each payment, by its number.
const SETTLED: PaymentId = PaymentId(1);
const NOT_CLEAN: PaymentId = PaymentId(2);
const TOO_MUCH: PaymentId = PaymentId(3);
const NO_ANSWER: PaymentId = PaymentId(4);
const LAST_MOMENT: PaymentId = PaymentId(5);
const NOT_SCREENED: PaymentId = PaymentId(6);
const ALL: [PaymentId; 6] = [
    SETTLED,
    NOT_CLEAN,
    TOO_MUCH,
    NO_ANSWER,
    LAST_MOMENT,
    NOT_SCREENED,
];

async fn ordered() -> MemoryStore {
    let store = MemoryStore::new();
    let accounts = Repository::<Account, _>::new(store.clone());
    let credit = Credit {
        payment: None,
        amount: 1_000,
    };
    accounts.execute(&ADA, credit).await.unwrap();
    let orders = Repository::<Orders, _>::new(store.clone());
    for payment in ALL {
        let order = Order {
            payment,
            from: ADA,
            to: BOB,
            amount: if payment == TOO_MUCH { 5_000 } else { 100 },
        };
        orders.execute(&payment, order).await.unwrap();
    }
    store
}

fn process<S: CheckpointStore + MultiStreamStore>(
    store: &S,
    clock: &Arc<ManualClock>,
) -> ProcessRunner<Payment, S> {
    let payments = Repository::new(store.clone()).clock(Arc::clone(clock));
    payments.process().lease(Duration::from_millis(30))
}

/// The screener and the network answer what they are asked, but for those that they do not.
async fn answer(store: &MemoryStore) {
    let asked = Query::types([ScreeningAsked::NAME, Submitted::NAME]);
    let screenings = Repository::<Screening, _>::new(store.clone());
    let clearings = Repository::<Clearing, _>::new(store.clone());
    for event in store
        .read_all(LogScan::default().matching(asked))
        .await
        .unwrap()
    {
        let payment: PaymentId = event.stream.id().parse().unwrap();
        if &*event.name == ScreeningAsked::NAME && payment != NOT_SCREENED {
            let is_clean = payment != NOT_CLEAN;
            let answer = AnswerScreening { payment, is_clean };
            screenings.execute(&payment, answer).await.unwrap();
        }
        if &*event.name == Submitted::NAME && payment == SETTLED {
            clearings
                .execute(&payment, Accept { payment })
                .await
                .unwrap();
        }
    }
}

/// What everything has come to: the stage of each payment, what both accounts have, and the moves of money.
#[derive(Debug, PartialEq)]
struct Outcome {
    stages: Vec<Stage>,
    available: (u64, u64),
    moves: BTreeMap<String, usize>,
}

/// Lets ten seconds go by, with a fault at an operation; whether the run came to it.
async fn played(number: usize, fault: Fault) -> (bool, Outcome) {
    let store = ordered().await;
    let clock = Arc::new(ManualClock::default());
    let failing = FailingStore::at(store.clone(), number, fault);
    for moment in 0..5 {
        if moment == 3 {
            // The network accepts one as its time is up.
            let accept = Accept {
                payment: LAST_MOMENT,
            };
            let clearings = Repository::<Clearing, _>::new(store.clone());
            clearings.execute(&LAST_MOMENT, accept).await.unwrap();
            clock.advance(LIMIT);
        }
        let done = tokio::select! {
            ended = async { process(&failing, &clock).settle().await } => ended.is_ok(),
            () = failing.killed.notified() => false,
        };
        if !done {
            process(&store, &clock).settle().await.unwrap();
        }
        answer(&store).await;
    }
    let accounts = Repository::<Account, _>::new(store.clone());
    let (ada, bob) = (
        accounts.load(&ADA).await.unwrap(),
        accounts.load(&BOB).await.unwrap(),
    );
    assert!(ada.reserved.is_empty(), "{:?}", ada.reserved);
    let payments = Repository::<Payment, _>::new(store.clone());
    let mut stages = Vec::new();
    for payment in ALL {
        stages.push(payments.load(&payment).await.unwrap().stage);
    }
    let kinds = [
        Reserved::NAME,
        Debited::NAME,
        Released::NAME,
        Credited::NAME,
        Settled::NAME,
    ];
    let mut moves = BTreeMap::new();
    let scan = LogScan::default().matching(Query::types(kinds));
    for event in store.read_all(scan).await.unwrap() {
        *moves.entry(event.name.to_string()).or_default() += 1;
    }
    let outcome = Outcome {
        stages,
        available: (ada.available, bob.available),
        moves,
    };
    (failing.has_failed(), outcome)
}

#[tokio::test]
async fn killed_at_every_step_a_payment_is_settled_once_or_given_back() {
    let (_, expected) = played(0, Fault::FailsBefore).await;
    let (settled, reversed) = (Stage::Settled, Stage::Reversed);
    assert_eq!(
        expected.stages,
        [settled, reversed, reversed, reversed, settled, reversed]
    );
    assert_eq!(expected.available, (800, 200));
    let moves = [
        (Credited::NAME, 3),
        (Debited::NAME, 2),
        (Released::NAME, 3),
        (Reserved::NAME, 5),
        (Settled::NAME, 2),
    ];
    assert_eq!(
        expected.moves,
        moves.map(|(name, count)| (name.to_owned(), count)).into()
    );
    for fault in Fault::ALL {
        let mut number = 1;
        loop {
            let numbers = number..number + 50;
            let runs = join_all(numbers.clone().map(|number| played(number, fault))).await;
            for (number, (_, actual)) in numbers.zip(&runs) {
                assert_eq!(*actual, expected, "{fault:?} at operation {number}");
            }
            if runs.iter().any(|(has_failed, _)| !has_failed) {
                break;
            }
            number += 50;
        }
        assert!(
            number > 50,
            "{fault:?}: there are more operations than that"
        );
    }
}

#[test]
fn a_payment_is_tested_without_a_store() {
    let begun = || Begun {
        payment: SETTLED,
        from: ADA,
        to: BOB,
        amount: 100,
    };
    let payment = SETTLED;
    let given = |to| Payment::given_events((begun(), Advanced { to })).id(payment);
    given(Stage::Clearing).when_due(Deadline).then(
        Next::record(Advanced {
            to: Stage::Recalling,
        })
        .command::<Clearing>(payment, Recall { payment }),
    );
    given(Stage::Recalling)
        .when_refused::<Clearing>(payment, Recall { payment }, TooLate)
        .then_nothing();
    given(Stage::Recalling).when(Accepted { payment }).then(
        Next::record(Settled)
            .command::<Account>(ADA, Debit { payment })
            .command::<Account>(
                BOB,
                Credit {
                    payment: Some(payment),
                    amount: 100,
                },
            )
            .end(),
    );
    given(Stage::Late)
        .when(Reserved {
            payment,
            amount: 100,
        })
        .then_state(|payment| assert_eq!(payment.stage, Stage::Reversed));
}
