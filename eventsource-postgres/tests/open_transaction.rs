//! Load while a transaction is left open elsewhere in the server: readers and writers go on, and the throughput stays.
//! `scripts/open-transaction` runs the long form and prints the figures.

mod server;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use eventsource_core::{Position, Store};
use eventsource_faults::rounds;
use eventsource_faults::write::{Fate, Id, writer};
use eventsource_postgres::PostgresStore;
use tokio_postgres::NoTls;

const TASKS: u64 = 64;
const TURN: Duration = Duration::from_millis(2_500);

/// A store under load in turns, and what it has done.
struct Side {
    store: PostgresStore,
    next: u64,
    /// Appends a second, turn by turn.
    rates: Vec<f64>,
}

impl Side {
    async fn open(url: &str) -> Self {
        let store = PostgresStore::open(url).await.unwrap();
        Self {
            store,
            next: 0,
            rates: Vec::new(),
        }
    }

    /// Writes for a while, and looks whether a reader reaches what was written.
    async fn turn(&mut self, length: Duration) {
        let stop = Arc::new(AtomicBool::new(false));
        let count = Arc::new(AtomicU32::new(0));
        let begin = Instant::now();
        let writers: Vec<_> = (0..TASKS)
            .map(|task| {
                let count = Arc::clone(&count);
                let tell = move |id, fate| {
                    assert!(matches!(fate, Fate::Acknowledged(_)), "{id}: {fate:?}");
                    count.fetch_add(1, Ordering::SeqCst);
                };
                let id = Id {
                    who: self.next,
                    task,
                    number: 0,
                };
                tokio::spawn(writer(
                    self.store.clone(),
                    id,
                    false,
                    Arc::clone(&stop),
                    tell,
                ))
            })
            .collect();
        let before = self.store.head().await.unwrap();
        let mut events = self.store.subscribe(before);
        tokio::time::sleep(length).await;
        stop.store(true, Ordering::SeqCst);
        for writer in writers {
            writer.await.unwrap();
        }
        let rate = f64::from(count.load(Ordering::SeqCst)) / begin.elapsed().as_secs_f64();
        self.rates.push(rate);
        self.next += 1;
        let head = self.store.head().await.unwrap();
        assert!(head > before, "nothing was written in {length:?}");
        let reading = async {
            let mut last = Position::START;
            while last < head {
                last = events.next().await.unwrap().unwrap().position;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), reading)
            .await
            .expect("a reader that reaches the head");
    }

    fn median(&self, from: usize) -> f64 {
        let mut rates = self.rates[from..].to_vec();
        rates.sort_by(f64::total_cmp);
        rates[rates.len() / 2]
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_left_open_stalls_nobody() {
    let seconds = rounds("LOAD_SECONDS", 20);
    let (with, without) = (
        server::shared_database("open_with"),
        server::shared_database("open_without"),
    );
    let (mut with, mut without, url) = (Side::open(&with).await, Side::open(&without).await, with);
    for side in [&mut with, &mut without] {
        side.turn(TURN).await; // until everything is warm
        side.rates.clear();
    }
    // It has written, and it keeps its snapshot: what vacuum may remove ends here, in this database.
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    for statement in [
        "CREATE TABLE elsewhere (n int)",
        "BEGIN ISOLATION LEVEL REPEATABLE READ",
        "INSERT INTO elsewhere VALUES (1)",
        "SELECT count(*) FROM elsewhere",
    ] {
        client.batch_execute(statement).await.unwrap();
    }
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(seconds) {
        with.turn(TURN).await;
        without.turn(TURN).await;
    }
    client.batch_execute("COMMIT").await.unwrap();
    let turns = with.rates.len();
    let late = turns - turns / 4 - 1;
    for (what, from) in [("all", 0), ("the last quarter", late)] {
        let (with, without) = (with.median(from), without.median(from));
        println!(
            "appends/s at {TASKS} tasks, {what} of {turns} turns: {with:.0} with a transaction left open, {without:.0} \
             without, ratio {:.2}",
            with / without
        );
    }
    connection.abort();
    with.store.close().await;
    without.store.close().await;
}
