//! Decisions over several things: what takes part, what is recorded and where, keys, conflicts, failures.

mod scripted_store;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use eventsource_core::prelude::*;
use eventsource_core::testing::{at, past};
use eventsource_core::{
    AnyBoundaryStore, AnyMultiStreamStore, Append, BoundaryStore, CorruptCause, DecideError,
    Declined, LoadError, LogScan, ManualClock, MemoryStore, NewEvent, Position, Retry, StoredEvent,
    StreamName, Tag, Timestamp, UnsoundProblem, Version,
};
use scripted_store::{Next, ScriptedStore};

#[event(name = "course.defined")]
pub struct Defined {
    #[tag]
    pub course: String,
    pub capacity: u32,
}

#[event(name = "enrolled", stream = "enrolment/{course}-{student}")]
pub struct Enrolled {
    #[tag]
    pub course: String,
    #[tag]
    pub student: u32,
}

#[event(name = "opened.day")]
pub struct DayOpened;

#[event(name = "note", stream = "account/{account}")]
pub struct Note {
    pub account: u32,
}

#[event(name = "broken", stream = "notes/{text}")]
pub struct Broken {
    pub text: String,
}

#[event(name = "measured")]
pub struct Measured {
    #[tag]
    pub course: String,
    pub value: f64,
}

#[decision_model(events(Defined, Enrolled))]
pub struct Seats {
    #[tag]
    course: String,
    capacity: u32,
    taken: u32,
}

#[apply]
impl Seats {
    fn defined(&mut self, event: &Defined) {
        self.capacity = event.capacity;
    }

    fn enrolled(&mut self, _: &Enrolled) {
        self.taken += 1;
        assert!(self.taken < 1000, "too many to count");
    }
}

#[decision_model(name = "load", events(Enrolled))]
pub struct Load {
    #[tag]
    student: u32,
    courses: u32,
}

#[apply]
impl Load {
    fn enrolled(&mut self, _: &Enrolled, _: &EventMeta) {
        self.courses += 1;
    }
}

/// By both tags.
#[decision_model(events(Enrolled))]
pub struct Place {
    #[tag = "course"]
    of: String,
    #[tag]
    student: u32,
    taken: bool,
}

#[apply]
impl Place {
    fn enrolled(&mut self, _: &Enrolled) {
        self.taken = true;
    }
}

/// By types alone.
#[decision_model(events(DayOpened, Enrolled))]
pub struct Day {
    opened: bool,
    since: u32,
}

#[apply]
impl Day {
    fn opened(&mut self, _: &DayOpened) {
        (self.opened, self.since) = (true, 0);
    }

    fn enrolled(&mut self, _: &Enrolled) {
        self.since += 1;
    }
}

/// By a tag alone, whatever the type.
#[decision_model(any_event)]
pub struct Trail {
    #[tag]
    course: String,
    names: Vec<String>,
}

#[apply]
impl Trail {
    fn any(&mut self, event: &StoredEvent) {
        self.names.push(event.name.to_string());
    }
}

#[event(name = "account.opened")]
pub struct Opened;

#[event(name = "account.moved")]
pub struct Moved {
    pub by: i64,
}

#[derive(Debug, PartialEq, thiserror::Error)]
pub enum AccountError {
    #[error("insufficient")]
    Insufficient,
}

/// Created by an event, never above 1000.
#[aggregate(name = "account", id = u32, error = AccountError, events(Opened, Moved), commands(Open, Move, Reopen), invariant = Account::is_sound)]
pub struct Account {
    balance: i64,
}

impl Account {
    fn is_sound(&self) -> bool {
        self.balance <= 1000
    }
}

#[handle]
impl Account {
    #[command]
    pub fn open() -> Opened {
        Opened
    }

    #[command]
    pub fn r#move(&self, by: i64) -> Result<Moved, AccountError> {
        ensure!(self.balance + by >= 0, AccountError::Insufficient);
        Ok(Moved { by })
    }

    /// A mistake: it is there already.
    #[command]
    pub fn reopen(&self) -> Opened {
        Opened
    }
}

#[apply]
impl Account {
    fn opened(_: &Opened) -> Self {
        Self { balance: 0 }
    }

    fn moved(&mut self, event: &Moved) {
        self.balance += event.by;
    }
}

#[derive(Debug, PartialEq, thiserror::Error)]
pub enum EnrolError {
    #[error("full")]
    Full,
    #[error("too many")]
    TooMany,
}

fn c1() -> String {
    "c1".to_owned()
}

fn enrolled(student: u32) -> Enrolled {
    Enrolled {
        course: c1(),
        student,
    }
}

/// Decides whether a student can enrol in `c1`.
fn enrol(student: u32) -> impl Fn((&Seats, &Load)) -> Result<Enrolled, EnrolError> + Clone {
    move |(seats, load)| {
        ensure!(seats.taken < seats.capacity, EnrolError::Full);
        ensure!(load.courses < 2, EnrolError::TooMany);
        Ok(enrolled(student))
    }
}

fn both(student: u32) -> (Seats, Load) {
    (Seats::of("c1"), Load::of(student))
}

async fn define(store: &impl BoundaryStore, capacity: u32) {
    let defined = Defined {
        course: c1(),
        capacity,
    };
    let define = |_: &Trail| Defined { ..defined.clone() };
    store.decide(Trail::of("c1"), define).await.unwrap();
}

/// An append that somebody else makes.
fn other(name: &'static str, payload: &str, stream: &str, tags: &[Tag]) -> Arc<Append> {
    let event = NewEvent {
        name: name.into(),
        schema: 1,
        format: "json".into(),
        payload: payload.into(),
        metadata: [].into(),
        recorded_at: Timestamp::default(),
        tags: tags.to_vec(),
    };
    Arc::new(Append::to(StreamName::parse(stream).unwrap()).event(event))
}

fn enrolled_by_other(student: u32) -> Arc<Append> {
    let payload = format!(r#"{{"course":"c1","student":{student}}}"#);
    let tags = [Tag::new("course", "c1"), Tag::new("student", student)];
    other("enrolled", &payload, "other/1", &tags)
}

#[test]
fn models_see_what_their_query_matches() {
    let seats = Seats::of("c1").given((
        Defined {
            course: c1(),
            capacity: 3,
        },
        Defined {
            course: "c2".into(),
            capacity: 9,
        },
        enrolled(1),
        DayOpened,
        [enrolled(2)],
    ));
    assert_eq!((seats.capacity, seats.taken), (3, 2));
    assert_eq!(Load::of(2).given(vec![enrolled(1), enrolled(2)]).courses, 1);
    assert!(!Place::of("c1", 7).given(enrolled(1)).taken);
    let course = c1();
    assert!(Place::of(&course, 1).given(enrolled(1)).taken);
    assert!(!Place::of(course, 1).given(enrolled(2)).taken);
    let day = Day::default_for_test().given((enrolled(1), DayOpened, enrolled(2)));
    assert_eq!((day.opened, day.since), (true, 1));
    let trail = Trail::of("c1").given((enrolled(1), DayOpened, enrolled(2)));
    assert_eq!(trail.names, ["enrolled", "enrolled"]);
}

impl Day {
    fn default_for_test() -> Self {
        Self::of()
    }
}

#[test]
fn decisions_are_tested_without_a_database() {
    let two = Defined {
        course: c1(),
        capacity: 2,
    };
    past((two.clone(), enrolled(1)))
        .decide(both(7), enrol(7))
        .then(enrolled(7));
    past((two.clone(), enrolled(1), enrolled(2)))
        .decide(both(7), enrol(7))
        .then_err(EnrolError::Full);
    past(())
        .of::<Account>(&1, (Opened, Moved { by: 5 }))
        .of::<Account>(&2, Opened)
        .decide((at::<Account>(&1), at::<Account>(&2)), |(from, to)| {
            from.execute(Move { by: -5 })?;
            to.execute(Move { by: 5 })
        })
        .then((Moved { by: -5 }, Moved { by: 5 }));
    past(()).decide(Seats::of("c1"), |_| ()).then_nothing();
    let refused = past(two).decide(both(7), |_| Err::<(), _>(EnrolError::Full));
    eventsource_core::then_err!(refused, EnrolError::Full);
}

#[test]
#[should_panic(expected = "the events differ")]
fn another_event_fails_the_test() {
    let _ = past(())
        .decide(Seats::of("c1"), |_| enrolled(1))
        .then(enrolled(2));
}

#[tokio::test]
async fn events_go_to_the_streams_that_they_name() {
    let store = MemoryStore::new();
    let all = |_: &Seats| {
        let measured = Measured {
            course: c1(),
            value: 1.0,
        };
        (
            Some(enrolled(1)),
            vec![DayOpened],
            [measured],
            None::<Enrolled>,
            (),
        )
    };
    let clock = ManualClock::at(Timestamp::from_micros(7));
    let decided = store
        .decide(Seats::of("c1"), all)
        .clock(clock)
        .actor("me")
        .correlation("c")
        .causation("b")
        .metadata("own", "1")
        .await
        .unwrap();
    let streams: Vec<_> = decided
        .events
        .iter()
        .map(|event| event.stream.as_str())
        .collect();
    assert_eq!(streams, ["enrolment/c1-1", "@opened.day/all", "@course/c1"]);
    assert_eq!(decided.position(), Some(Position(3)));
    assert_eq!(
        decided.events,
        store.read_all(LogScan::default()).await.unwrap()
    );
    assert_eq!(
        decided.events[0].decode_as::<Enrolled>().unwrap(),
        enrolled(1)
    );
    assert!(decided.events[1].decode_as::<Enrolled>().is_err());
    let event = &decided.events[2];
    assert_eq!(
        (event.recorded_at, event.version),
        (Timestamp::from_micros(7), Version(1))
    );
    let metadata = eventsource_core::Metadata::from_stored(&event.metadata).unwrap();
    assert_eq!(metadata.actor.as_deref(), Some("me"));
    assert_eq!(metadata.own["own"], "1");
}

#[tokio::test]
async fn an_event_that_cannot_be_recorded_is_named() {
    let store = MemoryStore::new();
    let error = store
        .decide(Seats::of("c1"), |_| Note { account: 3 })
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the event `note` would go to `account/3`, where only the aggregate account records"
    );
    let text = "a\nb".to_owned();
    let error = store
        .decide(Seats::of("c1"), |_| Broken { text: text.clone() })
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            DecideError::Stream {
                event: "broken",
                ..
            }
        ),
        "{error}"
    );
    let nan = |_: &Seats| Measured {
        course: c1(),
        value: f64::NAN,
    };
    let error = store.decide(Seats::of("c1"), nan).await.unwrap_err();
    assert!(
        matches!(
            error,
            DecideError::Encode {
                name: "measured",
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(store.head().await.unwrap(), Position(0));
}

#[tokio::test]
async fn aggregates_decide_with_their_own_handlers() {
    let accounts = Repository::<Account, _>::new(MemoryStore::new());
    for id in [1, 2] {
        accounts.execute(&id, Open).await.unwrap();
    }
    accounts.execute(&1, Move { by: 50 }).await.unwrap();
    let store = accounts.store();
    let transfer = |amount: i64| {
        store.decide((accounts.at(&1), accounts.at(&2)), move |(from, to)| {
            from.execute(Move { by: -amount })?;
            assert_eq!((from.id(), from.version()), (&1, Version(3)));
            to.execute(Move { by: amount / 2 })?;
            // Applied as they go.
            assert_eq!(to.state().map(|to| to.balance), Some(amount / 2));
            to.execute(Move { by: amount / 2 })
        })
    };
    let decided = transfer(30).await.unwrap();
    let placed: Vec<_> = decided
        .events
        .iter()
        .map(|event| (event.stream.as_str(), event.version.0))
        .collect();
    assert_eq!(
        placed,
        [("account/1", 3), ("account/2", 2), ("account/2", 3)]
    );
    assert_eq!(accounts.load(&1).await.unwrap().balance, 20);
    assert_eq!(accounts.load(&2).await.unwrap().balance, 30);

    let error = transfer(30).await.unwrap_err();
    assert!(
        matches!(error, DecideError::Refused(AccountError::Insufficient)),
        "{error}"
    );
    assert_eq!(store.head().await.unwrap(), Position(6));
}

#[tokio::test]
async fn what_does_not_exist_or_cannot_follow_is_told() {
    let accounts = Repository::<Account, _>::new(MemoryStore::new());
    accounts.execute(&1, Open).await.unwrap();
    let store = accounts.store();
    let error = store
        .decide(accounts.at(&2), |two| two.execute(Move { by: 1 }))
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "account `2` does not exist");
    let error = store
        .decide(accounts.at(&1), |one| one.execute(Open))
        .await
        .unwrap_err();
    assert!(matches!(&error, DecideError::AlreadyExists { aggregate: "account", id } if id == "1"));
    // A closure may make something of it.
    let open = |two: &mut eventsource_core::Member<Account>| match two.execute(Move { by: 1 }) {
        Err(Declined::NotFound { .. }) => two.execute(Open),
        other => other,
    };
    assert_eq!(
        store
            .decide(accounts.at(&2), open)
            .await
            .unwrap()
            .events
            .len(),
        1
    );

    // What an aggregate cannot have ends the decision, whatever the closure makes of it.
    let swallowed = |one: &mut eventsource_core::Member<Account>| {
        let _ = one.execute(Move { by: 1001 });
        let _ = one.execute(Move { by: 1 });
    };
    let Err(DecideError::Unsound(unsound)) = store.decide(accounts.at(&1), swallowed).await else {
        panic!("it is not sound")
    };
    assert!(matches!(unsound.problem, UnsoundProblem::Invariant(_)));
    assert_eq!((unsound.id.as_str(), unsound.event), ("1", "account.moved"));
    let error = store
        .decide(accounts.at(&1), |one| one.execute(Reopen))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "account `1` cannot apply its event `account.opened`: it creates the aggregate, which was created before"
    );
    assert_eq!(store.head().await.unwrap(), Position(2));
}

#[tokio::test]
async fn an_aggregate_and_a_model_decide_together() {
    #[derive(Debug, thiserror::Error)]
    enum FeeError {
        #[error(transparent)]
        Account(AccountError),
        #[error("full")]
        Full,
    }
    let store = MemoryStore::new();
    define(&store, 1).await;
    let accounts = Repository::<Account, _>::new(store.clone());
    accounts.execute(&1, Open).await.unwrap();
    accounts.execute(&1, Move { by: 15 }).await.unwrap();
    let enrol = || {
        store.decide((Seats::of("c1"), accounts.at(&1)), |(seats, account)| {
            account
                .execute(Move { by: -10 })
                .map_err(|declined| declined.map(FeeError::Account))?;
            ensure!(seats.taken < seats.capacity, FeeError::Full.into());
            Ok::<_, Declined<FeeError>>(enrolled(1))
        })
    };
    let decided = enrol().await.unwrap();
    assert_eq!(decided.events.len(), 2);
    assert!(matches!(
        enrol().await,
        Err(DecideError::Refused(FeeError::Account(
            AccountError::Insufficient
        )))
    ));
    accounts.execute(&1, Move { by: 5 }).await.unwrap();
    assert!(matches!(
        enrol().await,
        Err(DecideError::Refused(FeeError::Full))
    ));
    assert_eq!(accounts.load(&1).await.unwrap().balance, 10);
}

#[tokio::test]
async fn the_same_aggregate_twice_is_an_error_before_anything_is_read() {
    let accounts = Repository::<Account, _>::new(ScriptedStore::new([]));
    let store = accounts.store();
    let twice = (accounts.at(&1), Seats::of("c1"), accounts.at(&1));
    let error = store
        .decide(twice, |(_, _, _)| ())
        .idempotency_key("k")
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "`account/1` takes part twice in one decision"
    );
    assert!(matches!(error, DecideError::Twice { stream } if stream.as_str() == "account/1"));
    assert_eq!(store.scans.load(Ordering::SeqCst), 0);
    assert!(store.log_scans.lock().unwrap().is_empty());
}

#[tokio::test]
async fn only_what_came_since_is_read_again() {
    let store = ScriptedStore::new([]);
    define(&store, 9).await;
    store.then(Next::Overtaken(enrolled_by_other(5)));
    let (before, attempts) = (store.log_scans.lock().unwrap().len(), AtomicUsize::new(0));
    let counted = |(seats, load): (&Seats, &Load)| {
        let attempt = attempts.fetch_add(1, Ordering::SeqCst);
        assert_eq!((seats.capacity, seats.taken as usize), (9, attempt));
        enrol(1)((seats, load))
    };
    let decided = store.decide(both(1), counted).await.unwrap();
    assert_eq!(decided.position(), Some(Position(3)));
    assert_eq!(attempts.load(Ordering::SeqCst), 2);
    let scans: Vec<_> = store.log_scans.lock().unwrap()[before..]
        .iter()
        .map(|scan| scan.after)
        .collect();
    assert_eq!(scans, [Position(0), Position(1)]);
}

#[tokio::test]
async fn what_the_decision_does_not_rest_on_is_no_conflict() {
    let store = ScriptedStore::new([]);
    define(&store, 9).await;
    let elsewhere = other("enrolled", "{}", "other/1", &[Tag::new("course", "c2")]);
    store.then(Next::Overtaken(elsewhere));
    let attempts = AtomicUsize::new(0);
    let counted = |parts: (&Seats, &Load)| {
        attempts.fetch_add(1, Ordering::SeqCst);
        enrol(1)(parts)
    };
    store.decide(both(1), counted).await.unwrap();
    assert_eq!(attempts.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_conflict_can_lead_to_a_refusal_and_others_can_always_be_faster() {
    let store = ScriptedStore::new([]);
    define(&store, 1).await;
    store.then(Next::Overtaken(enrolled_by_other(5)));
    let error = store.decide(both(1), enrol(1)).await.unwrap_err();
    assert!(
        matches!(error, DecideError::Refused(EnrolError::Full)),
        "{error}"
    );

    for student in 6..9 {
        store.then(Next::Overtaken(enrolled_by_other(student)));
    }
    let retry = Retry {
        attempts: 3,
        ..Retry::default()
    };
    let always = |_: &Seats| enrolled(1);
    let decision = store
        .decide(Seats::of("c1"), always)
        .retry(retry)
        .clock(ManualClock::default());
    let error = decision.await.unwrap_err();
    assert!(
        matches!(error, DecideError::Contended { attempts: 3 }),
        "{error}"
    );
}

#[tokio::test]
async fn an_aggregate_that_others_changed_is_decided_on_anew() {
    let accounts = Repository::<Account, _>::new(ScriptedStore::new([]));
    for id in [1, 2] {
        accounts.execute(&id, Open).await.unwrap();
        accounts.execute(&id, Move { by: 10 }).await.unwrap();
    }
    let moved = other("account.moved", r#"{"by":-4}"#, "account/2", &[]);
    accounts.store().then(Next::Overtaken(moved));
    let swap = |(one, two): (
        &mut eventsource_core::Member<Account>,
        &mut eventsource_core::Member<Account>,
    )| {
        let (first, second) = (one.state().unwrap().balance, two.state().unwrap().balance);
        one.execute(Move { by: second - first })?;
        two.execute(Move { by: first - second })
    };
    accounts
        .store()
        .decide((accounts.at(&1), accounts.at(&2)), swap)
        .await
        .unwrap();
    assert_eq!(accounts.load(&1).await.unwrap().balance, 6);
    assert_eq!(accounts.load(&2).await.unwrap().balance, 10);
}

#[tokio::test]
async fn an_unknown_outcome_is_sent_again_and_stored_once() {
    let store = ScriptedStore::new([]);
    define(&store, 9).await;
    for next in [Next::LostAnswer, Next::LostRequest, Next::Overloaded] {
        store.then(next);
    }
    let decided = store
        .decide(both(1), enrol(1))
        .clock(ManualClock::default())
        .await
        .unwrap();
    // It had no key, so that it can only have been stored now.
    assert!(!decided.repeated);
    assert_eq!(
        decided.events[0].decode_as::<Enrolled>().unwrap(),
        enrolled(1)
    );
    assert_eq!(store.head().await.unwrap(), Position(2));

    store.then(Next::Overloaded);
    let error = store.decide(both(2), enrol(2)).await.unwrap_err();
    assert!(
        matches!(error, DecideError::Overloaded { waiting: 7 }),
        "{error}"
    );
    (0..3).for_each(|_| store.then(Next::LostRequest));
    let retry = Retry {
        attempts: 3,
        ..Retry::default()
    };
    let decision = store
        .decide(both(2), enrol(2))
        .retry(retry)
        .clock(ManualClock::default());
    let error = decision.await.unwrap_err();
    assert!(matches!(error, DecideError::Unknown { .. }), "{error}");
}

#[tokio::test]
async fn a_key_is_decided_under_once() {
    let store = ScriptedStore::new([]);
    define(&store, 1).await;
    let keyed = |student: u32, amount: u32, name: &str| {
        let decision = store.decide(both(student), enrol(student));
        decision
            .named(name)
            .idempotency_key("k")
            .request(&amount)
            .into_future()
    };
    let first = keyed(1, 10, "enrol").await.unwrap();
    // The course is full now: the decision would see its own effect.
    let second = keyed(1, 10, "enrol").await.unwrap();
    assert_eq!((first.repeated, second.repeated), (false, true));
    assert_eq!(first.events, second.events);
    for (student, amount) in [(2, 10), (1, 11)] {
        let error = keyed(student, amount, "enrol").await.unwrap_err();
        assert!(
            matches!(&error, DecideError::KeyReused { key } if key == "k"),
            "{error}"
        );
    }
    assert!(matches!(
        keyed(1, 10, "other").await,
        Err(DecideError::Refused(EnrolError::Full))
    ));
    // Stored just after it was looked up.
    store.too_early.store(1, Ordering::SeqCst);
    assert!(keyed(1, 10, "enrol").await.unwrap().repeated);
    // A key of a decision is none of an aggregate's command, and a refusal or nothing is not remembered.
    let nothing = store
        .decide(Seats::of("c9"), |_| ())
        .idempotency_key("n")
        .await
        .unwrap();
    assert!(nothing.events.is_empty() && !nothing.repeated);
    let decided = store
        .decide(Seats::of("c9"), |_| enrolled(8))
        .idempotency_key("n")
        .await
        .unwrap();
    assert!(!decided.repeated);
}

#[tokio::test]
async fn the_events_of_a_repeated_decision_come_from_all_its_streams() {
    let accounts = Repository::<Account, _>::new(MemoryStore::new());
    accounts.execute(&1, Open).await.unwrap();
    let decide = || {
        let decision = accounts
            .store()
            .decide((accounts.at(&1), accounts.at(&2)), |(one, two)| {
                two.execute(Open)?;
                one.execute(Move { by: 7 })?;
                Ok::<_, Declined<AccountError>>(DayOpened)
            });
        decision.idempotency_key("k").into_future()
    };
    let first = decide().await.unwrap();
    accounts.execute(&1, Move { by: 1 }).await.unwrap();
    let second = decide().await.unwrap();
    assert!(second.repeated);
    assert_eq!(first.events, second.events);
    let names: Vec<_> = second.events.iter().map(|event| &*event.name).collect();
    assert_eq!(names, ["account.opened", "account.moved", "opened.day"]);
}

#[tokio::test]
async fn a_corrupt_event_is_named() {
    let store = MemoryStore::new();
    let broken = other(
        "enrolled",
        r#"{"course":7}"#,
        "other/1",
        &[Tag::new("course", "c1")],
    );
    store.append(broken).await.unwrap();
    let error = store.decide(Seats::of("c1"), |_| ()).await.unwrap_err();
    let DecideError::Load(LoadError::Corrupt(corrupt)) = error else {
        panic!("{error}")
    };
    assert_eq!(
        (corrupt.stream.as_str(), corrupt.version, corrupt.position),
        ("other/1", Version(1), Position(1))
    );
    assert_eq!(corrupt.event, "enrolled");
    assert!(matches!(corrupt.cause, CorruptCause::Decode(_)));
    // Those who do not see it are not disturbed.
    store.decide(Seats::of("c2"), |_| ()).await.unwrap();

    let thousand: Vec<_> = (0..1000).map(enrolled).collect();
    let store = MemoryStore::new();
    store.decide(Day::of(), |_| thousand.clone()).await.unwrap();
    let error = store.decide(Seats::of("c1"), |_| ()).await.unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("applying it panicked: too many to count"),
        "{error}"
    );
}

#[tokio::test]
async fn types_alone_and_tags_alone_are_checked() {
    let store = ScriptedStore::new([]);
    let open = |day: &Day| (!day.opened).then_some(DayOpened);
    assert_eq!(store.decide(Day::of(), open).await.unwrap().events.len(), 1);
    assert!(
        store
            .decide(Day::of(), open)
            .await
            .unwrap()
            .events
            .is_empty()
    );
    store.then(Next::Overtaken(enrolled_by_other(1)));
    let attempts = AtomicUsize::new(0);
    let counted = |_: &Day| {
        attempts.fetch_add(1, Ordering::SeqCst);
        DayOpened
    };
    store.decide(Day::of(), counted).await.unwrap();
    assert_eq!(attempts.load(Ordering::SeqCst), 2);

    // A type that today's code does not know is seen by its tag.
    let unknown = other(
        "from.the.future",
        "?",
        "other/2",
        &[Tag::new("course", "c1")],
    );
    store.then(Next::Overtaken(unknown));
    let names = std::sync::Mutex::new(Vec::new());
    let see = |trail: &Trail| {
        names.lock().unwrap().clone_from(&trail.names);
        enrolled(3)
    };
    store.decide(Trail::of("c1"), see).await.unwrap();
    assert_eq!(*names.lock().unwrap(), ["enrolled", "from.the.future"]);
}

#[tokio::test]
async fn a_store_whose_type_is_forgotten_decides_as_far_as_it_reaches() {
    let store = AnyBoundaryStore::new(MemoryStore::new());
    define(&store, 1).await;
    store.decide(both(1), enrol(1)).await.unwrap();
    let narrower = AnyMultiStreamStore::from(store);
    let accounts = Repository::<Account, _>::new(narrower.clone());
    narrower
        .decide(accounts.at(&1), |one| one.execute(Open))
        .await
        .unwrap();
    assert_eq!(narrower.head().await.unwrap(), Position(3));
}

/// A refusal rests on all that there is, also where a scan has ended early.
#[tokio::test]
async fn a_refusal_is_not_given_on_half_of_the_events() {
    let store = ScriptedStore::new([]);
    define(&store, 0).await;
    define(&store, 1).await;
    *store.cut.lock().unwrap() = Some(1);
    let decided = store.decide(both(1), enrol(1)).await.unwrap();
    assert_eq!(decided.events.len(), 1);
    let error = store.decide(both(2), enrol(2)).await.unwrap_err();
    assert!(
        matches!(error, DecideError::Refused(EnrolError::Full)),
        "{error}"
    );
}

/// What was read before a restore is read anew, and not added to what is read after it.
#[tokio::test]
async fn a_store_that_was_restored_meanwhile_is_read_anew() {
    let store = ScriptedStore::new([]);
    define(&store, 2).await;
    store.append(enrolled_by_other(5)).await.unwrap();
    let attempts = AtomicUsize::new(0);
    let counted = |parts: (&Seats, &Load)| {
        attempts.fetch_add(1, Ordering::SeqCst);
        assert_eq!(parts.0.taken, 1);
        enrol(1)(parts)
    };
    store.earlier_life.store(1, Ordering::SeqCst);
    store.decide(both(1), counted).await.unwrap();
    assert_eq!(attempts.swap(0, Ordering::SeqCst), 2);

    store.earlier_life.store(1, Ordering::SeqCst);
    let refuse = |(seats, _): (&Seats, &Load)| {
        attempts.fetch_add(1, Ordering::SeqCst);
        ensure!(seats.taken != 2, EnrolError::Full);
        Ok(())
    };
    let error = store.decide(both(1), refuse).await.unwrap_err();
    assert!(
        matches!(error, DecideError::Refused(EnrolError::Full)),
        "{error}"
    );
    assert_eq!(attempts.load(Ordering::SeqCst), 2);
}

/// Eight, of both kinds.
#[tokio::test]
async fn eight_take_part() {
    let accounts = Repository::<Account, _>::new(MemoryStore::new());
    let eight = (
        accounts.at(&1),
        Seats::of("a"),
        accounts.at(&2),
        Load::of(1),
        accounts.at(&3),
        Day::of(),
        Trail::of("b"),
        accounts.at(&4),
    );
    let decided = accounts
        .store()
        .decide(eight, |(one, _, two, _, three, _, _, four)| {
            for account in [one, two, three, four] {
                account.execute(Open)?;
            }
            Ok::<_, Declined<AccountError>>(DayOpened)
        });
    assert_eq!(decided.await.unwrap().events.len(), 5);
}
