//! G1, seen from the disk: before an append is acknowledged, the end of its transaction was written to the log, and then
//! the log was synced.

mod load;

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

fn contains(done: &Done, text: &str) -> bool {
    match &done.doing {
        Doing::Write { bytes, .. } => bytes
            .windows(text.len())
            .any(|window| window == text.as_bytes()),
        _ => false,
    }
}

/// Of the acknowledged appends, how many were durable before, and how many not.
fn judge(log: &[Done]) -> (usize, usize) {
    let of_the_log = |done: &&Done| done.file.ends_with("-wal");
    let (mut synced, mut early) = (0, 0);
    for (said, done) in log.iter().enumerate() {
        let Doing::Said(text) = &done.doing else {
            continue;
        };
        let number: u64 = text.rsplit(' ').next().unwrap().parse().unwrap();
        // Its tag is short, and so in one piece, in the table of tags or in that of events.
        let tag = format!("append:{number}");
        let before = &log[..said];
        let tagged = |done: &Done| contains(done, &tag);
        let written = before
            .iter()
            .position(|done| of_the_log(&done) && tagged(done));
        let written = written.unwrap_or_else(|| panic!("append {number} was never written"));
        // The header of its own frame was written just before.
        let end = (written - 1..said).find(|index| ends_a_transaction(&log[*index]));
        let sync = end.and_then(|end| {
            let after = &log[end..said];
            after
                .iter()
                .find(|done| of_the_log(done) && done.doing == Doing::Sync)
        });
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
