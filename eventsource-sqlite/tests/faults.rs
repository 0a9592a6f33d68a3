//! Races, kills and followers with several processes. `scripts/faults-sqlite` runs their long forms.

mod scratch;

use eventsource_faults::{Others, follow, kill, other_process, race, rounds};
use eventsource_sqlite::SqliteStore;
use scratch::path;

async fn open(place: String) -> SqliteStore {
    SqliteStore::open(place).await.unwrap()
}

async fn fresh(name: &str) -> (SqliteStore, Others) {
    let place = path(name).to_str().unwrap().to_owned();
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
async fn g4_nobody_who_follows_loses_an_event() {
    let (store, others) = fresh("followers").await;
    let followed =
        follow::while_processes_write(&store, &others, rounds("FOLLOW_EVENTS", 20_000)).await;
    println!("{followed}");
    store.close().await;
}
