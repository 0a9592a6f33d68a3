//! Snapshots through the repository: when one is taken, when it is used, and that it changes nothing.

use std::pin::Pin;
use std::time::Duration;

use eventsource_core::prelude::*;
use eventsource_core::{
    Fingerprint, MemoryStore, Snapshot, SnapshotStore, Snapshots, Snapshotted, Store, StreamName,
    StreamScan, Timestamp, Version, testing,
};
use proptest::prelude::*;

#[event(name = "till.opened")]
pub struct Opened {
    pub owner: String,
}

#[event(name = "till.paid")]
pub struct Paid {
    pub amount: i64,
}

#[event(name = "till.closed")]
pub struct Closed;

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("the till refuses")]
pub struct Refused;

#[aggregate(
    name = "till",
    id = u64,
    error = Refused,
    events(Opened, Paid, Closed),
    commands(Open, Pay, Close),
    invariant = Till::is_sound,
    snapshot(every = 10),
)]
#[derive(Clone, PartialEq)]
pub enum Till {
    Open {
        owner: String,
        sum: i64,
        notes: std::collections::BTreeMap<String, i64>,
    },
    Closed {
        sum: i64,
    },
}

impl Till {
    fn is_sound(&self) -> bool {
        self.sum() >= 0
    }

    fn sum(&self) -> i64 {
        match self {
            Self::Open { sum, .. } | Self::Closed { sum } => *sum,
        }
    }
}

#[apply]
impl Till {
    fn opened(event: &Opened) -> Self {
        Self::Open {
            owner: event.owner.clone(),
            sum: 0,
            notes: std::collections::BTreeMap::new(),
        }
    }

    fn paid(&mut self, event: &Paid, meta: &EventMeta) {
        if let Self::Open { sum, notes, owner } = self {
            *sum += event.amount;
            *notes.entry(owner.clone()).or_default() += i64::from(meta.version() == Version(3));
        }
    }

    fn closed(&mut self, _: &Closed) {
        *self = Self::Closed { sum: self.sum() };
    }
}

#[handle]
impl Till {
    #[command]
    pub fn open(owner: String) -> Result<Opened, Refused> {
        Ok(Opened { owner })
    }

    #[command]
    pub fn pay(&self, amount: i64) -> Result<Paid, Refused> {
        ensure!(
            matches!(self, Self::Open { .. }) && self.sum() + amount >= 0,
            Refused
        );
        Ok(Paid { amount })
    }

    #[command]
    pub fn close(&self) -> Option<Closed> {
        matches!(self, Self::Open { .. }).then_some(Closed)
    }
}

type Tills = Repository<Till, MemoryStore>;

async fn till(tills: &Tills, payments: u64) {
    tills
        .execute(&1, Open { owner: "me".into() })
        .await
        .unwrap();
    for _ in 0..payments {
        tills.execute(&1, Pay { amount: 1 }).await.unwrap();
    }
}

fn stream() -> StreamName {
    StreamName::parse("till/1").unwrap()
}

async fn kept(store: &MemoryStore) -> Option<Snapshot> {
    store.snapshot(stream(), Till::FINGERPRINT).await.unwrap()
}

async fn version_kept(store: &MemoryStore) -> Option<u64> {
    kept(store).await.map(|snapshot| snapshot.version.0)
}

/// A snapshot that nobody has taken, with a sum that no events make.
async fn plant(store: &MemoryStore, version: u64, sum: i64) {
    let scan = StreamScan::of(stream())
        .until(Version(version))
        .backwards()
        .limit(1);
    let last = store.read_stream(scan).await.unwrap();
    let planted = Snapshot {
        stream: stream(),
        version: Version(version),
        position: last[0].position,
        latest: last[0].recorded_at,
        incarnation: store.identity().incarnation,
        fingerprint: Till::FINGERPRINT,
        format: "json".into(),
        state: format!(r#"{{"Open":{{"owner":"me","sum":{sum},"notes":{{}}}}}}"#).into_bytes(),
    };
    store.forget_snapshots(None).await.unwrap();
    store.keep_snapshot(planted).await.unwrap();
}

#[tokio::test]
async fn one_is_taken_when_so_many_events_were_read() {
    let store = MemoryStore::new();
    let tills = Tills::new(store.clone()).snapshots(Snapshots::declared());
    till(&tills, 9).await;
    assert_eq!(version_kept(&store).await, None);
    tills.load(&1).await.unwrap();
    assert_eq!(version_kept(&store).await, Some(10));
    for _ in 0..10 {
        tills.execute(&1, Pay { amount: 1 }).await.unwrap();
    }
    assert_eq!(version_kept(&store).await, Some(10));
    assert_eq!(tills.load(&1).await.unwrap().sum(), 19);
    assert_eq!(version_kept(&store).await, Some(20));
}

#[tokio::test]
async fn the_repository_may_say_when() {
    let store = MemoryStore::new();
    let tills = Tills::new(store.clone()).snapshots(Snapshots::every(3));
    till(&tills, 4).await;
    assert_eq!(version_kept(&store).await, Some(3));
    // Without the policy nothing is taken, and nothing is used.
    plant(&store, 5, 500).await;
    let plain = Tills::new(store.clone());
    assert_eq!(plain.load(&1).await.unwrap().sum(), 4);
    assert_eq!(tills.load(&1).await.unwrap().sum(), 500);
}

/// A state that is remembered is not loaded again, and is kept all the same; the next process begins with it.
#[tokio::test]
async fn one_is_taken_of_a_state_in_memory() {
    let store = MemoryStore::new();
    let policy = Snapshots::every(5).after::<Closed>();
    let tills = Tills::new(store.clone())
        .snapshots(policy.clone())
        .cache(10);
    till(&tills, 6).await;
    assert_eq!(version_kept(&store).await, Some(5));
    for _ in 0..3 {
        tills.execute(&1, Pay { amount: 1 }).await.unwrap();
    }
    let taken = kept(&store).await.unwrap();
    assert_eq!((taken.version, taken.position.0), (Version(10), 10));
    tills.execute(&1, Close).await.unwrap();
    assert_eq!(version_kept(&store).await, Some(11));
    let next = Tills::new(store.clone()).snapshots(policy);
    let plain = Tills::new(store);
    assert_eq!(next.load(&1).await.unwrap(), plain.load(&1).await.unwrap());
}

#[tokio::test]
async fn one_is_taken_after_an_event_of_a_kind() {
    let store = MemoryStore::new();
    let policy = Snapshots::every(1_000).after::<Closed>();
    let tills = Tills::new(store.clone()).snapshots(policy);
    till(&tills, 3).await;
    tills.load(&1).await.unwrap();
    assert_eq!(version_kept(&store).await, None);
    tills.execute(&1, Close).await.unwrap();
    tills.load(&1).await.unwrap();
    assert_eq!(version_kept(&store).await, Some(5));
}

#[tokio::test]
async fn one_is_taken_when_a_load_was_slow() {
    let store = MemoryStore::new();
    let never = Snapshots::every(1_000).slower_than(Duration::from_secs(1_000));
    till(&Tills::new(store.clone()).snapshots(never), 3).await;
    assert_eq!(version_kept(&store).await, None);
    let always = Snapshots::every(1_000).slower_than(Duration::ZERO);
    let tills = Tills::new(store.clone()).snapshots(always);
    tills.load(&1).await.unwrap();
    assert_eq!(version_kept(&store).await, Some(4));
    // Nothing was read since, so there is nothing to keep.
    store.forget_snapshots(None).await.unwrap();
    plant(&store, 4, 7).await;
    tills.load(&1).await.unwrap();
    assert_eq!(kept(&store).await.unwrap().state.len(), 42);
}

#[tokio::test]
async fn a_load_of_then_uses_none_that_is_later() {
    let store = MemoryStore::new();
    let tills = Tills::new(store.clone()).snapshots(Snapshots::every(1_000));
    till(&tills, 9).await;
    plant(&store, 6, 600).await;
    let at = async |version| {
        let as_of = AsOf::Version(Version(version));
        tills.load_at(&1, as_of).await.unwrap().sum()
    };
    assert_eq!((at(5).await, at(6).await, at(8).await), (4, 600, 602));
    let times: Vec<_> = tills.history(&1).await.unwrap();
    let latest = times[5].recorded_at;
    let before = Timestamp::from_micros(latest.as_micros() - 1);
    let found = tills.load_at(&1, AsOf::Time(before)).await;
    assert!(found.is_ok_and(|till| till.version() < Version(6) && till.sum() < 10));
    assert!(tills.load_at(&1, AsOf::Time(latest)).await.unwrap().sum() >= 600);
    assert_eq!(version_kept(&store).await, Some(6));
}

/// The time of an event need not be later than that of the one before.
#[tokio::test]
async fn a_clock_that_goes_back_misleads_nobody() {
    #[derive(Debug)]
    struct Back(std::sync::atomic::AtomicI64);
    impl eventsource_core::Clock for Back {
        fn now(&self) -> Timestamp {
            Timestamp::from_micros(self.0.fetch_sub(1, std::sync::atomic::Ordering::SeqCst))
        }

        fn sleep(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
            Box::pin(std::future::ready(()))
        }
    }
    let store = MemoryStore::new();
    let tills = Tills::new(store.clone())
        .clock(Back(1_000.into()))
        .snapshots(Snapshots::every(2));
    till(&tills, 9).await;
    tills.load(&1).await.unwrap();
    assert_eq!(kept(&store).await.unwrap().latest.as_micros(), 1_000);
    let plain = Tills::new(store);
    for micros in [985, 995, 999, 1_000, 2_000] {
        let as_of = AsOf::Time(Timestamp::from_micros(micros));
        let (with, without) = (
            tills.load_at(&1, as_of).await,
            plain.load_at(&1, as_of).await,
        );
        assert_eq!(with.ok(), without.ok(), "{micros}");
    }
}

#[tokio::test]
async fn members_of_a_decision_begin_with_one() {
    let store = MemoryStore::new();
    let tills = Tills::new(store.clone()).snapshots(Snapshots::every(4));
    till(&tills, 1).await;
    tills
        .execute(
            &2,
            Open {
                owner: "you".into(),
            },
        )
        .await
        .unwrap();
    plant(&store, 2, 100).await;
    let pay = |amount: i64| {
        store.decide((tills.at(&1), tills.at(&2)), move |(from, to)| {
            from.execute(Pay { amount: -amount })?;
            to.execute(Pay { amount })
        })
    };
    assert_eq!(pay(99).await.unwrap().events.len(), 2);
    assert!(pay(2).await.is_err());
    // That was decided on what nobody has paid: from here on on the events alone, which say less than nothing.
    store.forget_snapshots(None).await.unwrap();
    assert!(tills.load(&1).await.is_err());
    // Members leave snapshots, too.
    for _ in 0..4 {
        pay_alone(&store, &tills).await;
    }
    let other = StreamName::parse("till/2").unwrap();
    assert!(
        store
            .snapshot(other, Till::FINGERPRINT)
            .await
            .unwrap()
            .is_some()
    );
}

async fn pay_alone(store: &MemoryStore, tills: &Tills) {
    let decision = store.decide(tills.at(&2), |to| to.execute(Pay { amount: 1 }));
    decision.await.unwrap();
}

/// What the repository has kept is of its own store.
#[tokio::test]
async fn a_member_in_another_store_uses_none() {
    let (store, other) = (MemoryStore::new(), MemoryStore::new());
    let tills = Tills::new(store.clone()).snapshots(Snapshots::every(1));
    let there = Tills::new(other.clone());
    till(&tills, 3).await;
    till(&there, 3).await;
    plant(&store, 2, 1_000).await;
    let decision = other.decide(tills.at(&1), |till| {
        assert_eq!(till.state().map(Till::sum), Some(3));
        till.execute(Pay { amount: 1 })
    });
    decision.await.unwrap();
}

#[tokio::test]
async fn what_breaks_the_invariant_or_the_events_after_it_is_not_used() {
    let store = MemoryStore::new();
    let tills = Tills::new(store.clone()).snapshots(Snapshots::every(1_000));
    till(&tills, 4).await;
    tills.execute(&1, Pay { amount: -3 }).await.unwrap();
    plant(&store, 5, -1).await;
    assert_eq!(tills.load(&1).await.unwrap().sum(), 1);
    // It is sound, and the event after it makes it unsound: the events alone say that all is well.
    plant(&store, 5, 2).await;
    assert_eq!(tills.load(&1).await.unwrap().sum(), 1);
    let decision = store.decide(tills.at(&1), |till| till.execute(Pay { amount: -1 }));
    decision.await.unwrap();
    assert_eq!(Tills::new(store).load(&1).await.unwrap().sum(), 0);
}

/// The same aggregate as two versions of a program have it.
mod programs {
    macro_rules! program {
        ($name:ident, $version:literal, $event:literal, $extra:tt, $($body:tt)*) => {
            pub mod $name {
                use eventsource_core::prelude::*;

                #[event(name = "programs.paid", version = $event, since = $event)]
                pub struct Paid {
                    pub amount: u64,
                }

                #[derive(Debug, thiserror::Error)]
                #[error("never")]
                pub struct Never;

                program!(@state $version $extra);

                #[apply]
                impl Purse {
                    $($body)*
                }

                #[handle]
                impl Purse {
                    #[command]
                    pub fn pay(&self, amount: u64) -> Result<Paid, Never> {
                        Ok(Paid { amount })
                    }
                }
            }
        };
        (@state $version:literal { $($field:ident: $ty:ty,)* }) => {
            /// A purse.
            #[aggregate(name = "programs.purse", id = u64, error = Never, events(Paid), commands(Pay),
                snapshot(every = 2, version = $version))]
            #[derive(Default, PartialEq)]
            pub struct Purse {
                /// What is in it.
                pub sum: u64,
                $(pub $field: $ty,)*
            }
        };
    }

    program!(
        first,
        1,
        1,
        {},
        fn paid(&mut self, event: &Paid) {
            self.sum += event.amount;
        }
    );
    program!(
        commented,
        1,
        1,
        {},
        fn paid(&mut self, event: &Paid) {
            // In cents.
            self.sum += event.amount;
        }
    );
    program!(
        renamed_method,
        1,
        1,
        {},
        fn put_in(&mut self, event: &Paid) {
            self.sum += event.amount;
        }
    );
    program!(
        other_body,
        1,
        1,
        {},
        fn paid(&mut self, event: &Paid) {
            self.sum += 2 * event.amount;
        }
    );
    program!(other_field, 1, 1, { count: u32, }, fn paid(&mut self, event: &Paid) { self.sum += event.amount; });
    program!(other_type, 1, 1, { count: u64, }, fn paid(&mut self, event: &Paid) { self.sum += event.amount; });
    program!(
        other_event,
        1,
        2,
        {},
        fn paid(&mut self, event: &Paid) {
            self.sum += event.amount;
        }
    );
    program!(
        raised,
        2,
        1,
        {},
        fn paid(&mut self, event: &Paid) {
            self.sum += event.amount;
        }
    );
}

#[test]
fn the_fingerprint_tells_code_from_other_code() {
    use programs::{
        commented, first, other_body, other_event, other_field, other_type, raised, renamed_method,
    };
    let same = first::Purse::FINGERPRINT;
    assert_eq!(commented::Purse::FINGERPRINT, same);
    assert_eq!(renamed_method::Purse::FINGERPRINT, same);
    let mut all: Vec<Fingerprint> = vec![
        same,
        other_body::Purse::FINGERPRINT,
        other_field::Purse::FINGERPRINT,
        other_type::Purse::FINGERPRINT,
        other_event::Purse::FINGERPRINT,
        raised::Purse::FINGERPRINT,
        Till::FINGERPRINT,
    ];
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 7);
    // Whoever changes how it is made has every state in every store made anew: not by accident.
    assert_eq!(same.to_string(), "3f6a783d6292177c");
}

fn any_event() -> impl Strategy<Value = TillEvent> {
    prop_oneof![
        1 => "[a-z]{0,4}".prop_map(|owner| Opened { owner }.into()),
        9 => (0..1_000_i64).prop_map(|amount| Paid { amount }.into()),
        1 => Just(Closed.into()),
    ]
}

proptest! {
    #[test]
    fn a_kept_state_goes_on_as_the_one_it_was_kept_of(rest in prop::collection::vec(any_event(), 0..40)) {
        let mut history = vec![TillEvent::from(Opened { owner: "me".into() })];
        history.extend(rest.into_iter().filter(|event| !matches!(event, TillEvent::Opened(_))));
        testing::snapshots_agree::<Till>(&history);
    }
}

/// A state that loses something when it is written.
mod forgetful {
    use eventsource_core::prelude::*;

    #[event]
    pub struct Ticked;

    #[derive(Debug, thiserror::Error)]
    #[error("never")]
    pub struct Never;

    #[aggregate(id = u64, error = Never, events(Ticked), commands(), snapshot)]
    #[derive(Default, PartialEq)]
    pub struct Forgetful {
        #[serde(skip)]
        ticks: u64,
    }

    #[apply]
    impl Forgetful {
        fn ticked(&mut self, _: &Ticked) {
            self.ticks += 1;
        }
    }
}

#[test]
#[should_panic(expected = "a snapshot after event 1 leads to another state")]
fn a_state_that_loses_something_is_found_out() {
    let history = vec![forgetful::ForgetfulEvent::from(forgetful::Ticked)];
    testing::snapshots_agree::<forgetful::Forgetful>(&history);
}
