//! The credit example: what the process does at each input, and that no limit is exceeded, in either way.

#[allow(dead_code, reason = "its `main` is not run here")]
#[path = "../examples/credit.rs"]
mod credit;

use credit::domain::*;
use credit::transfer::{self, Account, Outcome, Transfer};
use credit::{TASKS, by_decision, by_process, check, deliver_again, limit, open};
use eventsource_core::prelude::*;
use eventsource_sqlite::SqliteStore;

const ORDER: OrderId = OrderId(7);
const CUSTOMER: CustomerId = CustomerId(3);
const BEGUN: Begun = Begun {
    customer: CUSTOMER,
    amount: 50,
};
const RESERVE: Reserve = Reserve {
    order: ORDER,
    amount: 50,
};
const RELEASE: Release = Release {
    order: ORDER,
    amount: 50,
};
const CREDIT_RESERVED: CreditReserved = CreditReserved {
    order: ORDER,
    amount: 50,
};

#[test]
fn an_order_is_approved_once_credit_is_reserved() {
    let placed = Placed {
        order: ORDER,
        customer: CUSTOMER,
        amount: 50,
    };
    Checkout::given_events(())
        .when(placed)
        .then(Next::record(BEGUN).command::<Customer>(CUSTOMER, RESERVE));
    Checkout::given_events(BEGUN)
        .when(CREDIT_RESERVED)
        .then(Next::record(Reserved).command::<Order>(ORDER, Approve));
}

#[test]
fn an_order_without_credit_is_rejected() {
    let reason = || "nothing is left".to_owned();
    Checkout::given_events(BEGUN)
        .when_refused::<Customer>(CUSTOMER, RESERVE, reason())
        .then(
            Next::nothing()
                .command::<Order>(ORDER, Reject { reason: reason() })
                .end(),
        );
}

#[test]
fn what_is_reserved_for_a_cancelled_order_is_released_whichever_comes_first() {
    let release = || Next::nothing().command::<Customer>(CUSTOMER, RELEASE).end();
    let cancelled = || Cancelled { order: ORDER };
    Checkout::given_events((BEGUN, Reserved))
        .when(cancelled())
        .then(release());
    Checkout::given_events(BEGUN)
        .when(cancelled())
        .then(Next::record(GivenUp));
    Checkout::given_events((BEGUN, GivenUp))
        .when(CREDIT_RESERVED)
        .then(release());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_exceeds_no_limit_and_does_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let (each, limit) = (20, limit(20));
    let store = open(&folder.path().join("process.db"), limit)
        .await
        .unwrap();
    by_process(&store, each).await.unwrap();
    let stages = check(&store, limit).await.unwrap();
    assert_eq!(stages.values().sum::<u32>(), TASKS * each);
    assert!(!stages.contains_key(&Stage::Pending), "{stages:?}");
    assert!(
        stages[&Stage::Approved] > 0 && stages[&Stage::Rejected] > 0,
        "{stages:?}"
    );
    assert_eq!(deliver_again(&store).await.unwrap(), 0);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decision_about_both_exceeds_no_limit() {
    let folder = tempfile::tempdir().unwrap();
    let (each, limit) = (20, limit(20));
    let store = open(&folder.path().join("decision.db"), limit)
        .await
        .unwrap();
    let (approved, refused) = by_decision(&store, each).await.unwrap();
    assert_eq!(approved + refused, TASKS * each);
    assert!(refused > 0);
    let stages = check(&store, limit).await.unwrap();
    assert_eq!(stages[&Stage::Approved], approved);
    assert_eq!(stages.len(), 1, "{stages:?}");
    store.close().await;
}

#[test]
fn what_a_closed_account_refuses_is_put_back() {
    let (transfer, amount) = (Some(4), 25);
    let reason = "the account is closed".to_owned();
    Transfer::given_events(transfer::TransferBegun { from: 9 })
        .when_refused::<Account>(5, transfer::Credit { transfer, amount }, reason.clone())
        .then(
            Next::record(transfer::Returned { reason })
                .command::<Account>(9, transfer::PutBack { amount })
                .end(),
        );
}

#[tokio::test]
async fn transfers_to_closed_accounts_lose_no_money() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("transfers.db");
    let store = SqliteStore::open(path).await.unwrap();
    let sent = transfer::send(&store, 60).await.unwrap();
    let expected = Outcome {
        delivered: 40,
        returned: [("the account is closed".to_owned(), 20)].into(),
        sum: 1_000,
    };
    assert_eq!(sent, expected);
    // Everything once more, and nothing comes of it.
    let before = store.head().await.unwrap();
    for part in ["transfer/steps", "transfer/commands"] {
        store.set_back(part, 1).await.unwrap();
    }
    store.process::<Transfer>().settle().await.unwrap();
    assert_eq!(store.head().await.unwrap(), before);
    store.close().await;
}
