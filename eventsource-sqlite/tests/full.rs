//! A disk that is full: here a second process whose files may not grow past a limit that the shell sets.

mod scratch;

use std::process::Command;
use std::sync::Arc;

use eventsource_core::{Append, AppendError, Key, LogScan, Store, StreamName, Uuid};
use eventsource_sqlite::SqliteStore;
use scratch::{event, path};

const CHILD: &str = "EVENTSOURCE_TEST_FULL";

/// The append of this number: its key is the number, so that it can be sent again.
fn append(number: u64) -> Arc<Append> {
    let mut event = event();
    event.payload = vec![b' '; 2_000];
    let stream = StreamName::new("full", &(number % 7)).unwrap();
    let key = Key::unique(Uuid::from_u128(u128::from(number) + 1));
    Arc::new(Append::to(stream).key(key).event(event))
}

/// Appends until one fails, sends that one again three times, and prints what became of each.
#[tokio::test]
#[ignore = "runs as a second process of the other test"]
async fn the_other_process() {
    let Ok(path) = std::env::var(CHILD) else {
        return;
    };
    let store = SqliteStore::open(path).await.unwrap();
    for number in 0..100_000 {
        let Err(failed) = store.append(append(number)).await else {
            println!("\nacknowledged {number}");
            continue;
        };
        println!("\nfailed {number} {}", told(&failed));
        for _ in 0..3 {
            match store.append(append(number)).await {
                Ok(_) => println!("\nacknowledged {number}"),
                Err(failed) => println!("\nfailed {number} {}", told(&failed)),
            }
        }
        let read = store.read_all(LogScan::default()).await.unwrap();
        println!("\nreadable {}", read.len());
        return;
    }
}

fn told(error: &AppendError) -> String {
    let kind = match error {
        AppendError::Unknown { .. } => "unknown",
        AppendError::Store(_) => "store",
        _ => "other",
    };
    format!("{kind} {error}")
}

#[tokio::test]
async fn a_full_disk_loses_nothing_that_was_acknowledged() {
    let path = path("full");
    SqliteStore::open(&path).await.unwrap().close().await;
    // The limit is in blocks of 1,024 bytes; the log is the first file to reach it. A signal would end the process.
    let output = Command::new("bash")
        .args(["-c", "trap '' XFSZ; ulimit -f 2000; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "the_other_process", "--ignored", "--nocapture"])
        .env(CHILD, &path)
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{printed}");
    let numbers = |kind: &str| -> Vec<u64> {
        let numbers = printed
            .lines()
            .filter_map(|line| line.strip_prefix(kind)?.split(' ').nth(1)?.parse().ok());
        numbers.collect()
    };
    let (acknowledged, failed) = (numbers("acknowledged"), numbers("failed"));
    assert!(acknowledged.len() > 50 && !failed.is_empty(), "{printed}");
    let kinds = ["unknown", "store"];
    let typed = |line: &str| {
        kinds
            .iter()
            .any(|kind| line.split(' ').nth(2) == Some(*kind))
    };
    assert!(
        printed
            .lines()
            .filter(|line| line.starts_with("failed"))
            .all(typed),
        "{printed}"
    );
    assert!(
        printed.contains("\nreadable "),
        "what is there can still be read: {printed}"
    );

    let store = SqliteStore::open(&path).await.unwrap();
    let stored = store.read_all(LogScan::default()).await.unwrap().len();
    let sent = acknowledged.len() + 1;
    assert!(
        (acknowledged.len()..=sent).contains(&stored),
        "{stored} of {}",
        acknowledged.len()
    );
    for number in acknowledged {
        assert!(
            store.append(append(number)).await.unwrap().repeated,
            "append {number} was lost"
        );
    }
    // With room again, the one that failed is stored once, whatever became of it before.
    store.append(append(failed[0])).await.unwrap();
    assert!(store.append(append(failed[0])).await.unwrap().repeated);
    assert_eq!(
        store.read_all(LogScan::default()).await.unwrap().len(),
        sent
    );
    store.close().await;
}
