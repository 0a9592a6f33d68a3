//! Processes and their runner, through the public interface: each input taken once, each command executed once, each timer
//! taken once, whoever is killed when.

mod bank;
mod contention;
mod failing_store;
mod faults;
mod kills;
mod rules;
mod stores;
mod timers;
mod together;
mod transfers;
mod troubles;

use eventsource_core::MemoryStore;

use bank::Bank;
use transfers::*;

#[tokio::test]
async fn money_goes_from_one_account_to_another() {
    let bank = Bank::on(MemoryStore::new());
    bank.deposit("ada", 100).await;
    bank.request(1, "ada", "bob", 70).await;
    bank.settle().await;
    assert_eq!(bank.transfer(1).await.stage, Stage::Paid);
    assert_eq!(bank.moves("ada").await, [100, -70]);
    assert_eq!(bank.moves("bob").await, [70]);
}

#[tokio::test]
async fn a_refusal_is_recorded_and_made_up_for() {
    let bank = Bank::on(MemoryStore::new());
    bank.deposit("ada", 100).await;
    bank.deposit("bob", 5).await;
    bank.close("bob").await;
    bank.request(1, "ada", "bob", 70).await;
    bank.request(2, "bob", "ada", 1).await;
    bank.request(3, "ada", "eve", 101).await;
    bank.settle().await;
    for (id, reason) in [
        (1, "the account is closed"),
        (2, "the account is closed"),
        (3, "there are 30, and 101 were asked for"),
    ] {
        let transfer = bank.transfer(id).await;
        assert_eq!(
            (transfer.stage, transfer.reason.as_str()),
            (Stage::Failed, reason)
        );
    }
    assert_eq!(bank.moves("ada").await, [100, -70, 70]);
}
