//! The runs as tests: one line in a test file of a store.

use std::future::Future;

use eventsource_core::BoundaryStore;

use crate::process::{Others, rounds};
use crate::{follow, kill, race};

/// Makes a `#[test]` for each run that every store must stand: races, kills of a writer, followers.
///
/// `$open` is an `async fn(String) -> S` that opens the store at a place, `$place` a `fn(&str) -> String` that gives
/// the place of a new store, with a name for it. How long each run is can be set by the environment: `RACE_ROUNDS`,
/// `KILL_ROUNDS`, `FOLLOW_EVENTS`.
///
/// A test that starts other processes itself does it with [`others_here!`](crate::others_here).
#[macro_export]
macro_rules! fault_tests {
    ($open:path, $place:path) => {
        #[test]
        #[ignore = "runs as another process of the other tests"]
        fn the_other_process() {
            $crate::other_process($open);
        }

        #[test]
        fn g1_a_killed_writer_loses_nothing() {
            let others = $crate::others_here!($place("kill"));
            $crate::run($open, others, $crate::the_writer_is_killed);
        }

        #[test]
        fn g3_of_those_who_race_one_wins() {
            let others = $crate::others_here!($place("race"));
            $crate::run($open, others, $crate::callers_race);
        }

        #[test]
        fn g4_nobody_who_follows_loses_an_event() {
            let others = $crate::others_here!($place("follow"));
            $crate::run($open, others, $crate::readers_follow);
        }
    };
}

/// The other processes of a test in this module, which has the test `the_other_process`, with the store at this place.
#[macro_export]
macro_rules! others_here {
    ($place:expr) => {
        $crate::Others {
            // The harness's names of tests have the module, and not the crate.
            test: concat!(module_path!(), "::the_other_process")
                .split_once("::")
                .map_or("the_other_process", |(_, test)| test),
            place: $place,
        }
    };
}

/// Opens the store, and runs something with it and with other processes.
///
/// # Panics
///
/// If a promise is broken.
#[doc(hidden)]
pub fn run<S, O, R, T>(open: impl FnOnce(String) -> O, others: Others, test: R)
where
    S: BoundaryStore,
    O: Future<Output = S>,
    R: FnOnce(S, Others) -> T,
    T: Future<Output = ()>,
{
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let store = open(others.place.clone()).await;
        test(store, others).await;
    });
}

#[doc(hidden)]
pub async fn the_writer_is_killed<S: BoundaryStore>(store: S, others: Others) {
    let kills = rounds("KILL_ROUNDS", 10);
    println!("{}", kill::the_writer(&store, &others, kills).await);
}

#[doc(hidden)]
pub async fn callers_race<S: BoundaryStore>(store: S, others: Others) {
    let rounds = rounds("RACE_ROUNDS", 200);
    for goal in [race::For::Version, race::For::Tag, race::For::Skew] {
        let raced = race::between_two_processes(&store, &others, goal, 4, rounds).await;
        println!("{raced}");
    }
}

#[doc(hidden)]
pub async fn readers_follow<S: BoundaryStore>(store: S, others: Others) {
    let events = rounds("FOLLOW_EVENTS", 20_000);
    let followed = follow::while_processes_write(&store, &others, events).await;
    println!("{followed}");
}
