//! The warehouse, and what is known to go wrong in simple event-sourcing libraries: a lost update, a panic on what cannot
//! be, half a command, another aggregate's events. (Two events under one stored name do not compile, see
//! `tests/ui/aggregate_two_events_with_one_name.rs`, or are found when a repository is built, `tests/names.rs`; the README
//! is compiled and run by `tests/readme.rs`.)

#[path = "../examples/warehouse.rs"]
#[allow(dead_code, reason = "its `main` is not called here")]
mod warehouse;

use std::sync::Arc;

use eventsource_core::prelude::*;
use eventsource_core::{
    Append, CorruptCause, ExecuteError, LoadError, LogScan, MemoryStore, Misapplied, NewEvent,
    StreamName, Timestamp, Version,
};
use proptest::prelude::*;
use warehouse::{
    Product, ProductError, ProductEvent, Receive, Received, Release, Reserve, Reserved, Ship,
    Shipped,
};

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn products() -> Repository<Product, MemoryStore> {
    Repository::new(MemoryStore::new())
}

fn soap() -> String {
    "soap".into()
}

fn stored(name: &'static str, payload: &str) -> NewEvent {
    NewEvent {
        name: name.into(),
        schema: 1,
        format: "json".into(),
        payload: payload.into(),
        metadata: [].into(),
        recorded_at: Timestamp::default(),
        tags: vec![],
    }
}

#[test]
fn what_is_reserved_can_be_shipped_and_no_more() {
    Product::given((Received { quantity: 9 }, Reserved { quantity: 4 }))
        .when(Ship { quantity: 5 })
        .then_err(ProductError::NotReserved { reserved: 4 });
    Product::given((Received { quantity: 9 }, Reserved { quantity: 4 }))
        .when(Reserve { quantity: 6 })
        .then_err(ProductError::NotFree { free: 5 });
    Product::given(Received { quantity: 9 })
        .when(Release { quantity: 0 })
        .then_err(ProductError::NoQuantity);
}

#[tokio::test]
async fn no_update_is_lost() -> Outcome {
    let products = products();
    products.execute(&soap(), Receive { quantity: 64 }).await?;
    let takers = (0..64).map(|_| {
        let products = products.clone();
        tokio::spawn(async move {
            products.execute(&soap(), Reserve { quantity: 1 }).await?;
            products
                .execute(&soap(), Ship { quantity: 1 })
                .await
                .map(|_| ())
        })
    });
    for taker in takers.collect::<Vec<_>>() {
        taker.await??;
    }
    let full = products.execute(&soap(), Reserve { quantity: 1 }).await;
    assert!(
        matches!(
            full,
            Err(ExecuteError::Refused(ProductError::NotFree { free: 0 }))
        ),
        "{full:?}"
    );
    Ok(())
}

#[tokio::test]
async fn a_bad_event_never_makes_a_good_aggregate() -> Outcome {
    for (name, payload) in [
        (Shipped::NAME, r#"{"quantity": 1}"#),
        (Shipped::NAME, r#"{"quantity": "one"}"#),
        (Shipped::NAME, "{"),
        ("product.stolen", "{}"),
    ] {
        let products = products();
        products.execute(&soap(), Receive { quantity: 5 }).await?;
        let bad = Append::to(StreamName::new("product", &soap())?).event(stored(name, payload));
        products.store().append(Arc::new(bad)).await?;
        match products.load(&soap()).await {
            Err(LoadError::Corrupt(corrupt)) => {
                assert_eq!((corrupt.version, &*corrupt.event), (Version(2), name));
            }
            other => panic!("{name} {payload}: {other:?}"),
        }
        let refused = products.execute(&soap(), Receive { quantity: 1 }).await;
        assert!(
            matches!(refused, Err(ExecuteError::Load(LoadError::Corrupt(_)))),
            "{refused:?}"
        );
        products
            .execute(&"towel".to_owned(), Receive { quantity: 1 })
            .await?;
    }
    Ok(())
}

#[test]
fn nothing_folds_to_the_beginning() -> Outcome {
    assert_eq!(Product::fold(&[])?, Some(Product::default()));
    Ok(())
}

/// A box that exists once it was packed.
mod parcel {
    use super::*;

    #[event(name = "parcel.packed")]
    pub struct Packed {
        pub weight: u8,
    }

    #[event(name = "parcel.sent")]
    pub struct Sent;

    #[derive(Debug, thiserror::Error)]
    #[error("it is too heavy")]
    pub struct TooHeavy;

    #[aggregate(name = "parcel", id = u32, error = TooHeavy, events(Packed, Sent), commands(Pack), invariant = Parcel::is_light)]
    #[derive(PartialEq)]
    pub struct Parcel {
        weight: u8,
    }

    impl Parcel {
        fn is_light(&self) -> bool {
            self.weight < 100
        }
    }

    #[apply]
    impl Parcel {
        fn packed(event: &Packed) -> Self {
            Self {
                weight: event.weight,
            }
        }

        fn sent(&mut self, _: &Sent) {
            self.weight += 100;
        }
    }

    #[handle]
    impl Parcel {
        /// Packs it and sends it at once, which is one event too many.
        #[command]
        pub fn pack(weight: u8) -> (Packed, Sent) {
            (Packed { weight }, Sent)
        }
    }
}

#[test]
fn an_event_before_the_first_is_an_error_and_no_panic() {
    let folded = parcel::Parcel::fold(&[parcel::Sent.into()]);
    assert!(matches!(folded, Err(Misapplied::NotCreated)), "{folded:?}");
}

#[tokio::test]
async fn all_events_of_a_command_are_stored_or_none() -> Outcome {
    let store = MemoryStore::new();
    let parcels = Repository::<parcel::Parcel, _>::new(store.clone());
    let packed = parcels.execute(&1, parcel::Pack { weight: 5 }).await;
    assert!(
        matches!(packed, Err(ExecuteError::Invariant { number: 2, .. })),
        "{packed:?}"
    );
    assert!(store.read_all(LogScan::default()).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn an_overflow_in_a_stored_event_is_reported() -> Outcome {
    let store = MemoryStore::new();
    let stream = StreamName::new("parcel", &1_u32)?;
    let packed = stored("parcel.packed", r#"{"weight": 99}"#);
    let sent = || stored("parcel.sent", "{}");
    store
        .append(Arc::new(
            Append::to(stream).event(packed).event(sent()).event(sent()),
        ))
        .await?;
    match Repository::<parcel::Parcel, _>::new(store).load(&1).await {
        Err(LoadError::Corrupt(corrupt)) => {
            assert_eq!(corrupt.version, Version(2));
            assert!(
                matches!(corrupt.cause, CorruptCause::Invariant(_)),
                "{corrupt}"
            );
        }
        other => panic!("{other:?}"),
    }
    Ok(())
}

#[tokio::test]
async fn an_aggregate_sees_its_own_events_alone() -> Outcome {
    let products = products();
    products.execute(&soap(), Receive { quantity: 5 }).await?;
    products
        .execute(&"soap/2".to_owned(), Receive { quantity: 7 })
        .await?;
    assert_eq!(products.history(&soap()).await?.len(), 1);
    assert!(products.find(&"soa".to_owned()).await?.is_none());
    Ok(())
}

fn any_event() -> impl Strategy<Value = ProductEvent> {
    (0..4_u8, -5..100_i64).prop_map(|(kind, quantity)| match kind {
        0 => Received { quantity }.into(),
        1 => Reserved { quantity }.into(),
        2 => warehouse::Released { quantity }.into(),
        _ => Shipped { quantity }.into(),
    })
}

proptest! {
    /// Whatever stands in a stream, what is loaded is possible.
    #[test]
    fn what_is_loaded_is_possible(events in prop::collection::vec(any_event(), 0..20)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        let checked = runtime.block_on(is_possible(&events));
        prop_assert!(checked.is_ok(), "{checked:?}");
    }
}

async fn is_possible(events: &[ProductEvent]) -> Outcome {
    let products = products();
    for event in events {
        let encoded = eventsource_core::codec::encode(&eventsource_core::Json, event)?;
        let event = stored(encoded.name, &String::from_utf8(encoded.payload)?);
        let append = Append::to(StreamName::new("product", &soap())?).event(event);
        products.store().append(Arc::new(append)).await?;
    }
    match products.find(&soap()).await {
        Ok(found) => {
            let folded = Product::fold(events)?;
            assert_eq!(
                found.map(eventsource_core::Loaded::into_state),
                folded.filter(|_| !events.is_empty())
            );
            products.execute(&soap(), Receive { quantity: 1 }).await?;
        }
        Err(LoadError::Corrupt(corrupt)) => {
            // What stands before the bad event is fine.
            let good = corrupt.version.0 - 1;
            if good > 0 {
                products
                    .load_at(&soap(), AsOf::Version(Version(good)))
                    .await?;
            }
        }
        Err(other) => return Err(other.into()),
    }
    Ok(())
}
