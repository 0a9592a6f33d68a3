//! Races, kills, stops and followers with several processes. `scripts/faults-postgres` runs their long forms.

mod server;

use std::time::Duration;

use eventsource_faults::{Others, follow, kill, other_process, race, rounds, stop};
use eventsource_postgres::PostgresStore;

async fn open(place: String) -> PostgresStore {
    PostgresStore::open(&place).await.unwrap()
}

async fn fresh(name: &str) -> (PostgresStore, Others) {
    let place = server::shared_database(name);
    let store = open(place.clone()).await;
    let test = "the_other_process";
    (store, Others { test, place })
}

#[test]
#[ignore = "runs as another process of the other tests"]
fn the_other_process() {
    other_process(open);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g3_of_those_who_race_one_wins() {
    let (store, others) = fresh("race").await;
    for goal in [race::For::Version, race::For::Tag, race::For::Skew] {
        let rounds = rounds("RACE_ROUNDS", 200);
        println!(
            "{}",
            race::between_two_processes(&store, &others, goal, 4, rounds).await
        );
    }
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g1_a_killed_writer_loses_nothing() {
    let (store, others) = fresh("kills").await;
    let found = kill::the_writer(&store, &others, rounds("KILL_ROUNDS", 10)).await;
    println!("{found}");
    assert!(found.acknowledged > 0 && found.gaps == 0, "{found}");
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g3_a_stopped_writer_delays_nobody_for_long() {
    let (store, others) = fresh("stops").await;
    let bound = Duration::from_secs(10);
    let stopped = stop::the_writer(&store, &others, rounds("STOP_ROUNDS", 20), bound).await;
    println!("{stopped}");
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g4_nobody_who_follows_loses_an_event() {
    let (store, others) = fresh("followers").await;
    let followed =
        follow::while_processes_write(&store, &others, rounds("FOLLOW_EVENTS", 20_000)).await;
    println!("{followed}");
    store.close().await;
}
