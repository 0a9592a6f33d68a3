//! The instant payments example: what the process does at each input, and the program as a person runs it, which kills
//! itself after every event.

mod example_program;
#[allow(dead_code, reason = "its `main` runs as a program of its own")]
#[path = "../examples/instant_payments.rs"]
mod instant_payments;

use std::process::Command;

use eventsource_core::prelude::*;
use instant_payments::domain::*;

const PAYMENT: PaymentId = PaymentId(7);
const PAYER: AccountId = AccountId(3);
const BEGUN: Begun = Begun {
    payer: PAYER,
    amount: 50,
};

fn reversed(reason: &str) -> Next<Payment> {
    let reason = reason.to_owned();
    Next::record(Reversed { reason })
        .command::<Account>(PAYER, Release { payment: PAYMENT })
        .end()
}

#[test]
fn a_payment_is_reserved_screened_submitted_and_settled() {
    let requested = Requested {
        payment: PAYMENT,
        payer: PAYER,
        amount: 50,
    };
    let hold = Hold {
        payment: PAYMENT,
        amount: 50,
    };
    Payment::given_events(()).when(requested).then(
        Next::record(BEGUN)
            .command::<Account>(PAYER, hold)
            .timer_after(DEADLINE, Overdue { payment: PAYMENT }),
    );
    let reserved = Held {
        payment: PAYMENT,
        amount: 50,
    };
    let screen = Screen {
        payment: PAYMENT,
        amount: 50,
    };
    Payment::given_events(BEGUN)
        .when(reserved)
        .then(Next::nothing().command::<Screening>(PAYMENT, screen));
    let submit = Submit {
        payment: PAYMENT,
        amount: 50,
    };
    Payment::given_events(BEGUN)
        .when(Cleared { payment: PAYMENT })
        .then(Next::record(OnItsWay).command::<Transmission>(PAYMENT, submit));
    Payment::given_events((BEGUN, OnItsWay))
        .when(Accepted { payment: PAYMENT })
        .then(
            Next::record(Settled)
                .command::<Account>(PAYER, Capture { payment: PAYMENT })
                .end(),
        );
}

#[test]
fn whoever_says_no_has_it_reversed() {
    let hold = Hold {
        payment: PAYMENT,
        amount: 50,
    };
    let reason = "7 are available".to_owned();
    Payment::given_events(BEGUN)
        .when_refused::<Account>(PAYER, hold, reason.clone())
        .then(Next::record(Reversed { reason }).end());
    Payment::given_events(BEGUN)
        .when(Flagged { payment: PAYMENT })
        .then(reversed("to be looked at"));
    Payment::given_events((BEGUN, OnItsWay))
        .when(Declined { payment: PAYMENT })
        .then(reversed("declined"));
}

#[test]
fn after_ten_seconds_it_is_revoked_or_goes_no_further() {
    let overdue = || Overdue { payment: PAYMENT };
    Payment::given_events((BEGUN, OnItsWay))
        .when_due(overdue())
        .then(Next::nothing().command::<Transmission>(PAYMENT, Revoke { payment: PAYMENT }));
    Payment::given_events((BEGUN, OnItsWay))
        .when(Revoked { payment: PAYMENT })
        .then(reversed("no answer"));
    Payment::given_events(BEGUN)
        .when_due(overdue())
        .then(Next::record(Late));
    Payment::given_events((BEGUN, Late))
        .when(Cleared { payment: PAYMENT })
        .then(reversed("too late"));
}

#[test]
fn the_program_that_is_killed_after_every_event_settles_nothing_twice() {
    let ran = Command::new(example_program::of("instant_payments"))
        .arg("50")
        .output()
        .unwrap();
    let said = String::from_utf8(ran.stdout).unwrap();
    let failed = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{said}{failed}");
    for line in [
        "0: settled",
        "1: reversed: declined",
        "2: reversed: no answer",
        "5: settled",
        "50 of 50 payments settled",
        "each once: true",
    ] {
        assert!(said.contains(line), "{said}");
    }
}
