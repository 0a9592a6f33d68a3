//! Runners of a projection are killed, and stopped between their writes and their commit: each event counts once.
//! `scripts/faults-projections` is the long form.

mod scratch;

use std::collections::BTreeMap;
use std::time::Duration;

use eventsource_core::OnError;
use eventsource_core::prelude::*;
use eventsource_faults::{Others, in_role, project, rounds, say};
use eventsource_sqlite::rusqlite::{self, Connection, params};
use eventsource_sqlite::{SqliteStore, SqliteTx};

#[event(name = "turnover.made")]
struct Made {
    amount: i64,
}

struct Turnover;

#[projection(name = "turnover")]
impl Turnover {
    #[create]
    fn tables(&self, tx: &SqliteTx) -> rusqlite::Result<()> {
        tx.execute_batch(
            "CREATE TABLE {turnover} (stream TEXT PRIMARY KEY, sum INTEGER NOT NULL, count INTEGER NOT NULL)",
        )
    }

    fn made(&self, event: &Recorded<Made>, tx: &SqliteTx) -> rusqlite::Result<()> {
        let sql = "INSERT INTO {turnover} VALUES (?1, ?2, 1) ON CONFLICT DO UPDATE \
                   SET sum = sum + excluded.sum, count = count + 1";
        tx.execute(sql, params![event.stream.as_str(), event.event.amount])?;
        if project::pauses_at(event.position.0) {
            project::has_written();
            std::thread::sleep(project::PAUSE);
        }
        Ok(())
    }
}

#[test]
#[ignore = "runs as another process of the other test"]
fn the_projecting_process() {
    in_role(|place, _| async move {
        let store = SqliteStore::options().patience(Duration::from_secs(60));
        let store = store.open(&place).await.unwrap();
        say("open");
        let forever = OnError::stop().retries(u32::MAX);
        let runner = store.project(Turnover).batch(64).slices(2);
        runner
            .lease(project::LEASE)
            .on_error(forever)
            .run()
            .await
            .unwrap();
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g6_each_event_counts_once_though_runners_are_killed_and_stopped() {
    let others = Others {
        test: "the_projecting_process",
        place: scratch::path("projecting").to_str().unwrap().to_owned(),
    };
    let store = SqliteStore::options().patience(Duration::from_secs(60));
    let store = store.open(&others.place).await.unwrap();
    let (kills, events) = (rounds("KILL_ROUNDS", 8), rounds("PROJECT_EVENTS", 40_000));
    let projected =
        project::while_runners_are_killed(&store, &others, "turnover", kills, events).await;
    println!("SQLite: {projected}");
    let conn = Connection::open(&others.place).unwrap();
    let mut read = conn
        .prepare("SELECT stream, sum, count FROM turnover")
        .unwrap();
    let rows = read.query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))));
    let found: BTreeMap<String, (i64, i64)> = rows.unwrap().map(Result::unwrap).collect();
    assert_eq!(found, projected.sums);
    assert!(
        projected.stops > 0,
        "no process was stopped in a transaction"
    );
    store.close().await;
}
