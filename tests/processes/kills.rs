//! Programs that run the transfers are killed, as `kill -9` does: each command is executed once.
//!
//! `KILL_ROUNDS` and `TRANSFERS` say how long it goes on, unless the short form is enough.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use eventsource_core::prelude::*;
use eventsource_core::{LogScan, OnError, Query};
use eventsource_faults::{Others, in_role, rounds, say};
use eventsource_sqlite::SqliteStore;

use crate::bank::Bank;
use crate::transfers::*;

const LEASE: Duration = Duration::from_millis(200);

async fn open(place: &str) -> SqliteStore {
    let store = SqliteStore::options().patience(Duration::from_secs(60));
    store.open(place).await.unwrap()
}

#[test]
#[ignore = "runs as another process of the other test"]
fn the_other_process() {
    in_role(|place, _| async move {
        let store = open(&place).await;
        say("open");
        let forever = OnError::stop().retries(u32::MAX);
        let runner = store.process::<Transfer>().slices(2);
        let runner = runner.lease(LEASE).on_error(forever);
        runner.run().await.unwrap();
    });
}

/// Who is paid: everybody has an account but carl, whose account is closed.
const PAYEES: [&str; 3] = ["bob", "carl", "eve"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_command_is_executed_once_though_the_programs_are_killed() {
    let begin = Instant::now();
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("bank.db").to_str().unwrap().to_owned();
    let others = Others {
        test: "kills::the_other_process",
        place: place.clone(),
    };
    let (kills, transfers) = (rounds("KILL_ROUNDS", 12), rounds("TRANSFERS", 240));
    let bank = Bank::on(open(&place).await);
    bank.deposit("ada", transfers).await;
    bank.close("carl").await;
    let mut programs = [others.start("one").await, others.start("two").await];
    let mut made = 0;
    for kill in 0..kills {
        while made < transfers * (kill + 1) / kills {
            let to = PAYEES[usize::try_from(made % 3).unwrap()];
            bank.request(made, "ada", to, 1).await;
            made += 1;
        }
        tokio::time::sleep(Duration::from_micros(kill * 104_729 % 150_000)).await;
        let index = usize::from(kill % 3 == 0);
        programs[index].kill();
        programs[index] = others.start("again").await;
    }
    let all_made = Instant::now();
    while bank.ended().await < transfers {
        assert!(
            all_made.elapsed() < Duration::from_secs(100),
            "it takes too long"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for mut program in programs {
        program.kill();
    }
    // How often each transfer took and gave money, in all accounts.
    let mut moves: BTreeMap<u64, Vec<(String, &str)>> = BTreeMap::new();
    let wanted = Query::types([Withdrawn::NAME, Deposited::NAME]);
    let scan = LogScan::default().matching(wanted);
    for stored in bank.store.read_all(scan).await.unwrap() {
        let (of, kind) = match &*stored.name {
            Withdrawn::NAME => (stored.decode_as::<Withdrawn>().unwrap().transfer, "taken"),
            _ => (stored.decode_as::<Deposited>().unwrap().transfer, "given"),
        };
        if let Some(transfer) = of {
            let account = stored.stream.id().to_owned();
            moves.entry(transfer).or_default().push((account, kind));
        }
    }
    for transfer in 0..transfers {
        let to = PAYEES[usize::try_from(transfer % 3).unwrap()];
        let given = if to == "carl" { "ada" } else { to };
        let expected = [("ada".to_owned(), "taken"), (given.to_owned(), "given")];
        assert_eq!(moves[&transfer], expected, "transfer {transfer}");
        let stage = bank.transfer(transfer).await.stage;
        let ended = if to == "carl" {
            Stage::Failed
        } else {
            Stage::Paid
        };
        assert_eq!(stage, ended, "transfer {transfer}");
    }
    println!(
        "{transfers} transfers in {:?} with {kills} kills",
        begin.elapsed()
    );
}
