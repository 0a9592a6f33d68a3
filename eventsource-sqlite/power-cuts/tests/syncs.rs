//! G1, seen from the disk: before an append is acknowledged, the end of its transaction was written to the log, and then
//! the log was synced.

#[allow(dead_code, reason = "only a part is needed here")]
mod load;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use eventsource_sqlite::{Durability, SqliteStore};
use load::{Sent, folder};
use power_cuts::{Disk, Doing, Done, install};

/// Appends from several callers, each of whom says in the disk's log when it has its answer; returns the log.
async fn log(name: &str, durability: Durability) -> Vec<Done> {
    install();
    let folder = folder(name);
    let disk = Disk::insert(&folder);
    let options = SqliteStore::options().durability(durability);
    let store = options.open(folder.join("events.db")).await.unwrap();
    disk.keep_log();
    let next = Arc::new(AtomicU64::new(0));
    let callers = (0..8).map(|_| {
        let (store, disk, next) = (store.clone(), Arc::clone(&disk), Arc::clone(&next));
        tokio::spawn(async move {
            for _ in 0..40 {
                let sent = Sent(next.fetch_add(1, Ordering::SeqCst));
                sent.send(&store).await.unwrap();
                disk.say(format!("acknowledged {}", sent.0));
            }
        })
    });
    for caller in callers.collect::<Vec<_>>() {
        caller.await.unwrap();
    }
    let log = disk.log();
    store.close().await;
    disk.remove();
    log
}

/// SQLite writes the header of a frame, then the page; the header of a transaction's last frame says how many pages the
/// database has then.
fn ends_a_transaction(done: &Done) -> bool {
    match &done.doing {
        Doing::Write { bytes, .. } => bytes.len() == 24 && bytes[4..8] != [0; 4],
        _ => false,
    }
}

/// Where each append was first written to the log: there its tag is, in the table of tags or in that of events.
fn first_writes(log: &[Done]) -> BTreeMap<u64, usize> {
    const TAG: &[u8] = b"append:";
    let mut first = BTreeMap::new();
    for (index, done) in log.iter().enumerate() {
        let Doing::Write { bytes, .. } = &done.doing else {
            continue;
        };
        if !done.file.ends_with("-wal") {
            continue;
        }
        let mut rest = &bytes[..];
        while let Some(at) = rest.windows(TAG.len()).position(|window| window == TAG) {
            rest = &rest[at + TAG.len()..];
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit());
            let number = digits.fold(0, |number, digit| number * 10 + u64::from(digit - b'0'));
            first.entry(number).or_insert(index);
        }
    }
    first
}

/// Of the acknowledged appends, how many were durable before, and how many not.
fn judge(log: &[Done]) -> (usize, usize) {
    let (first, mut synced, mut early) = (first_writes(log), 0, 0);
    for (said, done) in log.iter().enumerate() {
        let Doing::Said(text) = &done.doing else {
            continue;
        };
        let number: u64 = text.rsplit(' ').next().unwrap().parse().unwrap();
        let written = *first
            .get(&number)
            .unwrap_or_else(|| panic!("append {number} was never written"));
        // The header of its own frame was written just before.
        let end = (written - 1..said).find(|index| ends_a_transaction(&log[*index]));
        let synced_log = |done: &Done| done.file.ends_with("-wal") && done.doing == Doing::Sync;
        let sync = end.and_then(|end| log[end..said].iter().find(|done| synced_log(done)));
        match sync {
            Some(_) => synced += 1,
            None => early += 1,
        }
    }
    (synced, early)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g1_the_log_is_synced_before_each_acknowledgement() {
    let (synced, early) = judge(&log("syncs", Durability::Full).await);
    println!("{synced} appends were acknowledged after a sync, {early} before");
    assert_eq!((synced, early), (320, 0));
}

/// The same without the syncs: the test sees that they are missing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_durability_acknowledgements_come_early() {
    let (synced, early) = judge(&log("early", Durability::Process).await);
    println!("{synced} appends were acknowledged after a sync, {early} before");
    assert!(early > 300, "{early} of {}", synced + early);
}
