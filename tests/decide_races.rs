//! Decisions that race, on every store: none is made on what has changed, and none sees what never was.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

use eventsource_core::prelude::*;
use eventsource_core::{
    BoundaryStore, DecideError, Declined, Member, MemoryStore, Query, Retry, Tag,
};
use eventsource_sqlite::{Durability, SqliteStore};
use tokio::sync::Barrier;

#[event(name = "doctor.on-call")]
pub struct WentOn {
    #[tag]
    pub ward: u32,
    pub doctor: u32,
}

#[event(name = "doctor.off-call")]
pub struct WentOff {
    #[tag]
    pub ward: u32,
    pub doctor: u32,
}

#[decision_model(events(WentOn, WentOff))]
pub struct OnCall {
    #[tag]
    ward: u32,
    doctors: Vec<u32>,
}

#[apply]
impl OnCall {
    fn on(&mut self, event: &WentOn) {
        self.doctors.push(event.doctor);
    }

    fn off(&mut self, event: &WentOff) {
        self.doctors.retain(|doctor| *doctor != event.doctor);
    }
}

#[derive(Debug, PartialEq, thiserror::Error)]
pub enum Refused {
    #[error("nobody would be left")]
    NobodyLeft,
    #[error("the purse is empty")]
    Empty,
    /// What must never be seen.
    #[error("{total} are there in all")]
    Inconsistent { total: i64 },
}

/// A purse, as an aggregate; and, by the tag of its events, as a model.
#[event(name = "purse.moved")]
pub struct Moved {
    #[tag]
    pub purse: u32,
    pub by: i64,
}

#[command]
pub struct Move {
    pub by: i64,
}

#[aggregate(name = "purse", id = u32, error = Refused, events(Moved), commands(Move))]
#[derive(Default)]
pub struct Purse {
    coins: i64,
}

#[handle]
impl Purse {
    fn r#move(
        &self,
        command: Move,
        context: &eventsource_core::Context<Self>,
    ) -> Result<Moved, Refused> {
        ensure!(self.coins + command.by >= 0, Refused::Empty);
        let purse = *context.id();
        Ok(Moved {
            purse,
            by: command.by,
        })
    }
}

#[apply]
impl Purse {
    fn moved(&mut self, event: &Moved) {
        self.coins += event.by;
    }
}

#[decision_model(events(Moved))]
pub struct Coins {
    #[tag]
    purse: u32,
    coins: i64,
}

#[apply]
impl Coins {
    fn moved(&mut self, event: &Moved) {
        self.coins += event.by;
    }
}

/// Runs a test on every store.
async fn on_every_store<F>(test: impl Fn(Stores) -> F)
where
    F: Future<Output = ()>,
{
    test(Stores::Memory(MemoryStore::new())).await;
    let folder = tempfile::tempdir().expect("a scratch directory");
    let options = SqliteStore::options().durability(Durability::Process);
    let store = options
        .open(folder.path().join("events.db"))
        .await
        .expect("opened");
    test(Stores::Sqlite(store.clone())).await;
    store.close().await;
}

enum Stores {
    Memory(MemoryStore),
    Sqlite(SqliteStore),
}

macro_rules! every_store {
    ($($name:ident)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn $name() {
            on_every_store(|store| async {
                match store {
                    Stores::Memory(store) => run::$name(store).await,
                    Stores::Sqlite(store) => run::$name(store).await,
                }
            })
            .await;
        }
    )*};
}

every_store! {
    of_two_that_exclude_each_other_one_is_made
    a_model_by_type_alone_excludes_too
    no_coin_is_lost_and_no_total_is_wrong
}

/// Others may be faster for long: so these tests have patience.
fn patient() -> Retry {
    Retry {
        attempts: 1000,
        ..Retry::default()
    }
}

mod run {
    use super::*;

    /// Two doctors are on call, and both want to go home at once: write skew, where each reads what the other changes.
    pub(super) async fn of_two_that_exclude_each_other_one_is_made(store: impl BoundaryStore) {
        for ward in 0..100 {
            let both = |_: &OnCall| [0, 1].map(|doctor| WentOn { ward, doctor });
            store.decide(OnCall::of(ward), both).await.unwrap();
            let barrier = Arc::new(Barrier::new(2));
            let leave = |doctor: u32| {
                let (store, barrier) = (store.clone(), Arc::clone(&barrier));
                tokio::spawn(async move {
                    barrier.wait().await;
                    let leave = |on_call: &OnCall| {
                        ensure!(on_call.doctors.len() > 1, Refused::NobodyLeft);
                        Ok(WentOff { ward, doctor })
                    };
                    store.decide(OnCall::of(ward), leave).await
                })
            };
            let answers = [leave(0), leave(1)].map(|answer| async { answer.await.unwrap() });
            let [first, second] = answers;
            let left = [first.await, second.await]
                .into_iter()
                .filter(|answer| match answer {
                    Ok(_) => true,
                    Err(DecideError::Refused(Refused::NobodyLeft)) => false,
                    Err(error) => panic!("{error}"),
                });
            assert_eq!(left.count(), 1, "ward {ward}");
        }
    }

    #[event(name = "number.given")]
    pub struct NumberGiven {
        pub number: u32,
    }

    #[decision_model(events(NumberGiven))]
    pub struct LastNumber {
        number: u32,
    }

    #[apply]
    impl LastNumber {
        fn given(&mut self, event: &NumberGiven) {
            self.number = event.number;
        }
    }

    /// Numbers without a gap, given out by many.
    pub(super) async fn a_model_by_type_alone_excludes_too(store: impl BoundaryStore) {
        let give = || {
            let store = store.clone();
            tokio::spawn(async move {
                for _ in 0..10 {
                    let next = |last: &LastNumber| NumberGiven {
                        number: last.number + 1,
                    };
                    store
                        .decide(LastNumber::of(), next)
                        .retry(patient())
                        .await
                        .unwrap();
                }
            })
        };
        let tasks: Vec<_> = (0..8).map(|_| give()).collect();
        for task in tasks {
            task.await.unwrap();
        }
        let given = Query::types([NumberGiven::NAME]);
        let events = store
            .read_all(eventsource_core::LogScan::default().matching(given))
            .await
            .unwrap();
        let numbers: Vec<_> = events
            .iter()
            .map(|event| event.decode_as::<NumberGiven>().unwrap().number)
            .collect();
        assert_eq!(numbers, (1..=80).collect::<Vec<_>>());
    }

    const PURSES: u32 = 4;
    const TOTAL: i64 = 40;

    /// While coins are moved from purse to purse, others look at all of them, in every mixture of aggregates and models,
    /// record nothing, and refuse if it is not as many as there ever were.
    pub(super) async fn no_coin_is_lost_and_no_total_is_wrong(store: impl BoundaryStore) {
        let purses = Repository::<Purse, _>::new(store.clone()).retry(patient());
        for purse in 0..PURSES {
            purses
                .execute(
                    &purse,
                    Move {
                        by: TOTAL / i64::from(PURSES),
                    },
                )
                .await
                .unwrap();
        }
        let movers = (0..4).map(|task| {
            let purses = purses.clone();
            tokio::spawn(async move {
                for number in 0..40 {
                    let (from, to) = ((task + number) % PURSES, (task + number * 2 + 1) % PURSES);
                    if from == to {
                        continue;
                    }
                    let by = i64::from(number % 7) + 1;
                    let decision =
                        purses
                            .store()
                            .decide((purses.at(&from), purses.at(&to)), |(from, to)| {
                                from.execute(Move { by: -by })?;
                                to.execute(Move { by })
                            });
                    match decision.await {
                        Ok(_) | Err(DecideError::Refused(Refused::Empty)) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
            })
        });
        let movers: Vec<_> = movers.collect();
        let looker = {
            let (store, purses) = (store.clone(), purses.clone());
            tokio::spawn(async move {
                for _ in 0..60 {
                    look(&store, &purses).await;
                }
            })
        };
        for task in movers {
            task.await.unwrap();
        }
        looker.await.unwrap();
        look(&store, &purses).await;
        let mut stored = BTreeMap::new();
        for purse in 0..PURSES {
            let tagged = Query::tag(Tag::new("purse", purse));
            let scan = eventsource_core::LogScan::default().matching(tagged);
            let moved = store.read_all(scan).await.unwrap();
            let moved = moved
                .iter()
                .map(|event| event.decode_as::<Moved>().unwrap().by);
            stored.insert(purse, moved.sum::<i64>());
        }
        assert_eq!(stored.values().sum::<i64>(), TOTAL);
        assert!(stored.values().all(|coins| *coins >= 0), "{stored:?}");
    }

    fn all_there(coins: [i64; 4]) -> Result<(), Refused> {
        let total = coins.iter().sum();
        ensure!(total == TOTAL, Refused::Inconsistent { total });
        Ok(())
    }

    fn coins(purse: &Member<Purse>) -> i64 {
        purse.state().map_or(0, |purse| purse.coins)
    }

    async fn look<S: BoundaryStore>(store: &S, purses: &Repository<Purse, S>) {
        let models = (Coins::of(0), Coins::of(1), Coins::of(2), Coins::of(3));
        let seen = store.decide(models, |(a, b, c, d)| {
            all_there([a.coins, b.coins, c.coins, d.coins])
        });
        assert!(seen.await.unwrap().events.is_empty());
        let aggregates = (purses.at(&0), purses.at(&1), purses.at(&2), purses.at(&3));
        let seen = store.decide(aggregates, |(a, b, c, d)| {
            all_there([coins(a), coins(b), coins(c), coins(d)])
        });
        assert!(seen.await.unwrap().events.is_empty());
        // Refused, after something was tried: that is true too.
        let mixture = (purses.at(&0), Coins::of(1), purses.at(&2), Coins::of(3));
        let seen = store.decide(mixture, |(a, b, c, d)| {
            all_there([coins(a), b.coins, coins(c), d.coins])?;
            a.execute(Move { by: 1 })?;
            Err::<(), _>(Declined::Refused(Refused::Inconsistent { total: 0 }))
        });
        let refused = seen.await.unwrap_err();
        assert!(
            matches!(
                refused,
                DecideError::Refused(Refused::Inconsistent { total: 0 })
            ),
            "{refused}"
        );
    }
}
