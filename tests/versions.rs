//! Events that outlive the code that wrote them: chains of versions, renamed, split and retired events, payloads changed
//! as JSON, on every read and over two stores.

use eventsource_core::message::MessageSet as _;
use eventsource_core::prelude::*;
use eventsource_core::testing::{past, stored};
use eventsource_core::{
    Append, BoundaryStore, Codec, CodecError, CorruptCause, DecodeError, Json, JsonUpcast,
    LoadError, LogScan, MemoryStore, NewEvent, Position, Query, Registry, Shape, StreamName,
    Timestamp, Value, Version, codec, json,
};
use eventsource_sqlite::SqliteStore;
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

// Version 1 of the program opened accounts for a name, and moved money in one event.

#[event(version = 1, of = OpenedV2)]
pub struct OpenedV1 {
    #[tag]
    pub account: u64,
    pub name: String,
}

#[event(name = "account.moved", into(Withdrawn, Deposited))]
pub struct Moved {
    #[tag]
    pub account: u64,
    pub amount: i64,
}

// Version 2 knew a branch.

#[event(version = 2, of = Opened, from = OpenedV1, down = OpenedV1)]
pub struct OpenedV2 {
    #[tag]
    pub account: u64,
    pub owner: String,
    #[serde(default)]
    pub branch: u32,
}

impl From<OpenedV1> for OpenedV2 {
    fn from(old: OpenedV1) -> Self {
        Self {
            account: old.account,
            owner: old.name,
            branch: 1,
        }
    }
}

// Version 3 is today's.

#[event(name = "account.opened", version = 3, from = OpenedV2, down = OpenedV2, alias = "opened")]
pub struct Opened {
    #[tag]
    pub account: u64,
    pub owner: Vec<String>,
    pub branch: String,
}

impl From<OpenedV2> for Opened {
    fn from(old: OpenedV2) -> Self {
        Self {
            account: old.account,
            owner: vec![old.owner],
            branch: format!("b{}", old.branch),
        }
    }
}

// And back, for as long as an older version of the program is running.

impl From<&Opened> for OpenedV2 {
    fn from(event: &Opened) -> Self {
        Self {
            account: event.account,
            owner: event.owner.join(" and "),
            branch: event.branch.trim_start_matches('b').parse().unwrap_or(0),
        }
    }
}

impl From<&OpenedV2> for OpenedV1 {
    fn from(event: &OpenedV2) -> Self {
        Self {
            account: event.account,
            name: event.owner.clone(),
        }
    }
}

#[event(name = "account.withdrawn", from = Moved)]
pub struct Withdrawn {
    #[tag]
    pub account: u64,
    pub amount: u64,
}

#[event(name = "account.deposited", from = Moved)]
pub struct Deposited {
    #[tag]
    pub account: u64,
    pub amount: u64,
    /// Added later: what was stored without it reads as its `Default`.
    #[serde(default)]
    pub note: Option<String>,
}

impl From<Moved> for Withdrawn {
    fn from(old: Moved) -> Self {
        Self {
            account: old.account,
            amount: old.amount.min(0).unsigned_abs(),
        }
    }
}

impl From<Moved> for Deposited {
    fn from(old: Moved) -> Self {
        Self {
            account: old.account,
            amount: old.amount.max(0).unsigned_abs(),
            note: None,
        }
    }
}

/// No old structs: the JSON of a limit was a number of cents, then an object, and has a currency today.
#[event(name = "account.limited", version = 3, upcast(1 = limit::named, 2 = limit::in_euro))]
pub struct Limited {
    pub cents: u64,
    pub currency: String,
}

mod limit {
    use super::{Value, json};

    pub fn named(old: Value) -> Value {
        json!({ "cents": old })
    }

    pub fn in_euro(mut old: Value) -> Result<Value, String> {
        let limit = old.as_object_mut().ok_or("it is no object")?;
        limit.insert("currency".into(), "EUR".into());
        Ok(old)
    }
}

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("it is over the limit")]
pub struct OverLimit;

/// Everything that was applied, as text, with its version and its part.
#[aggregate(
    name = "account",
    id = u64,
    error = OverLimit,
    events(Opened, Deposited, Withdrawn, Limited),
    commands(Deposit, Open),
    retired("account.greeted"),
)]
#[derive(Default, Clone, PartialEq)]
pub struct Account {
    balance: u64,
    log: Vec<String>,
}

impl Account {
    fn note(&mut self, event: &impl std::fmt::Debug, meta: &EventMeta<'_>) {
        self.log
            .push(format!("{}.{} {event:?}", meta.version(), meta.part()));
    }
}

#[apply]
impl Account {
    fn opened(&mut self, event: &Opened, meta: &EventMeta) {
        self.note(event, meta);
    }

    fn deposited(&mut self, event: &Deposited, meta: &EventMeta) {
        self.balance += event.amount;
        self.note(event, meta);
    }

    fn withdrawn(&mut self, event: &Withdrawn, meta: &EventMeta) {
        self.balance -= event.amount;
        self.note(event, meta);
    }

    fn limited(&mut self, event: &Limited, meta: &EventMeta) {
        self.note(event, meta);
    }
}

#[handle]
impl Account {
    #[command]
    pub fn open(&self, owner: Vec<String>, context: &Context<Self>) -> Opened {
        Opened {
            account: *context.id(),
            owner,
            branch: "b3".into(),
        }
    }

    #[command]
    pub fn deposit(&self, amount: u64, context: &Context<Self>) -> Result<Deposited, OverLimit> {
        ensure!(self.balance + amount < 1_000, OverLimit);
        Ok(Deposited {
            account: *context.id(),
            amount,
            note: None,
        })
    }
}

/// How much money moved on an account.
#[decision_model(events(Deposited, Withdrawn, Opened))]
pub struct Turnover {
    #[tag]
    account: u64,
    moved: u64,
    owners: Vec<String>,
}

#[apply]
impl Turnover {
    fn deposited(&mut self, event: &Deposited) {
        self.moved += event.amount;
    }

    fn withdrawn(&mut self, event: &Withdrawn) {
        self.moved += event.amount;
    }

    fn opened(&mut self, event: &Opened) {
        self.owners.clone_from(&event.owner);
    }
}

/// Only what came in: the other part of a movement is left out, and that is said.
#[decision_model(events(Deposited), retired("account.withdrawn"))]
pub struct Income {
    #[tag]
    account: u64,
    sum: u64,
}

#[apply]
impl Income {
    fn deposited(&mut self, event: &Deposited) {
        self.sum += event.amount;
    }
}

/// A projection may look at one part of what was split.
#[derive(Debug, PartialEq, Event)]
pub enum Incoming {
    Deposited(Deposited),
}

/// An event as it is stored, under whatever name and version.
fn raw(name: &'static str, schema: u32, payload: Value) -> NewEvent {
    NewEvent {
        name: name.into(),
        schema,
        format: Json::FORMAT.into(),
        payload: payload.to_string().into_bytes(),
        metadata: [].into(),
        recorded_at: Timestamp::default(),
        tags: vec![eventsource_core::Tag::new("account", 7)],
    }
}

/// An event as the program that knew `E` stored it.
fn written<E: Event>(event: &E) -> NewEvent {
    let (name, schema, payload) = stored(event);
    raw(name, schema, payload)
}

async fn append<S: Store>(store: &S, events: impl IntoIterator<Item = NewEvent>) {
    let stream = StreamName::parse("account/7").unwrap();
    let append = events.into_iter().fold(Append::to(stream), Append::event);
    store.append(append.into()).await.unwrap();
}

fn first_version() -> OpenedV1 {
    OpenedV1 {
        account: 7,
        name: "me".into(),
    }
}

fn moved(amount: i64) -> Moved {
    Moved { account: 7, amount }
}

/// A history that four versions of the program have written.
async fn write_history<S: Store>(store: &S) {
    let events = [
        written(&first_version()),
        written(&moved(50)),
        raw("account.greeted", 4, json!({ "whatever": true })),
        raw("account.limited", 1, json!(9_000)),
        written(&moved(-20)),
        raw("opened", 2, json!({ "account": 7, "owner": "you" })),
        raw("account.deposited", 1, json!({ "account": 7, "amount": 5 })),
        raw("account.limited", 2, json!({ "cents": 1 })),
        raw(
            "account.opened",
            3,
            json!({ "account": 7, "owner": ["us"], "branch": "b9" }),
        ),
    ];
    append(store, events).await;
}

const APPLIED: [&str; 10] = [
    r#"1.0 Opened { account: 7, owner: ["me"], branch: "b1" }"#,
    "2.0 Withdrawn { account: 7, amount: 0 }",
    "2.1 Deposited { account: 7, amount: 50, note: None }",
    r#"4.0 Limited { cents: 9000, currency: "EUR" }"#,
    "5.0 Withdrawn { account: 7, amount: 20 }",
    "5.1 Deposited { account: 7, amount: 0, note: None }",
    r#"6.0 Opened { account: 7, owner: ["you"], branch: "b0" }"#,
    "7.0 Deposited { account: 7, amount: 5, note: None }",
    r#"8.0 Limited { cents: 1, currency: "EUR" }"#,
    r#"9.0 Opened { account: 7, owner: ["us"], branch: "b9" }"#,
];

async fn an_aggregate_reads_every_version<S: BoundaryStore>(store: S) {
    write_history(&store).await;
    let accounts = Repository::<Account, _>::new(store);
    let account = accounts.load(&7).await.unwrap();
    assert_eq!(account.log, APPLIED);
    assert_eq!((account.balance, account.version()), (35, Version(9)));

    // What is decided follows the last stored event, not the last of the parts.
    let done = accounts.execute(&7, Deposit { amount: 1 }).await.unwrap();
    assert_eq!((done.version, done.events[0].part), (Version(10), 0));

    let then = accounts
        .load_at(&7, AsOf::Version(Version(3)))
        .await
        .unwrap();
    assert_eq!(
        (then.log.len(), then.version()),
        (3, Version(3)),
        "a retired event has a version"
    );
}

async fn a_history_shows_every_part<S: BoundaryStore>(store: S) {
    write_history(&store).await;
    let accounts = Repository::<Account, _>::new(store);
    let history = accounts.history(&7).await.unwrap();
    let places: Vec<_> = history
        .iter()
        .map(|event| (event.version.0, event.part))
        .collect();
    let expected = [
        (1, 0),
        (2, 0),
        (2, 1),
        (4, 0),
        (5, 0),
        (5, 1),
        (6, 0),
        (7, 0),
        (8, 0),
        (9, 0),
    ];
    assert_eq!(places, expected);
    assert_eq!(history[1].position, history[2].position);
    assert_eq!(
        history[2].event.get(),
        Some(Deposited {
            account: 7,
            amount: 50,
            note: None
        })
    );
}

async fn a_decision_model_asks_for_every_name<S: BoundaryStore>(store: S) {
    write_history(&store).await;
    let names = &Turnover::of(7).query().items()[0].types.clone();
    for name in [
        "account.deposited",
        "account.withdrawn",
        "account.moved",
        "account.opened",
        "opened",
    ] {
        assert!(
            names.iter().any(|asked| asked == name),
            "{name} is not among {names:?}"
        );
    }
    assert!(!names.iter().any(|asked| asked == "account.limited"));

    let decision = store.decide((Turnover::of(7), Income::of(7)), |(turnover, income)| {
        assert_eq!((turnover.moved, income.sum), (75, 55));
        assert_eq!(turnover.owners, ["us"]);
        Withdrawn {
            account: 7,
            amount: 1,
        }
    });
    decision.await.unwrap();

    // An old event that comes between is a conflict, though no type of today has its name.
    let model = Turnover::of(7);
    let check = Append::within()
        .nothing_matches(model.query(), store.head().await.unwrap())
        .record(StreamName::parse("other/1").unwrap(), written(&moved(1)));
    append(&store, [written(&moved(3))]).await;
    assert!(store.append_within(check.into()).await.is_err());
}

async fn a_subscription_reads_every_version<S: BoundaryStore>(store: S) {
    write_history(&store).await;
    let head = store.head().await.unwrap();
    let mut events = store
        .subscribe(Position::START)
        .matching(Query::events::<AccountEvent>());
    let (mut seen, mut positions) = (Vec::new(), Vec::new());
    while let Some(event) = events.next_until(head).await {
        let event = event.unwrap();
        positions.push(event.position.0);
        for event in event.decode_all::<AccountEvent>().unwrap() {
            seen.push(format!("{event:?}"));
        }
    }
    // The retired event is not asked for; the parts of one that was split come at one position.
    assert_eq!((positions.len(), seen.len()), (8, 10));

    let stored = store.read_all(LogScan::default()).await.unwrap();
    assert_eq!(stored[2].decode_all::<AccountEvent>().unwrap(), []);
    assert!(matches!(
        stored[2].decode::<AccountEvent>(),
        Err(DecodeError::Retired { .. })
    ));
    let split = stored[1].decode::<AccountEvent>().unwrap_err();
    assert_eq!(
        split.to_string(),
        "`account.moved` (version 1) was split, and is 2 events here: decode all of them"
    );
    let deposited = Deposited {
        account: 7,
        amount: 50,
        note: None,
    };
    assert_eq!(stored[1].decode_as::<Deposited>().unwrap(), deposited);
    assert_eq!(
        stored[1].decode::<Incoming>().unwrap(),
        Incoming::Deposited(deposited)
    );
    assert_eq!(stored[1].decode_as::<Moved>().unwrap(), moved(50));
    assert_eq!(stored[0].decode_as::<OpenedV1>().unwrap(), first_version());

    let opened = store
        .read_all(LogScan::default().matching(Query::event::<Opened>()))
        .await
        .unwrap();
    assert_eq!(opened.len(), 3);
}

async fn an_older_version_can_be_written<S: BoundaryStore>(store: S) {
    let accounts = Repository::<Account, _>::new(store.clone());
    let during_upgrade = accounts.clone().codec(Json.writing::<OpenedV2>());
    let owner = || vec!["me".to_owned(), "you".to_owned()];
    let open = Open { owner: owner() };
    let done = during_upgrade.execute(&7, open.clone()).await.unwrap();
    // The answer says what was stored, as everybody will read it: the older version has one name.
    let opened = Opened {
        account: 7,
        owner: vec!["me and you".into()],
        branch: "b3".into(),
    };
    assert_eq!(done.events[0].event, opened.into());

    // The program before reads it, and so does today's.
    let stored = store.read_all(LogScan::default()).await.unwrap();
    assert_eq!(stored[0].schema, 2);
    let tags: Vec<_> = stored[0].tags().iter().collect();
    assert_eq!(tags, ["account:7"]);
    // `tests/versions_before.rs` is that program.
    let written: Value = serde_json::from_slice(&stored[0].payload).unwrap();
    let expected = json!({ "account": 7, "owner": "me and you", "branch": 3 });
    assert_eq!(written, expected);
    let expected = r#"1.0 Opened { account: 7, owner: ["me and you"], branch: "b3" }"#;
    assert_eq!(accounts.load(&7).await.unwrap().log, [expected]);

    // Further back, step by step; and what has no older version is written as ever.
    let back = accounts.clone().codec(Json.writing::<OpenedV1>());
    back.execute(&7, open.clone()).await.unwrap();
    back.execute(&7, Deposit { amount: 1 }).await.unwrap();
    accounts.execute(&7, open).await.unwrap();
    let stored = store.read_all(LogScan::default()).await.unwrap();
    let versions: Vec<_> = stored.iter().map(|event| event.schema).collect();
    assert_eq!(versions, [2, 1, 1, 3]);
    assert_eq!(&*stored[1].payload, br#"{"account":7,"name":"me and you"}"#);
}

async fn what_is_unknown_is_an_error<S: BoundaryStore>(store: S) {
    append(
        &store,
        [
            written(&first_version()),
            raw("account.stolen", 1, json!({})),
        ],
    )
    .await;
    let accounts = Repository::<Account, _>::new(store.clone());
    let told = accounts.load(&7).await.unwrap_err().to_string();
    assert_eq!(
        told,
        "account/7 is corrupt: event 2 (`account.stolen`, position 2): \
         no event or command is called `account.stolen` (version 1)"
    );
    let stored = store.read_all(LogScan::default()).await.unwrap();
    assert!(stored[1].decode_all::<AccountEvent>().is_err());
    // To skip it is for the reader to say.
    assert_eq!(stored[1].decode_known::<AccountEvent>().unwrap(), []);
    assert_eq!(stored[0].decode_known::<AccountEvent>().unwrap().len(), 1);
}

macro_rules! on_both_stores {
    ($($case:ident)*) => { mod on {
        $(mod $case {
            #[tokio::test]
            async fn memory() {
                crate::$case(crate::MemoryStore::new()).await;
            }

            #[tokio::test]
            async fn sqlite() {
                let folder = tempfile::tempdir().unwrap();
                let store = crate::SqliteStore::open(folder.path().join("events.db")).await.unwrap();
                crate::$case(store.clone()).await;
                store.close().await;
            }
        })*
    } };
}

on_both_stores! {
    an_aggregate_reads_every_version
    a_history_shows_every_part
    a_decision_model_asks_for_every_name
    a_subscription_reads_every_version
    an_older_version_can_be_written
    what_is_unknown_is_an_error
}

#[test]
fn a_test_may_begin_in_the_past() {
    Account::given_stored([stored(&first_version()), stored(&moved(990))])
        .when(Deposit { amount: 20 })
        .then_err(OverLimit);
    let turnover = past((first_version(), moved(-3))).decide(Turnover::of(7), |turnover| {
        assert_eq!(
            (turnover.moved, &*turnover.owners),
            (3, &["me".to_owned()][..])
        );
    });
    turnover.then_nothing();
}

#[test]
fn the_table_shows_what_becomes_an_event() {
    let shape = Opened::SHAPE;
    let chain: Vec<_> = std::iter::successors(Some(shape), |shape| shape.before.first().copied())
        .map(|shape| {
            (
                shape.name,
                shape.version,
                (shape.type_name)(),
                shape.into.len(),
            )
        })
        .collect();
    assert_eq!(
        chain,
        [
            ("account.opened", 3, "versions::Opened", 0),
            ("account.opened", 2, "versions::OpenedV2", 1),
            ("account.opened", 1, "versions::OpenedV1", 1),
        ]
    );
    assert_eq!(OpenedV1::NAME, "account.opened");
    assert_eq!(
        Deposited::SHAPE.stored_names(),
        ["account.deposited", "account.moved"]
    );
    let upcasts: Vec<_> = Limited::SHAPE
        .upcasts
        .iter()
        .map(|step| step.version)
        .collect();
    assert_eq!(upcasts, [1, 2]);

    // One name in a chain is no collision, and neither is that of a split event in each of its parts.
    let registry = Registry::new().with::<Account>();
    registry.check_names().unwrap();
}

/// A codec that wants what nothing makes.
#[derive(Debug, Clone)]
struct Wanting;

impl Codec for Wanting {
    fn format(&self) -> &'static str {
        Json::FORMAT
    }

    fn encode<T: Serialize>(&self, value: &T, into: &mut Vec<u8>) -> Result<(), CodecError> {
        Json.encode(value, into)
    }

    fn decode<T: DeserializeOwned>(&self, format: &str, payload: &[u8]) -> Result<T, CodecError> {
        Json.decode(format, payload)
    }

    fn writes(&self, name: &str) -> Option<u32> {
        (name == Limited::NAME).then_some(2)
    }
}

#[test]
fn what_cannot_be_an_older_version_is_not_written() {
    let limited: AccountEvent = Limited {
        cents: 1,
        currency: "EUR".into(),
    }
    .into();
    let refused = codec::encode(&Wanting, &limited).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "it was to be written as version 2, and nothing makes that of version 3: write `down = …` on it"
    );
}

#[tokio::test]
async fn an_upcast_says_what_it_refused() {
    let store = MemoryStore::new();
    append(&store, [raw("account.limited", 2, json!([]))]).await;
    let accounts = Repository::<Account, _>::new(store);
    let Err(LoadError::Corrupt(corrupt)) = accounts.load(&7).await else {
        panic!("it was read");
    };
    assert!(matches!(
        &corrupt.cause,
        CorruptCause::Decode(DecodeError::Payload {
            source: CodecError::Upcast { version: 2, reason },
            ..
        }) if reason == "it is no object"
    ));
}

/// A codec of its own format, which reads JSON as well.
#[derive(Debug, Clone)]
struct Reversed;

impl Codec for Reversed {
    fn format(&self) -> &'static str {
        "reversed"
    }

    fn encode<T: Serialize>(&self, value: &T, into: &mut Vec<u8>) -> Result<(), CodecError> {
        let start = into.len();
        Json.encode(value, into)?;
        into[start..].reverse();
        Ok(())
    }

    fn decode<T: DeserializeOwned>(&self, format: &str, payload: &[u8]) -> Result<T, CodecError> {
        let mut payload = payload.to_vec();
        if format == self.format() {
            payload.reverse();
        }
        Json.decode(Json::FORMAT, &payload)
    }
}

/// The same, and it hands JSON on where that is to be changed.
#[derive(Debug, Clone)]
struct ReversedOrJson;

impl Codec for ReversedOrJson {
    fn format(&self) -> &'static str {
        Reversed.format()
    }

    fn encode<T: Serialize>(&self, value: &T, into: &mut Vec<u8>) -> Result<(), CodecError> {
        Reversed.encode(value, into)
    }

    fn decode<T: DeserializeOwned>(&self, format: &str, payload: &[u8]) -> Result<T, CodecError> {
        Reversed.decode(format, payload)
    }

    fn decode_upcast<T: DeserializeOwned>(
        &self,
        format: &str,
        payload: &[u8],
        steps: &[JsonUpcast],
    ) -> Result<T, CodecError> {
        Json.decode_upcast(format, payload, steps)
    }
}

#[tokio::test]
async fn an_upcast_is_for_json() {
    let store = MemoryStore::new();
    append(
        &store,
        [
            written(&first_version()),
            raw("account.limited", 1, json!(1)),
        ],
    )
    .await;
    let accounts = Repository::<Account, _>::new(store);
    let told = accounts.clone().codec(Reversed).load(&7).await.unwrap_err();
    let told = told.to_string();
    assert!(told.contains("event 2 (`account.limited`"), "{told}");
    assert!(
        told.ends_with(
            "the payload's format is `json`, and this codec has no `upcast`: write a struct of this version, with `of` \
             and `from`"
        ),
        "{told}"
    );
    let account = accounts.codec(ReversedOrJson).load(&7).await.unwrap();
    assert_eq!(account.log.len(), 2);
}

// An event that was split, and has kept its name in one of the parts; one of which was split again.

#[event(name = "order.placed", version = 1, into(Placed, PricedV1))]
pub struct PlacedV1 {
    pub article: u32,
    pub price: u32,
}

#[event(name = "order.placed", version = 2, from = PlacedV1)]
pub struct Placed {
    pub article: u32,
}

#[event(name = "order.priced", into(Taxed, Priced), from = PlacedV1)]
pub struct PricedV1 {
    pub price: u32,
}

#[event(name = "order.taxed", from = PricedV1)]
pub struct Taxed {
    pub tax: u32,
}

#[event(name = "order.priced", version = 2, from = PricedV1)]
pub struct Priced {
    pub net: u32,
}

impl From<PlacedV1> for Placed {
    fn from(old: PlacedV1) -> Self {
        Self {
            article: old.article,
        }
    }
}

impl From<PlacedV1> for PricedV1 {
    fn from(old: PlacedV1) -> Self {
        Self { price: old.price }
    }
}

impl From<PricedV1> for Taxed {
    fn from(old: PricedV1) -> Self {
        Self { tax: old.price / 5 }
    }
}

impl From<PricedV1> for Priced {
    fn from(old: PricedV1) -> Self {
        Self {
            net: old.price - old.price / 5,
        }
    }
}

#[aggregate(name = "order", id = u64, error = OverLimit, events(Priced, Placed, Taxed))]
#[derive(Default)]
pub struct Order {
    log: Vec<(u64, u16, String)>,
}

impl Order {
    fn note(&mut self, event: &impl std::fmt::Debug, meta: &EventMeta<'_>) {
        self.log
            .push((meta.version().0, meta.part(), format!("{event:?}")));
    }
}

#[apply]
impl Order {
    fn placed(&mut self, event: &Placed, meta: &EventMeta) {
        self.note(event, meta);
    }

    fn priced(&mut self, event: &Priced, meta: &EventMeta) {
        self.note(event, meta);
    }

    fn taxed(&mut self, event: &Taxed, meta: &EventMeta) {
        self.note(event, meta);
    }
}

#[tokio::test]
async fn what_was_split_may_be_split_again() {
    let store = MemoryStore::new();
    let stream = StreamName::parse("order/1").unwrap();
    let old = PlacedV1 {
        article: 8,
        price: 100,
    };
    let append = Append::to(stream)
        .event(written(&old))
        .event(written(&PricedV1 { price: 10 }));
    store.append(append.into()).await.unwrap();
    let order = Repository::<Order, _>::new(store).load(&1).await.unwrap();
    let expected = [
        (1, 0, "Placed { article: 8 }"),
        (1, 1, "Taxed { tax: 20 }"),
        (1, 2, "Priced { net: 80 }"),
        (2, 0, "Taxed { tax: 2 }"),
        (2, 1, "Priced { net: 8 }"),
    ];
    let expected = expected.map(|(version, part, text)| (version, part, text.to_owned()));
    assert_eq!(order.log, expected);
    Registry::new().with::<Order>().check_names().unwrap();
}

/// One event of any of the versions.
#[derive(Debug, Clone)]
enum Any {
    First(OpenedV1),
    Second(OpenedV2),
    Third(Opened),
    Moved(Moved),
}

fn any_version() -> impl Strategy<Value = Any> {
    prop_oneof![
        ".*".prop_map(|name| Any::First(OpenedV1 { account: 7, name })),
        (".*", any::<u32>()).prop_map(|(owner, branch)| Any::Second(OpenedV2 {
            account: 7,
            owner,
            branch
        })),
        (prop::collection::vec(".*", 0..3), ".*").prop_map(|(owner, branch)| Any::Third(Opened {
            account: 7,
            owner,
            branch
        })),
        (0_i64..1_000).prop_map(|amount| Any::Moved(moved(amount))),
    ]
}

proptest! {
    /// What a chain reads is what its conversions make, step by step.
    #[test]
    fn a_chain_is_its_conversions(history in prop::collection::vec(any_version(), 0..12)) {
        let mut by_hand: Vec<AccountEvent> = Vec::new();
        let mut events = Vec::new();
        for event in history {
            match event {
                Any::First(old) => {
                    events.push(written(&old));
                    by_hand.push(Opened::from(OpenedV2::from(old)).into());
                }
                Any::Second(old) => {
                    events.push(written(&old));
                    by_hand.push(Opened::from(old).into());
                }
                Any::Third(event) => {
                    events.push(written(&event));
                    by_hand.push(event.into());
                }
                Any::Moved(old) => {
                    events.push(written(&old));
                    by_hand.push(Withdrawn::from(old.clone()).into());
                    by_hand.push(Deposited::from(old).into());
                }
            }
        }
        let count = events.len() as u64;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (read, loaded) = runtime.block_on(async {
            let store = MemoryStore::new();
            if !events.is_empty() {
                append(&store, events).await;
            }
            let accounts = Repository::<Account, _>::new(store);
            let history = accounts.history(&7).await.unwrap();
            (history, accounts.find(&7).await.unwrap())
        });
        let read: Vec<_> = read.into_iter().map(|recorded| recorded.event).collect();
        prop_assert_eq!(&read, &by_hand);
        prop_assert_eq!(loaded.as_ref().map_or(0, |account| account.version().0), count);
        let balance = Account::fold(&by_hand).unwrap().map(|account| account.balance);
        prop_assert_eq!(loaded.map(|account| account.balance), balance.filter(|_| count > 0));
    }
}

#[test]
fn an_event_alone_has_a_shape_too() {
    #[event(name = "alone")]
    pub struct Alone;

    let Shape {
        name,
        version,
        before,
        aliases,
        ..
    } = Alone::SHAPE;
    assert_eq!(
        (*name, *version, before.len(), aliases.len()),
        ("alone", 1, 0, 0)
    );
}

/// Two aggregates, one of which has the name that an event of the other one once had.
mod taken {
    use super::*;

    #[event(name = "lamp.lit", alias = "lit")]
    pub struct Lit;

    #[event(name = "lit")]
    pub struct Ignited;

    #[aggregate(name = "lamp", id = u64, error = OverLimit, events(Lit))]
    #[derive(Default)]
    pub struct Lamp {
        lit: bool,
    }

    #[apply]
    impl Lamp {
        fn lit(&mut self, _: &Lit) {
            self.lit = true;
        }
    }

    #[aggregate(name = "stove", id = u64, error = OverLimit, events(Ignited))]
    #[derive(Default)]
    pub struct Stove {
        lit: bool,
    }

    #[apply]
    impl Stove {
        fn ignited(&mut self, _: &Ignited) {
            self.lit = true;
        }
    }
}

#[test]
fn a_name_that_was_once_another_events_is_taken() {
    let both = Registry::new().with::<taken::Lamp>().with::<taken::Stove>();
    let collision = both.check_names().unwrap_err();
    assert_eq!(collision.name, "lit");
    assert_eq!(collision.first_type, "versions::taken::Lit");
    assert_eq!(collision.second_type, "versions::taken::Ignited");
    for found in [
        Repository::<taken::Lamp, _>::try_new(MemoryStore::new()).err(),
        Repository::<taken::Stove, _>::try_new(MemoryStore::new()).err(),
    ] {
        assert_eq!(found.map(|found| found.name), Some("lit".to_owned()));
    }
}
