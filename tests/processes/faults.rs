//! Whatever fails, and whoever is killed when: all comes to the same.

use std::collections::BTreeMap;

use eventsource_core::prelude::*;
use eventsource_core::{LogScan, MemoryStore, Snapshots, Store};
use futures_util::future::join_all;

use crate::bank::{Bank, MOMENTS, busy, outcome};
use crate::failing_store::{FailingStore, Fault};
use crate::transfers::*;

/// Lets everything happen, with a fault at an operation; whether the run came to it.
async fn with_fault(number: usize, fault: Fault) -> (bool, BTreeMap<String, Vec<String>>) {
    let bank = busy(MemoryStore::new()).await;
    let store = FailingStore::at(bank.store.clone(), number, fault);
    let failing = bank.through(store.clone());
    for _ in 0..MOMENTS {
        let settled = tokio::select! {
            settled = async { failing.process().settle().await } => settled.is_ok(),
            () = store.killed.notified() => false,
        };
        // Killed, or ended with an error: started anew.
        if !settled {
            bank.settle().await;
        }
        bank.clock.advance(PATIENCE);
    }
    (store.has_failed(), outcome(&bank.store).await)
}

#[tokio::test]
async fn at_whichever_operation_it_fails_or_is_killed_all_comes_to_the_same() {
    let (_, expected) = with_fault(0, Fault::FailsBefore).await;
    assert_eq!(expected["transfer/4"].len(), 4, "{expected:#?}");
    for fault in Fault::ALL {
        let mut number = 1;
        loop {
            let numbers = number..number + 50;
            let runs = join_all(numbers.clone().map(|number| with_fault(number, fault))).await;
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

/// What becomes of a refused command is decided once, though the account could pay it after the kill.
#[tokio::test]
async fn a_command_is_executed_or_refused_and_never_both() {
    for fault in [Fault::KilledBefore, Fault::KilledAfter] {
        for number in 1.. {
            let bank = Bank::on(MemoryStore::new());
            bank.request(1, "ada", "bob", 70).await;
            let store = FailingStore::at(bank.store.clone(), number, fault);
            let failing = bank.through(store.clone());
            tokio::select! {
                settled = async { failing.process().settle().await } => { settled.unwrap(); }
                () = store.killed.notified() => {}
            }
            bank.deposit("ada", 100).await;
            bank.settle().await;
            let moves = bank.moves("ada").await;
            let refusals = bank.store.read_all(LogScan::default()).await.unwrap();
            let refusals = refusals
                .iter()
                .filter(|it| &*it.name == "$transfer.refused");
            match bank.transfer(1).await.stage {
                Stage::Failed => assert_eq!((moves, refusals.count()), (vec![100], 1)),
                Stage::Paid => assert_eq!((moves, refusals.count()), (vec![100, -70], 0)),
                stage => panic!("{fault:?} at {number}: {stage:?}"),
            }
            if !store.has_failed() {
                assert!(number > 20);
                break;
            }
        }
    }
}

#[tokio::test]
async fn everything_delivered_once_more_changes_nothing() {
    let bank = busy(MemoryStore::new()).await;
    let snapshots = || bank.transfers().snapshots(Snapshots::every(1));
    for _ in 0..MOMENTS {
        snapshots().process().settle().await.unwrap();
        bank.clock.advance(PATIENCE);
    }
    let before = bank.store.read_all(LogScan::default()).await.unwrap();
    assert_eq!(bank.transfer(4).await.late, [1, 2, 3]);
    for name in ["transfer/steps", "transfer/commands"] {
        bank.store.set_back(name, 1).await.unwrap();
    }
    snapshots().process().settle().await.unwrap();
    assert_eq!(
        bank.store.read_all(LogScan::default()).await.unwrap(),
        before
    );
}
