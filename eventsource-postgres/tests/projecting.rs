//! Runners of a projection are killed, and stopped between their writes and their commit: each event counts once.
//! `scripts/faults-projections` is the long form.

mod scratch;

use std::collections::BTreeMap;

use eventsource_core::OnError;
use eventsource_core::prelude::*;
use eventsource_faults::{Others, in_role, project, rounds, say};
use eventsource_postgres::{PgTx, PostgresStore, TxError};
use scratch::Schema;

#[event(name = "turnover.made")]
struct Made {
    amount: i64,
}

struct Turnover;

#[projection(name = "turnover")]
impl Turnover {
    #[create]
    async fn tables(&self, tx: &mut PgTx) -> Result<(), TxError> {
        tx.execute_batch(
            "CREATE TABLE {turnover} (stream text PRIMARY KEY, sum bigint NOT NULL, count bigint NOT NULL)",
        )
        .await
    }

    async fn made(&self, event: &Recorded<Made>, tx: &mut PgTx) -> Result<(), TxError> {
        let sql = "INSERT INTO {turnover} AS t VALUES ($1, $2, 1) ON CONFLICT (stream) DO UPDATE \
                   SET sum = t.sum + excluded.sum, count = t.count + 1";
        tx.execute(sql, &[&event.stream.as_str(), &event.event.amount])
            .await?;
        if project::pauses_at(event.position.0) {
            project::has_written();
            tokio::time::sleep(project::PAUSE).await;
        }
        Ok(())
    }
}

/// The store whose tables, and those of the projection, are in a schema of this name.
async fn open(place: &str) -> PostgresStore {
    let separator = if scratch::url().contains('?') {
        '&'
    } else {
        '?'
    };
    let url = format!(
        "{}{separator}options=-c%20search_path%3D{place}_tables",
        scratch::url()
    );
    scratch::options(place).open(&url).await.unwrap()
}

#[test]
#[ignore = "runs as another process of the other test"]
fn the_projecting_process() {
    in_role(|place, _| async move {
        let store = open(&place).await;
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
    let schema = Schema::fresh();
    let tables = Schema(format!("{}_tables", schema.name()));
    let client = scratch::client().await;
    let name = tables.name();
    client
        .batch_execute(&format!("CREATE SCHEMA {name}; SET search_path = {name}"))
        .await
        .unwrap();
    let others = Others {
        test: "the_projecting_process",
        place: schema.name().to_owned(),
    };
    let store = open(&others.place).await;
    let (kills, events) = (rounds("KILL_ROUNDS", 8), rounds("PROJECT_EVENTS", 40_000));
    let projected =
        project::while_runners_are_killed(&store, &others, "turnover", kills, events).await;
    println!("PostgreSQL: {projected}");
    let rows = client
        .query("SELECT stream, sum, count FROM turnover", &[])
        .await
        .unwrap();
    let found: BTreeMap<String, (i64, i64)> = rows
        .iter()
        .map(|row| (row.get(0), (row.get(1), row.get(2))))
        .collect();
    assert_eq!(found, projected.sums);
    assert!(
        projected.stops > 0,
        "no process was stopped in a transaction"
    );
    store.close().await;
}
