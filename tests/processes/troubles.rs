//! What cannot be taken or sent: it is parked, with an error that says why, and the others go on.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use eventsource_core::prelude::*;
use eventsource_core::{
    Append, Dispatcher, Json, MemoryStore, NewEvent, OnError, RunError, Store, StreamName, Tag,
    Timestamp, Which,
};

use crate::bank::{Bank, LEASE};
use crate::transfers::*;

#[tokio::test]
async fn a_command_to_an_unknown_aggregate_is_parked_and_no_refusal() {
    let bank = Bank::on(MemoryStore::new());
    bank.deposit("ada", 100).await;
    bank.request(1, "ada", "bob", 70).await;
    let runner = bank.process().dispatcher(Dispatcher::new());
    runner.settle().await.unwrap();
    assert_eq!(bank.transfer(1).await.stage, Stage::Taking);
    let parked = runner.handle().parked().await.unwrap();
    let [parked] = &parked[..] else {
        panic!("{parked:?}")
    };
    assert_eq!(
        (parked.stream.as_str(), parked.error.as_str()),
        (
            "$transfer/1",
            "command 0 of step 1 in `$transfer/1`, to account `ada`: no aggregate is called `account`; known are "
        )
    );
    // Others are not held up, and it goes on once the aggregate is there.
    bank.request(2, "ada", "bob", 10).await;
    bank.settle().await;
    assert_eq!(bank.transfer(2).await.stage, Stage::Paid);
    let runner = bank.process();
    assert_eq!(runner.handle().retry(Which::All).await.unwrap(), 1);
    runner.settle().await.unwrap();
    assert_eq!(bank.transfer(1).await.stage, Stage::Paid);
    assert_eq!(bank.moves("ada").await, [100, -10, -70]);
}

/// An event as somebody else has stored it.
async fn store(bank: &Bank<MemoryStore>, stream: &str, schema: u32, tag: Tag) {
    let event = NewEvent {
        name: Withdrawn::NAME.into(),
        schema,
        format: Json::FORMAT.into(),
        payload: br#"{"transfer":null,"amount":1}"#.into(),
        metadata: [].into(),
        recorded_at: Timestamp::default(),
        tags: vec![tag],
    };
    let append = Append::to(StreamName::parse(stream).unwrap()).event(event);
    bank.store.append(Arc::new(append)).await.unwrap();
}

#[tokio::test]
async fn an_event_that_names_no_process_is_parked_with_the_streams_own_alone() {
    let bank = Bank::on(MemoryStore::new());
    store(&bank, "account/eve", 1, Tag::new("transfer", "abc")).await;
    store(&bank, "account/mallory", 2, Tag::new("transfer", 7)).await;
    bank.deposit("ada", 100).await;
    bank.request(1, "ada", "bob", 70).await;
    bank.settle().await;
    assert_eq!(bank.transfer(1).await.stage, Stage::Paid);
    let parked = bank.process().handle().parked().await.unwrap();
    let errors: Vec<_> = parked.iter().map(|one| one.error.as_str()).collect();
    assert_eq!(
        errors,
        [
            "the tag `transfer:abc` of the event `account.withdrawn` (position 1) names no process `transfer`: \
             `abc` is not a valid u64: invalid digit found in string",
            "`account.withdrawn` is known up to version 1 (`processes::transfers::Withdrawn`), and this is version 2",
        ]
    );
}

#[tokio::test]
async fn a_method_that_fails_ends_the_run_or_parks_and_has_its_turn_later() {
    let bank = Bank::on(MemoryStore::new());
    bank.deposit("ada", 100).await;
    bank.request(1, "ada", "bob", 13).await;
    let stop = OnError::stop().retries(1).backoff(LEASE, LEASE);
    let ended = bank.process().on_error(stop).settle().await.unwrap_err();
    assert!(matches!(ended, RunError::Event { tries: 2, .. }), "{ended}");
    assert!(
        ended.to_string().ends_with("thirteen brings bad luck"),
        "{ended}"
    );
    bank.settle().await;
    let parked = bank.process().handle().steps.parked().await.unwrap();
    assert_eq!(parked.len(), 1);
    // What comes after it in its stream waits; another stream, and the timer, do not.
    bank.request(2, "ada", "bob", 7).await;
    bank.clock.advance(PATIENCE);
    bank.settle().await;
    let transfer = bank.transfer(1).await;
    assert_eq!(
        (transfer.stage, &transfer.late[..]),
        (Stage::Taking, &[1][..])
    );
    assert_eq!(bank.transfer(2).await.stage, Stage::Taking);
    assert_eq!(bank.process().handle().parked().await.unwrap().len(), 2);
    // Tried again, it has its turn still.
    LUCKY.store(true, Ordering::SeqCst);
    let runner = bank.process();
    assert_eq!(runner.handle().retry(Which::All).await.unwrap(), 2);
    runner.settle().await.unwrap();
    assert_eq!(bank.transfer(1).await.stage, Stage::Paid);
    assert_eq!(bank.transfer(2).await.stage, Stage::Paid);
    assert_eq!(bank.moves("bob").await, [13, 7]);
}
