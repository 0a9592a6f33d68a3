//! Processes that write to one file take turns, and one that is stopped or killed in the midst of its turn is survived.

mod scratch;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use eventsource_core::{Append, AppendError, Position, Store, StoreError, StreamName, StreamScan};
use eventsource_sqlite::SqliteStore;
use scratch::{event, path};

const CHILD: &str = "EVENTSOURCE_TEST_FILE";

fn stream(id: u64) -> StreamName {
    StreamName::new("sample", &id).unwrap()
}

fn append(id: u64, events: usize) -> Arc<Append> {
    Arc::new((0..events).fold(Append::to(stream(id)), |append, _| append.event(event())))
}

/// Starts a second process that appends to this file as fast as it can.
fn saturating(path: &Path) -> Child {
    other_process("the_other_process", path)
}

fn other_process(test: &str, path: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--ignored", "--nocapture"])
        .env(CHILD, path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
#[ignore = "runs as a second process of the other tests"]
fn the_other_process() {
    let Ok(path) = std::env::var(CHILD) else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let store = SqliteStore::open(path).await.unwrap();
        let write = |id| {
            let store = store.clone();
            tokio::spawn(async move {
                loop {
                    store.append(append(id, 3)).await.unwrap();
                }
            })
        };
        // None of them ends.
        let writers: Vec<_> = (0..32).map(write).collect();
        let Some(writer) = writers.into_iter().next() else {
            return;
        };
        writer.await.unwrap();
    });
}

/// How long single appends take beside a process that appends without a pause: the median, the 99th percentile and the
/// longest.
async fn beside_a_saturated_writer(store: &SqliteStore, appends: usize) -> [Duration; 3] {
    let mut times = Vec::new();
    for _ in 0..appends {
        let begin = Instant::now();
        store.append(append(1_000, 1)).await.unwrap();
        times.push(begin.elapsed());
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
    times.sort();
    [
        times[appends / 2],
        times[appends * 99 / 100],
        times[appends - 1],
    ]
}

/// Starts the other process, and waits until it writes.
async fn busy_neighbour(path: &Path, store: &SqliteStore) -> Child {
    let child = saturating(path);
    while store.head().await.unwrap() < Position(300) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    child
}

#[tokio::test]
async fn a_second_process_has_its_turn() {
    let path = path("turns");
    let store = SqliteStore::open(&path).await.unwrap();
    let mut child = busy_neighbour(&path, &store).await;
    let before = store.head().await.unwrap();
    let begin = Instant::now();
    let [median, p99, longest] = beside_a_saturated_writer(&store, 300).await;
    let written = store.head().await.unwrap().0 - before.0;
    let rate = u128::from(written) * 1_000 / begin.elapsed().as_millis();
    child.kill().unwrap();
    child.wait().unwrap();
    println!(
        "beside a saturated writer ({rate} events/s): median {median:?}, p99 {p99:?}, longest {longest:?}"
    );
    assert!(
        p99 < Duration::from_secs(1),
        "the second process waited {p99:?} (p99), {longest:?} at most"
    );
}

#[cfg(unix)]
fn signal(signal: &str, child: &Child) {
    // The shell's own `kill`: the program of that name is not everywhere.
    let kill = format!("kill {signal} {}", child.id());
    let status = Command::new("sh").args(["-c", &kill]).status().unwrap();
    assert!(status.success(), "no process {} to signal", child.id());
}

#[cfg(unix)]
#[tokio::test]
async fn a_stopped_process_delays_nobody_for_long() {
    let path = path("stopped");
    let store = SqliteStore::open(&path).await.unwrap();
    let mut child = busy_neighbour(&path, &store).await;
    // Stopped while it waits for its turn, not while it has it: the latter stops every SQLite writer.
    let mut stopped_waiting = false;
    for _ in 0..50 {
        let other = rusqlite::Connection::open(&path).unwrap();
        while other.execute_batch("BEGIN IMMEDIATE").is_err() {}
        tokio::time::sleep(Duration::from_millis(5)).await;
        signal("-STOP", &child);
        // Until the signal has surely arrived.
        tokio::time::sleep(Duration::from_millis(20)).await;
        other.execute_batch("COMMIT").unwrap();
        let mut waiting = path.clone().into_os_string();
        waiting.push("-turn");
        if std::fs::File::open(waiting).unwrap().try_lock().is_err() {
            stopped_waiting = true;
            break;
        }
        signal("-CONT", &child);
    }
    assert!(
        stopped_waiting,
        "the other process was never caught waiting"
    );
    let begin = Instant::now();
    for _ in 0..300 {
        store.append(append(1_000, 1)).await.unwrap();
    }
    let taken = begin.elapsed();
    signal("-CONT", &child);
    child.kill().unwrap();
    child.wait().unwrap();
    println!("300 appends beside a stopped process: {taken:?}");
    assert!(
        taken < Duration::from_secs(5),
        "300 appends beside a stopped process took {taken:?}"
    );
}

#[test]
#[ignore = "runs as a second process of the other tests"]
fn one_that_has_its_turn() {
    let Ok(path) = std::env::var(CHILD) else {
        return;
    };
    let conn = rusqlite::Connection::open(path).unwrap();
    conn.execute_batch("BEGIN IMMEDIATE; INSERT INTO streams (name) VALUES ('half/1')")
        .unwrap();
    println!("\nwrites");
    // Until it is killed, or the test is gone.
    std::io::stdin().lines().for_each(drop);
    std::thread::sleep(Duration::from_secs(60));
}

/// Nobody can take the lock of SQLite away from a process that is stopped: so appends fail after a while, with nothing
/// written, and go on as soon as it is killed.
#[cfg(unix)]
#[tokio::test]
async fn a_process_that_is_stopped_in_its_turn_blocks_nobody_for_ever() {
    let path = path("in-its-turn");
    let patience = Duration::from_millis(300);
    let options = SqliteStore::options().patience(patience);
    let store = options.open(&path).await.unwrap();
    store.append(append(1, 1)).await.unwrap();
    let mut child = other_process("one_that_has_its_turn", &path);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "writes"));
    signal("-STOP", &child);
    for _ in 0..3 {
        let error = store.append(append(1, 1)).await.unwrap_err();
        assert!(
            matches!(&error, AppendError::Store(StoreError::Backend { .. }))
                && error.to_string().contains("waiting for other processes"),
            "{error}"
        );
        assert_eq!(store.head().await.unwrap(), Position(1), "reads go on");
    }
    assert!(store.metrics().lock_wait >= patience);
    child.kill().unwrap();
    child.wait().unwrap();
    let after = store.append(append(1, 1)).await.unwrap();
    assert_eq!(after.placed[0].position, Position(2));
    let half = StreamScan::of(StreamName::parse("half/1").unwrap());
    assert!(store.read_stream(half).await.unwrap().is_empty());
    store.close().await;
}
