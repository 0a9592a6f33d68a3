//! A store of 100,000 events goes through a process that never has much of it in memory.
#![cfg(target_os = "linux")]

mod sample;

use std::sync::Arc;

use eventsource_cloudevents::{Export, Import};
use eventsource_core::{Append, ManyStreams, MultiStreamStore, Position, Store};
use eventsource_sqlite::SqliteStore;
use sample::{event, stream};

const EVENTS: u64 = 100_000;
/// With this much in each, all the lines have 60 MB.
const PADDING: usize = 300;
/// What the process may need more in the second half, with 30 MB to go: the caches of the databases are full by then.
const GROWTH_KB: u64 = 4 << 10;

/// The most memory that the process has ever had, in KiB.
fn peak_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.unwrap()
        .trim()
        .trim_end_matches(" kB")
        .trim()
        .parse()
        .unwrap()
}

#[tokio::test]
async fn a_large_store_is_never_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let from = SqliteStore::open(folder.path().join("from.db"))
        .await
        .unwrap();
    let padding = "x".repeat(PADDING);
    for first in (0..EVENTS).step_by(1_000) {
        let mut append: Append<ManyStreams> = Append::across();
        for number in first..first + 1_000 {
            let mut event = event(number);
            event.payload = format!(r#"{{"number":{number},"padding":"{padding}"}}"#).into_bytes();
            append = append.record(stream(&format!("account/{}", number % 1_000)), event);
        }
        from.append_across(Arc::new(append)).await.unwrap();
    }

    let to = SqliteStore::open(folder.path().join("to.db"))
        .await
        .unwrap();
    let (mut bytes, mut largest, mut half_way) = (0, 0, None);
    let mut export = Export::of(&from);
    let mut import = Import::into(&to);
    while let Some(page) = export.next_page().await.unwrap() {
        bytes += page.len();
        largest = largest.max(page.len());
        if export.progress().events > EVENTS / 2 {
            half_way.get_or_insert_with(peak_kb);
        }
        for line in page.lines() {
            import.line(line).await.unwrap();
        }
    }
    let imported = import.finish().await.unwrap();
    assert_eq!(
        (imported.stored, to.head().await.unwrap()),
        (EVENTS, Position(EVENTS))
    );
    assert!(bytes > 60 << 20, "{bytes} bytes went through");
    assert!(largest < 300 << 10, "a page had {largest} bytes");
    let growth = peak_kb() - half_way.unwrap();
    assert!(growth < GROWTH_KB, "{growth} KiB more in the second half");
    from.close().await;
    to.close().await;
}
