//! Several processes: one that is killed while it appends, and two that write to one file.

mod scratch;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use eventsource_core::{Append, LogScan, Position, Store, StreamName, StreamScan};
use eventsource_sqlite::SqliteStore;
use scratch::{event, path};

const CHILD: &str = "EVENTSOURCE_TEST_FILE";

fn stream(id: u64) -> StreamName {
    StreamName::new("sample", &id).unwrap()
}

fn append(id: u64, events: usize) -> Arc<Append> {
    Arc::new((0..events).fold(Append::to(stream(id)), |append, _| append.event(event())))
}

/// Starts a second process that appends to this file as fast as it can, and prints what was acknowledged.
fn saturating(path: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "the_other_process", "--ignored", "--nocapture"])
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
                    let placed = store.append(append(id, 3)).await.unwrap().placed;
                    println!("\nacknowledged {id} {}", placed[2].version);
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

/// The stream and the version in a line of the other process.
fn acknowledged(line: &str) -> Option<(u64, u64)> {
    let (id, version) = line.strip_prefix("acknowledged ")?.split_once(' ')?;
    Some((id.parse().ok()?, version.parse().ok()?))
}

#[tokio::test]
async fn g1_what_was_acknowledged_survives_a_kill() {
    let path = path("killed");
    let mut last = [0; 32];
    for round in 0..5_u64 {
        let mut child = saturating(&path);
        let mut lines = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .map_while(Result::ok);
        let first = lines.find_map(|line| acknowledged(&line));
        let (id, version) = first.expect("an acknowledgement");
        last[usize::try_from(id).unwrap()] = version;
        std::thread::sleep(Duration::from_millis(50 + 37 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        // What it has printed before it was killed is still in the pipe.
        for (id, version) in lines.filter_map(|line| acknowledged(&line)) {
            last[usize::try_from(id).unwrap()] = version;
        }
        let store = SqliteStore::open(&path).await.unwrap();
        for (id, acknowledged) in (0..).zip(last) {
            let versions: Vec<_> = store
                .read_stream(StreamScan::of(stream(id)))
                .await
                .unwrap()
                .iter()
                .map(|event| event.version.0)
                .collect();
            assert!(
                versions.len() as u64 >= acknowledged,
                "stream {id}: {} of {acknowledged}",
                versions.len()
            );
            assert_eq!(versions.len() % 3, 0, "stream {id} has a part of an append");
            assert!(
                versions.iter().copied().eq(1..=versions.len() as u64),
                "stream {id} has gaps"
            );
        }
        let head = store.head().await.unwrap();
        let positions: Vec<_> = store
            .read_all(LogScan::default())
            .await
            .unwrap()
            .iter()
            .map(|event| event.position.0)
            .collect();
        assert!(
            positions.iter().copied().eq(1..=head.0),
            "the positions have gaps"
        );
        store.close().await;
    }
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

/// Starts the other process, and reads what it prints, so that it is never stopped by a full pipe.
async fn busy_neighbour(path: &Path, store: &SqliteStore) -> Child {
    let mut child = saturating(path);
    let output = BufReader::new(child.stdout.take().unwrap());
    std::thread::spawn(move || output.lines().map_while(Result::ok).count());
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
#[tokio::test]
async fn a_stopped_process_delays_nobody_for_long() {
    let path = path("stopped");
    let store = SqliteStore::open(&path).await.unwrap();
    let mut child = busy_neighbour(&path, &store).await;
    let signal = |signal: &str, child: &Child| {
        assert!(
            Command::new("kill")
                .args([signal, &child.id().to_string()])
                .status()
                .unwrap()
                .success()
        );
    };
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
