//! The transfer example: whole or refused, also when an account is closed in between, and nothing is lost.

#[allow(dead_code, reason = "only a part is used here")]
mod scripted_store;
#[allow(dead_code, reason = "its `main` is not run here")]
#[path = "../examples/transfer.rs"]
mod transfer;

use std::sync::Arc;

use eventsource_core::prelude::*;
use eventsource_core::{
    Append, DecideError, MemoryStore, MultiStreamStore, NewEvent, Position, StreamName, Timestamp,
};
use eventsource_sqlite::{Durability, SqliteStore};
use scripted_store::{Next, ScriptedStore};
use transfer::{Account, AccountError, AccountId, Close, Deposit, total, transfer};

const ONE: AccountId = AccountId(0);
const TWO: AccountId = AccountId(1);

async fn opened<S: MultiStreamStore>(store: S) -> Repository<Account, S> {
    let accounts = Repository::new(store);
    for id in [ONE, TWO] {
        let deposit = Deposit { amount: 100 };
        accounts.execute(&id, deposit).await.unwrap();
    }
    accounts
}

#[tokio::test]
async fn a_transfer_is_one_append() {
    let accounts = opened(MemoryStore::new()).await;
    let made = transfer(&accounts, ONE, TWO, 30).await.unwrap();
    let positions: Vec<_> = made.events.iter().map(|event| event.position).collect();
    assert_eq!(positions, [Position(3), Position(4)]);
    assert_eq!(accounts.load(&ONE).await.unwrap().balance, 70);
    assert_eq!(accounts.load(&TWO).await.unwrap().balance, 130);
}

#[tokio::test]
async fn a_refusal_by_either_moves_nothing() {
    let accounts = opened(MemoryStore::new()).await;
    let refused = transfer(&accounts, ONE, TWO, 101).await.unwrap_err();
    let insufficient = AccountError::Insufficient { balance: 100 };
    assert!(
        matches!(&refused, DecideError::Refused(error) if *error == insufficient),
        "{refused}"
    );
    accounts.execute(&TWO, Close).await.unwrap();
    let refused = transfer(&accounts, ONE, TWO, 10).await.unwrap_err();
    assert!(
        matches!(refused, DecideError::Refused(AccountError::Closed)),
        "{refused}"
    );
    let refused = transfer(&accounts, ONE, ONE, 10).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "`account/0` takes part twice in one decision"
    );
    assert_eq!(accounts.store().head().await.unwrap(), Position(3));
    assert_eq!(total(&accounts, 2).await.unwrap(), 200);
}

/// Closed after both were read, and before the transfer was stored.
#[tokio::test]
async fn an_account_that_is_closed_in_between_gets_nothing() {
    for closed in [ONE, TWO] {
        let accounts = opened(ScriptedStore::new([])).await;
        let event = NewEvent {
            name: "account.closed".into(),
            schema: 1,
            format: "json".into(),
            payload: br#"{"paid_out":100}"#.to_vec(),
            metadata: [].into(),
            recorded_at: Timestamp::default(),
            tags: Vec::new(),
        };
        let stream = StreamName::new("account", &closed).unwrap();
        let close = Append::to(stream).event(event);
        accounts.store().then(Next::Overtaken(Arc::new(close)));
        let refused = transfer(&accounts, ONE, TWO, 10).await.unwrap_err();
        assert!(
            matches!(refused, DecideError::Refused(AccountError::Closed)),
            "{refused}"
        );
        assert_eq!(total(&accounts, 2).await.unwrap(), 200);
    }
}

/// Everybody transfers, to and fro, and one account is closed in the middle of it.
async fn no_coin_is_lost<S: MultiStreamStore>(store: S) {
    const ACCOUNTS: u32 = 5;
    let accounts = Repository::new(store);
    for id in 0..ACCOUNTS {
        let deposit = Deposit { amount: 100 };
        accounts.execute(&AccountId(id), deposit).await.unwrap();
    }
    let tasks = (0..8).map(|task| {
        let accounts = accounts.clone();
        tokio::spawn(async move {
            for number in 0..20 {
                let from = AccountId((task + number) % ACCOUNTS);
                let to = AccountId((task + number * 3 + 1) % ACCOUNTS);
                match transfer(&accounts, from, to, u64::from(number)).await {
                    Ok(_)
                    | Err(
                        DecideError::Refused(_)
                        | DecideError::Twice { .. }
                        | DecideError::Contended { .. },
                    ) => {}
                    Err(failed) => panic!("{failed}"),
                }
                if (task, number) == (3, 10) {
                    let three = AccountId(3);
                    while accounts.execute(&three, Close).await.is_err() {}
                }
            }
        })
    });
    let tasks: Vec<_> = tasks.collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(accounts.load(&AccountId(3)).await.unwrap().balance, 0);
    assert_eq!(total(&accounts, ACCOUNTS).await.unwrap(), 500);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_coin_is_lost_in_memory() {
    no_coin_is_lost(MemoryStore::new()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_coin_is_lost_in_sqlite() {
    let folder = tempfile::tempdir().expect("a scratch directory");
    let options = SqliteStore::options().durability(Durability::Process);
    let store = options.open(folder.path().join("bank.db")).await.unwrap();
    no_coin_is_lost(store.clone()).await;
    store.close().await;
}
