//! The repository: execution, idempotency, conflicts, unknown outcomes, time travel, corrupt streams, subscriptions.

mod scripted_store;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use eventsource_core::prelude::*;
use eventsource_core::{
    AnyStore, Append, Codec, CodecError, CorruptCause, DecodeError, ExecuteError, Json, LoadError,
    LogScan, ManualClock, MemoryStore, NewEvent, Position, Query, Retry, StreamName, Timestamp,
    Version,
};
use scripted_store::{Next, ScriptedStore};

#[event(name = "wallet.filled")]
pub struct Filled {
    pub amount: u64,
}

#[event(name = "wallet.emptied")]
pub struct Emptied {
    pub amount: u64,
}

#[derive(Debug, PartialEq, thiserror::Error)]
pub enum WalletError {
    #[error("there is nothing in it")]
    Empty,
}

#[aggregate(
    name = "wallet",
    id = String,
    error = WalletError,
    events(Filled, Emptied),
    commands(Fill, Empty),
    invariant = Wallet::below_limit,
)]
#[derive(Default)]
pub struct Wallet {
    amount: u64,
}

#[apply]
impl Wallet {
    fn filled(&mut self, event: &Filled) {
        self.amount = self.amount.saturating_add(event.amount);
    }

    fn emptied(&mut self, event: &Emptied) {
        self.amount = self.amount.saturating_sub(event.amount);
    }
}

#[handle]
impl Wallet {
    /// Fills, twice where there is more than ten.
    #[command]
    pub fn fill(&self, amount: u64) -> Vec<Filled> {
        if amount > 10 {
            vec![
                Filled { amount: 10 },
                Filled {
                    amount: amount - 10,
                },
            ]
        } else {
            vec![Filled { amount }]
        }
    }

    /// Takes all there is.
    #[command]
    pub fn empty(&self) -> Result<Emptied, WalletError> {
        ensure!(self.amount > 0, WalletError::Empty);
        Ok(Emptied {
            amount: self.amount,
        })
    }
}

impl Wallet {
    fn below_limit(&self) -> bool {
        self.amount < 1_000
    }
}

/// The same without an invariant: the state that was loaded is used again after a conflict.
mod tally {
    use super::*;

    #[event(name = "tally.counted")]
    pub struct Counted {
        pub by: u64,
    }

    #[aggregate(name = "tally", id = u64, error = WalletError, events(Counted), commands(Count))]
    #[derive(Default)]
    pub struct Tally {
        pub count: u64,
    }

    #[apply]
    impl Tally {
        fn counted(&mut self, event: &Counted) {
            self.count += event.by;
        }
    }

    #[handle]
    impl Tally {
        /// Counts one more than there is.
        #[command]
        pub fn count(&self) -> Result<Counted, WalletError> {
            Ok(Counted { by: self.count + 1 })
        }
    }
}
use tally::{Count, Tally};

fn wallets() -> Repository<Wallet, MemoryStore> {
    Repository::new(MemoryStore::new())
}

fn id() -> String {
    "w1".to_owned()
}

fn raw(name: &'static str, schema: u32, payload: &str) -> NewEvent {
    NewEvent {
        name: name.into(),
        schema,
        format: "json".into(),
        payload: payload.into(),
        metadata: [].into(),
        recorded_at: Timestamp::default(),
        tags: vec![],
    }
}

#[tokio::test]
async fn a_command_returns_what_was_recorded() {
    let clock = ManualClock::at(Timestamp::from_micros(42));
    let wallets = wallets().clock(clock);
    let first = wallets
        .execute(&id(), Fill { amount: 25 })
        .correlation("c")
        .causation("because")
        .actor("me")
        .metadata("ip", "::1")
        .await
        .unwrap();
    assert_eq!(
        (first.version, first.position(), first.repeated),
        (Version(2), Some(Position(2)), false)
    );
    assert_eq!(first.events[1].event, Filled { amount: 15 }.into());
    assert_eq!(first.events[1].recorded_at, Timestamp::from_micros(42));
    let history = wallets.history(&id()).await.unwrap();
    assert_eq!(history, first.events);
    let metadata = &history[0].metadata;
    assert_eq!(metadata.correlation.as_deref(), Some("c"));
    assert_eq!(metadata.causation.as_deref(), Some("because"));
    assert_eq!(metadata.actor.as_deref(), Some("me"));
    assert_eq!(metadata.own["ip"], "::1");
}

#[tokio::test]
async fn a_repeated_command_answers_as_the_first_did() {
    let wallets = wallets();
    wallets.execute(&id(), Fill { amount: 7 }).await.unwrap();
    let first = wallets
        .execute(&id(), Empty)
        .idempotency_key("k")
        .await
        .unwrap();
    let again = wallets
        .execute(&id(), Empty)
        .idempotency_key("k")
        .await
        .unwrap();
    assert_eq!(
        (again.events.clone(), again.version),
        (first.events, first.version)
    );
    assert!(again.repeated && !first.repeated);
    assert_eq!(wallets.load(&id()).await.unwrap().version(), 2);
    let as_enum = wallets
        .execute(&id(), WalletCommand::Empty(Empty))
        .idempotency_key("k")
        .await
        .unwrap();
    assert!(as_enum.repeated, "the enum is the same command");
}

#[tokio::test]
async fn a_key_belongs_to_one_command_of_one_aggregate() {
    let wallets = wallets();
    wallets
        .execute(&id(), Fill { amount: 7 })
        .idempotency_key("k")
        .await
        .unwrap();
    let reused = wallets
        .execute(&id(), Fill { amount: 8 })
        .idempotency_key("k")
        .await;
    assert!(matches!(reused, Err(ExecuteError::KeyReused { key }) if key == "k"));
    let other = wallets
        .execute(&"w2".to_owned(), Fill { amount: 8 })
        .idempotency_key("k")
        .await
        .unwrap();
    assert!(!other.repeated);
}

#[tokio::test]
async fn a_refusal_is_not_remembered() {
    let wallets = wallets();
    let refused = wallets.execute(&id(), Empty).idempotency_key("k").await;
    assert!(matches!(
        refused,
        Err(ExecuteError::Refused(WalletError::Empty))
    ));
    wallets.execute(&id(), Fill { amount: 7 }).await.unwrap();
    assert!(
        !wallets
            .execute(&id(), Empty)
            .idempotency_key("k")
            .await
            .unwrap()
            .repeated
    );
}

#[tokio::test]
async fn a_conflict_is_retried_with_what_its_answer_brings() {
    let store = ScriptedStore::new([]);
    let tallies = Repository::<Tally, _>::new(store.clone());
    tallies.execute(&1, Count).await.unwrap();
    let stream = StreamName::parse("tally/1").unwrap();
    store.then(Next::Overtaken(Arc::new(Append::to(stream).event(raw(
        "tally.counted",
        1,
        r#"{"by":5}"#,
    )))));
    let scans = store.scans.load(Ordering::SeqCst);
    let counted = tallies.execute(&1, Count).await.unwrap();
    assert_eq!(
        counted.events[0].event,
        tally::Counted { by: 7 }.into(),
        "decided on the new state"
    );
    assert_eq!(
        store.scans.load(Ordering::SeqCst) - scans,
        1,
        "loaded once, before the first attempt"
    );
}

#[tokio::test]
async fn an_aggregate_with_an_invariant_is_loaded_again_after_a_conflict() {
    let store = ScriptedStore::new([]);
    let wallets = Repository::<Wallet, _>::new(store.clone());
    let stream = StreamName::parse("wallet/w1").unwrap();
    wallets.execute(&id(), Fill { amount: 1 }).await.unwrap();
    store.then(Next::Overtaken(Arc::new(Append::to(stream).event(raw(
        "wallet.filled",
        1,
        r#"{"amount":5}"#,
    )))));
    assert_eq!(
        wallets.execute(&id(), Empty).await.unwrap().events[0].event,
        Emptied { amount: 6 }.into()
    );
}

#[tokio::test]
async fn tries_are_bounded() {
    let overtaking = |_| {
        Next::Overtaken(Arc::new(
            Append::to(StreamName::parse("tally/1").unwrap()).event(raw(
                "tally.counted",
                1,
                r#"{"by":1}"#,
            )),
        ))
    };
    let store = ScriptedStore::new((0..9).map(overtaking));
    let retry = Retry {
        attempts: 3,
        first: Duration::from_millis(1),
        longest: Duration::from_millis(2),
    };
    let tallies = Repository::<Tally, _>::new(store).retry(retry);
    let contended = tallies.execute(&1, Count).await;
    assert!(
        matches!(contended, Err(ExecuteError::Contended { attempts: 3 })),
        "{contended:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_task_counts_under_contention() {
    let retry = Retry {
        attempts: 1_000,
        ..Retry::default()
    };
    let tallies = Repository::<Tally, _>::new(MemoryStore::new()).retry(retry);
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let tallies = tallies.clone();
            tokio::spawn(async move {
                for _ in 0..3 {
                    tallies.execute(&1, Count).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let tally = tallies.load(&1).await.unwrap();
    assert_eq!(
        (tally.version().0, tally.count),
        (48, (1 << 48) - 1),
        "each saw all before it"
    );
}

#[tokio::test]
async fn an_unknown_outcome_is_sent_again_and_stored_once() {
    for lost in [Next::LostAnswer, Next::LostRequest] {
        let store = ScriptedStore::new([lost]);
        let wallets = Repository::<Wallet, _>::new(store.clone()).clock(ManualClock::default());
        let filled = wallets.execute(&id(), Fill { amount: 7 }).await.unwrap();
        assert_eq!((filled.version, filled.events.len()), (Version(1), 1));
        assert_eq!(store.appends.load(Ordering::SeqCst), 2);
        assert_eq!(wallets.history(&id()).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_repeated_command_is_not_refused_by_its_own_first_effect() {
    let store = ScriptedStore::new([]);
    let wallets = Repository::<Wallet, _>::new(store.clone());
    wallets.execute(&id(), Fill { amount: 5 }).await.unwrap();
    wallets
        .execute(&id(), Empty)
        .idempotency_key("k")
        .await
        .unwrap();
    // The first one was stored between the look-up of the key and the load.
    store.too_early.store(1, Ordering::SeqCst);
    assert!(
        wallets
            .execute(&id(), Empty)
            .idempotency_key("k")
            .await
            .unwrap()
            .repeated
    );
    store.too_early.store(1, Ordering::SeqCst);
    let expecting = wallets
        .execute(&id(), Empty)
        .idempotency_key("k")
        .expect_version(1)
        .await
        .unwrap();
    assert!(expecting.repeated);
}

#[tokio::test]
async fn a_source_of_ids_that_repeats_itself_loses_no_command() {
    let store = MemoryStore::new();
    for wallet in ["w1", "w2"] {
        let wallets = Repository::<Wallet, _>::new(store.clone())
            .ids(eventsource_core::SequentialIds::default());
        assert!(
            !wallets
                .execute(&wallet.to_owned(), Fill { amount: 5 })
                .await
                .unwrap()
                .repeated
        );
        assert_eq!(wallets.load(&wallet.to_owned()).await.unwrap().amount, 5);
    }
}

#[tokio::test]
async fn what_is_unknown_stays_unknown_until_the_store_has_answered() {
    let store = ScriptedStore::new([Next::LostAnswer, Next::Overloaded, Next::Overloaded]);
    let wallets = Repository::<Wallet, _>::new(store).clock(ManualClock::default());
    let filled = wallets.execute(&id(), Fill { amount: 7 }).await.unwrap();
    // It had no key, so that it can only have been stored now.
    assert_eq!((filled.version.0, filled.repeated), (1, false));
    assert_eq!(filled.events.len(), 1);
    let script = std::iter::once(Next::LostAnswer).chain((0..50).map(|_| Next::Overloaded));
    let wallets =
        Repository::<Wallet, _>::new(ScriptedStore::new(script)).clock(ManualClock::default());
    assert!(matches!(
        wallets.execute(&id(), Fill { amount: 7 }).await,
        Err(ExecuteError::Unknown { .. })
    ));
    assert_eq!(
        wallets.load(&id()).await.unwrap().amount,
        7,
        "it was stored"
    );
}

#[tokio::test]
async fn an_outcome_that_stays_unknown_is_said_to_be() {
    let store = ScriptedStore::new((0..100).map(|_| Next::LostRequest));
    let wallets = Repository::<Wallet, _>::new(store).clock(ManualClock::default());
    assert!(matches!(
        wallets.execute(&id(), Fill { amount: 7 }).await,
        Err(ExecuteError::Unknown { .. })
    ));
}

#[tokio::test]
async fn overload_is_typed() {
    let wallets = Repository::<Wallet, _>::new(ScriptedStore::new([Next::Overloaded]));
    let overloaded = wallets.execute(&id(), Fill { amount: 7 }).await;
    assert!(matches!(
        overloaded,
        Err(ExecuteError::Overloaded { waiting: 7 })
    ));
}

#[tokio::test]
async fn an_expected_version_is_checked_and_not_retried() {
    let wallets = wallets();
    wallets
        .execute(&id(), Fill { amount: 7 })
        .expect_version(0)
        .await
        .unwrap();
    let wrong = wallets
        .execute(&id(), Fill { amount: 7 })
        .expect_version(0)
        .await;
    assert!(matches!(
        wrong,
        Err(ExecuteError::WrongVersion {
            expected: Version(0),
            actual: Version(1)
        })
    ));
    wallets
        .execute(&id(), Fill { amount: 7 })
        .expect_version(1)
        .await
        .unwrap();
}

#[tokio::test]
async fn an_invariant_stops_events_before_they_are_stored() {
    let wallets = wallets();
    let broken = wallets.execute(&id(), Fill { amount: 2_000 }).await;
    assert!(
        matches!(
            broken,
            Err(ExecuteError::Invariant {
                number: 2,
                event: "wallet.filled",
                ..
            })
        ),
        "{broken:?}"
    );
    assert!(wallets.find(&id()).await.unwrap().is_none());
}

#[tokio::test]
async fn time_travel() {
    let clock = ManualClock::default();
    let wallets = wallets().clock(clock);
    for amount in [1, 2, 3] {
        wallets.execute(&id(), Fill { amount }).await.unwrap();
    }
    assert_eq!(
        wallets
            .load_at(&id(), AsOf::Version(Version(2)))
            .await
            .unwrap()
            .amount,
        3
    );
    assert_eq!(
        wallets
            .load_at(&id(), AsOf::Time(Timestamp::default()))
            .await
            .unwrap()
            .amount,
        6
    );
    let before = wallets
        .load_at(&id(), AsOf::Time(Timestamp::from_micros(-1)))
        .await;
    assert!(matches!(before, Err(LoadError::NotFound { .. })));
    let beyond = wallets
        .load_at(&id(), AsOf::Version(Version(9)))
        .await
        .unwrap_err();
    assert_eq!(
        beyond.to_string(),
        "wallet `w1` has reached version 3, and 9 was asked for"
    );
    assert_eq!(
        wallets
            .load(&"none".to_owned())
            .await
            .unwrap_err()
            .to_string(),
        "wallet `none` does not exist"
    );
    assert!(
        wallets
            .history(&"none".to_owned())
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn a_bad_id_is_an_error() {
    let wallets = wallets();
    for bad in ["", "a\0b", "a\nb", &"x".repeat(600)] {
        let refused = wallets.execute(&bad.to_owned(), Fill { amount: 1 }).await;
        assert!(
            matches!(refused, Err(ExecuteError::Load(LoadError::InvalidId(_)))),
            "{refused:?}"
        );
    }
    wallets
        .execute(&"a/b".to_owned(), Fill { amount: 1 })
        .await
        .unwrap();
}

#[tokio::test]
async fn a_corrupt_stream_is_reported_and_harms_nobody_else() {
    let cases = [
        (
            "wallet.flown",
            1,
            "{}",
            "no event or command is called `wallet.flown` (version 1)",
        ),
        (
            "wallet.filled",
            9,
            "{}",
            "`wallet.filled` is known up to version 1 (`repository::Filled`), and this is version 9",
        ),
        (
            "wallet.filled",
            1,
            "{\"amount\":",
            "the payload of `wallet.filled` does not decode: EOF",
        ),
        (
            "wallet.filled",
            1,
            "{\"amount\":5000}",
            "the state after it is invalid: the invariant does not hold",
        ),
    ];
    for (name, schema, payload, cause) in cases {
        let wallets = wallets();
        wallets.execute(&id(), Fill { amount: 1 }).await.unwrap();
        let stream = StreamName::parse("wallet/w1").unwrap();
        let append = Append::to(stream).event(raw(name, schema, payload));
        wallets.store().append(Arc::new(append)).await.unwrap();

        let Err(LoadError::Corrupt(corrupt)) = wallets.load(&id()).await else {
            panic!("{name} {payload}")
        };
        assert_eq!(
            (corrupt.version, corrupt.position, &*corrupt.event),
            (Version(2), Position(2), name)
        );
        assert!(
            corrupt.cause.to_string().starts_with(cause),
            "{}",
            corrupt.cause
        );
        let refused = wallets.execute(&id(), Fill { amount: 1 }).await;
        assert!(
            matches!(refused, Err(ExecuteError::Load(LoadError::Corrupt(_)))),
            "{refused:?}"
        );
        assert_eq!(
            wallets
                .load_at(&id(), AsOf::Version(Version(1)))
                .await
                .unwrap()
                .amount,
            1
        );
        wallets
            .execute(&"w2".to_owned(), Fill { amount: 1 })
            .await
            .unwrap();
    }
}

/// Events that a careless model can break: numbers that JSON has no word for, arithmetic that overflows, a struct
/// without fields that gets some later.
mod careless {
    use super::*;

    #[event(name = "meter.read")]
    pub struct Read {
        pub value: f64,
    }

    #[event(name = "meter.counted")]
    pub struct Counted {
        pub by: u8,
    }

    #[event(name = "meter.reset")]
    pub struct Reset;

    #[aggregate(name = "meter", id = u64, error = WalletError, events(Read, Counted, Reset), commands(Measure, Count, Zero))]
    #[derive(Debug, Default)]
    pub struct Meter {
        pub value: f64,
        pub count: u8,
    }

    #[apply]
    impl Meter {
        fn read(&mut self, event: &Read) {
            self.value = event.value;
        }

        fn counted(&mut self, event: &Counted) {
            self.count = self.count.checked_add(event.by).expect("the count fits");
        }

        fn reset(&mut self, _: &Reset) {
            self.count = 0;
        }
    }

    #[handle]
    impl Meter {
        #[command]
        pub fn measure(&self, value: f64) -> Read {
            Read { value }
        }

        #[command]
        pub fn count(&self, by: u8) -> Counted {
            Counted { by }
        }

        #[command]
        pub fn zero(&self) -> Reset {
            Reset
        }
    }

    /// What became of `Reset` in a later version of the program.
    #[derive(Event, Debug, PartialEq)]
    pub enum Later {
        #[event(name = "meter.reset")]
        Reset { reason: Option<String> },
    }
}
use careless::{Measure, Meter};

#[tokio::test]
async fn what_cannot_be_read_again_is_not_stored() {
    let meters = Repository::<Meter, _>::new(MemoryStore::new());
    for value in [f64::NAN, f64::INFINITY] {
        let refused = meters.execute(&1, Measure { value }).await;
        assert!(
            matches!(
                refused,
                Err(ExecuteError::Encode {
                    name: "meter.read",
                    ..
                })
            ),
            "{refused:?}"
        );
    }
    assert!(meters.find(&1).await.unwrap().is_none());
    meters.execute(&1, Measure { value: 1.5 }).await.unwrap();
    assert!((meters.load(&1).await.unwrap().value - 1.5).abs() < f64::EPSILON);
}

#[tokio::test]
async fn a_panic_while_loading_is_a_corrupt_aggregate() {
    let meters = Repository::<Meter, _>::new(MemoryStore::new());
    meters
        .execute(&1, careless::Count { by: 200 })
        .await
        .unwrap();
    meters
        .execute(&1, careless::Count { by: 100 })
        .await
        .unwrap();
    let Err(LoadError::Corrupt(corrupt)) = meters.load(&1).await else {
        panic!("it counted to 300")
    };
    assert!(
        matches!(&corrupt.cause, CorruptCause::Panicked(text) if text == "the count fits"),
        "{corrupt}"
    );
    assert_eq!(corrupt.version, Version(2));
    assert!(meters.execute(&1, careless::Zero).await.is_err());
}

#[tokio::test]
async fn an_event_without_fields_may_get_some() {
    let meters = Repository::<Meter, _>::new(MemoryStore::new());
    meters.execute(&1, careless::Zero).await.unwrap();
    let stored = meters.store().read_all(LogScan::default()).await.unwrap();
    assert_eq!(&*stored[0].payload, b"{}");
    assert_eq!(
        stored[0].decode::<careless::Later>().unwrap(),
        careless::Later::Reset { reason: None }
    );
    let written_before = eventsource_core::StoredEvent {
        payload: b"null"[..].into(),
        ..stored[0].clone()
    };
    assert_eq!(
        written_before.decode::<careless::Later>().unwrap(),
        careless::Later::Reset { reason: None }
    );
    assert!(matches!(
        written_before.decode::<careless::MeterEvent>(),
        Ok(careless::MeterEvent::Reset(_))
    ));
}

#[tokio::test]
async fn a_filtered_subscription_knows_when_it_has_caught_up() {
    let wallets = wallets();
    wallets.execute(&id(), Fill { amount: 5 }).await.unwrap();
    wallets.execute(&id(), Empty).await.unwrap();
    let head = wallets.store().head().await.unwrap();
    let mut filled = wallets
        .store()
        .subscribe(Position::START)
        .matching(Query::types([Filled::NAME]));
    assert_eq!(
        filled
            .next_until(head)
            .await
            .unwrap()
            .unwrap()
            .decode::<WalletEvent>()
            .unwrap(),
        Filled { amount: 5 }.into()
    );
    assert!(filled.next_until(head).await.is_none());
    assert_eq!(
        filled.position(),
        head,
        "past the event that does not match"
    );
    wallets.execute(&id(), Fill { amount: 7 }).await.unwrap();
    assert_eq!(filled.next().await.unwrap().unwrap().position, Position(3));
    let beyond = filled.next_until(Position(9)).await;
    assert!(
        matches!(
            beyond,
            Some(Err(eventsource_core::StoreError::BeyondHead { .. }))
        ),
        "{beyond:?}"
    );
}

/// A codec of one's own, told apart in the stored record.
#[derive(Clone)]
struct Hex;

impl Codec for Hex {
    fn format(&self) -> &'static str {
        "hex"
    }

    fn encode<T: serde::Serialize>(&self, value: &T, into: &mut Vec<u8>) -> Result<(), CodecError> {
        let mut json = Vec::new();
        Json.encode(value, &mut json)?;
        into.extend(
            json.iter()
                .flat_map(|byte| format!("{byte:02x}").into_bytes()),
        );
        Ok(())
    }

    fn decode<T: serde::de::DeserializeOwned>(
        &self,
        format: &str,
        payload: &[u8],
    ) -> Result<T, CodecError> {
        if format == "json" {
            return Json.decode(format, payload);
        }
        let digits = payload
            .chunks(2)
            .map(|pair| u8::from_str_radix(&String::from_utf8_lossy(pair), 16));
        let json = digits
            .collect::<Result<Vec<_>, _>>()
            .map_err(CodecError::new)?;
        Json.decode("json", &json)
    }
}

#[tokio::test]
async fn codecs_can_be_mixed() {
    let wallets = wallets();
    wallets.execute(&id(), Fill { amount: 1 }).await.unwrap();
    let hex = wallets.clone().codec(Hex);
    hex.execute(&id(), Fill { amount: 2 }).await.unwrap();
    assert_eq!(hex.load(&id()).await.unwrap().amount, 3);
    let Err(LoadError::Corrupt(corrupt)) = wallets.load(&id()).await else {
        panic!("json reads hex")
    };
    let CorruptCause::Decode(DecodeError::Payload { source, .. }) = corrupt.cause else {
        panic!("{corrupt}")
    };
    assert!(matches!(source, CodecError::UnknownFormat { format, .. } if format == "hex"));
}

#[tokio::test]
async fn an_erased_store_does_the_same() {
    let wallets = Repository::<Wallet, _>::new(AnyStore::new(MemoryStore::new()));
    wallets.execute(&id(), Fill { amount: 25 }).await.unwrap();
    assert_eq!(wallets.load(&id()).await.unwrap().amount, 25);
    assert_eq!(wallets.history(&id()).await.unwrap().len(), 2);
    assert_eq!(
        wallets
            .store()
            .read_all(LogScan::default())
            .await
            .unwrap()
            .len(),
        2
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_catches_up_and_goes_live_without_a_gap() {
    let wallets = wallets();
    for _ in 0..50 {
        wallets.execute(&id(), Fill { amount: 1 }).await.unwrap();
    }
    let mut events = wallets
        .store()
        .subscribe(Position(10))
        .page(7)
        .matching(Query::types(["wallet.filled"]));
    let stopper = events.stopper();
    let writer = tokio::spawn({
        let wallets = wallets.clone();
        async move {
            for _ in 0..50 {
                wallets.execute(&id(), Fill { amount: 1 }).await.unwrap();
            }
        }
    });
    for position in 11..=100 {
        assert_eq!(
            events.next().await.unwrap().unwrap().position,
            Position(position)
        );
    }
    writer.await.unwrap();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(20)).await;
        stopper.stop();
    });
    assert!(events.next().await.is_none(), "waits, then is stopped");
    let beyond = wallets.store().subscribe(Position(1_000)).next().await;
    assert!(matches!(
        beyond,
        Some(Err(eventsource_core::StoreError::BeyondHead { .. }))
    ));
}

/// An executor of four lines: nothing in the core needs a runtime, not even to wait between attempts.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let mut future = std::pin::pin!(future);
    let waker = Arc::new(Unpark(std::thread::current())).into();
    let mut context = std::task::Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            std::task::Poll::Ready(value) => return value,
            std::task::Poll::Pending => std::thread::park(),
        }
    }
}

#[test]
fn no_runtime_is_needed() {
    let store = ScriptedStore::new([Next::LostRequest, Next::LostRequest, Next::LostAnswer]);
    let wallets = Repository::<Wallet, _>::new(store);
    let filled = block_on(async { wallets.execute(&id(), Fill { amount: 7 }).await });
    assert_eq!(filled.unwrap().version, 1);
}
