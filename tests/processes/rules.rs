//! What a process is asked, and about what: methods that begin it, events that concern two, events that were split; and the
//! test kit, which says what comes next.

use std::convert::Infallible;
use std::sync::Arc;

use eventsource_core::prelude::*;
use eventsource_core::{
    Append, Json, MemoryStore, Metadata, NewEvent, Store, StreamName, Timestamp,
};

/// A move of goods from one shelf to another, as it was recorded before there were two events.
#[event(name = "goods.moved", into(Left, Came))]
pub struct Moved {
    pub from: u64,
    pub to: u64,
}

#[event(name = "goods.left", from = Moved)]
pub struct Left {
    #[tag]
    pub shelf: u64,
}

#[event(name = "goods.came", from = Moved)]
pub struct Came {
    #[tag]
    pub shelf: u64,
}

impl From<Moved> for Left {
    fn from(event: Moved) -> Self {
        Self { shelf: event.from }
    }
}

impl From<Moved> for Came {
    fn from(event: Moved) -> Self {
        Self { shelf: event.to }
    }
}

/// Two shelves are put together.
#[event(name = "goods.joined")]
pub struct Joined {
    pub shelves: Vec<u64>,
}

#[event(name = "watch.begun")]
pub struct Begun;

#[event(name = "watch.seen")]
pub struct Seen {
    pub what: String,
}

/// Watches a shelf, from the first goods that come to it.
#[aggregate(name = "watch", id = u64, error = Infallible, events(Begun, Seen), commands())]
#[derive(Debug, PartialEq)]
pub struct Watch {
    seen: Vec<String>,
}

#[apply]
impl Watch {
    fn begun(_: &Begun) -> Self {
        Self { seen: Vec::new() }
    }
    fn seen(&mut self, event: &Seen) {
        self.seen.push(event.what.clone());
    }
}

#[process(from = start)]
impl Watch {
    #[key(event.event.shelf)]
    fn came(event: &Recorded<Came>) -> Next<Self> {
        match event.event.shelf {
            0 => Next::nothing(),
            _ => Next::record(Begun),
        }
    }

    #[key(Some(event.event.shelf))]
    fn left(&self, event: &Recorded<Left>) -> Next<Self> {
        let what = format!("{} left after {}", event.event.shelf, self.seen.len());
        Next::record(Seen { what })
    }

    #[key(event.event.shelves.clone())]
    fn joined(&self, event: &Recorded<Joined>) -> Next<Self> {
        let what = format!(
            "{} shelves after {}",
            event.event.shelves.len(),
            self.seen.len()
        );
        Next::record(Seen { what }).end()
    }
}

async fn append<E: Event>(store: &MemoryStore, event: &E, metadata: &Metadata) {
    let event = NewEvent {
        name: E::NAME.into(),
        schema: E::VERSION,
        format: Json::FORMAT.into(),
        payload: serde_json::to_vec(event).unwrap(),
        metadata: metadata.to_stored(),
        recorded_at: Timestamp::default(),
        tags: Vec::new(),
    };
    let append = Append::to(StreamName::parse("goods/all").unwrap()).event(event);
    store.append(Arc::new(append)).await.unwrap();
}

#[tokio::test]
async fn it_begins_with_one_event_and_takes_each_part_of_one_that_was_split() {
    let store = MemoryStore::new();
    let said = Metadata {
        correlation: Some("a day at the warehouse".into()),
        actor: Some("ada".into()),
        ..Metadata::default()
    };
    // The watch of shelf 1 has not begun when something leaves it.
    append(&store, &Moved { from: 1, to: 2 }, &said).await;
    append(&store, &Came { shelf: 1 }, &said).await;
    // It comes to shelf 2, which has begun before: nothing begins twice.
    append(&store, &Moved { from: 1, to: 2 }, &said).await;
    append(&store, &Moved { from: 2, to: 2 }, &said).await;
    append(&store, &Came { shelf: 0 }, &said).await;
    append(&store, &Left { shelf: 0 }, &said).await;
    append(
        &store,
        &Joined {
            shelves: vec![1, 2, 1],
        },
        &said,
    )
    .await;
    append(&store, &Left { shelf: 1 }, &said).await;
    store.process::<Watch>().settle().await.unwrap();
    let watches = Repository::<Watch, _>::new(store.clone());
    let seen = |id: u64| {
        let watches = watches.clone();
        async move {
            watches
                .find(&id)
                .await
                .unwrap()
                .map(|watch| watch.seen.clone())
        }
    };
    assert_eq!(seen(0).await, None);
    assert_eq!(
        seen(1).await.unwrap(),
        ["1 left after 0", "3 shelves after 1"]
    );
    assert_eq!(
        seen(2).await.unwrap(),
        ["2 left after 0", "3 shelves after 1"]
    );
    // What is recorded says because of what, in which conversation, and on whose behalf.
    let history = watches.history(&2).await.unwrap();
    assert_eq!(
        history[0].metadata,
        Metadata {
            causation: Some("goods/all@1+1".into()),
            ..said
        }
    );
}

#[test]
fn the_kit_compares_all_that_comes_next() {
    Watch::given_events(())
        .when(Came { shelf: 7 })
        .then(Next::record(Begun));
    Watch::given_events(())
        .when(Came { shelf: 0 })
        .then_nothing();
    Watch::given_events(Begun)
        .when(Came { shelf: 7 })
        .then_nothing();
    Watch::given_events(())
        .when(Left { shelf: 7 })
        .then_nothing();
    let seen = || Seen {
        what: "2 shelves after 0".into(),
    };
    Watch::given_events(Begun)
        .id(2)
        .when(Joined {
            shelves: vec![1, 2],
        })
        .then(Next::record(seen()).end())
        .then_state(|watch| assert_eq!(watch.seen, ["2 shelves after 0"]));
}

#[test]
#[should_panic(expected = "+ ends")]
fn the_kit_misses_an_end() {
    let what = "1 shelves after 0".into();
    Watch::given_events(Begun)
        .when(Joined { shelves: vec![1] })
        .then(Next::record(Seen { what }));
}

#[test]
#[should_panic(expected = "`goods.left` does not concern this process, but [\"7\"]")]
fn the_kit_says_whom_an_event_concerns() {
    let _ = Watch::given_events(Begun).id(8).when(Left { shelf: 7 });
}

#[test]
#[should_panic(expected = "watch cannot take it: no event or command is called `watch.seen`")]
fn the_kit_says_what_no_method_takes() {
    let _ = Watch::given_events(Begun).when(Seen {
        what: String::new(),
    });
}

mod transfers {
    use eventsource_core::prelude::*;

    use crate::transfers::*;

    fn begun() -> Begun {
        Begun {
            from: "ada".into(),
            to: "bob".into(),
            amount: 13,
        }
    }

    #[test]
    fn the_kit_refuses_and_lets_time_pass() {
        let given = || Transfer::given_events((begun(), Taken));
        let deposit = || Deposit {
            transfer: Some(1),
            amount: 13,
        };
        let reason = "the account is closed".to_owned();
        given()
            .when_refused::<Account>("bob".into(), deposit(), &reason)
            .then(Next::record(Returning { reason }).command::<Account>("ada".into(), deposit()));
        given()
            .when_due(Overdue { attempt: 1 })
            .then(Next::record(Late { attempt: 1 }).timer_after(PATIENCE, Overdue { attempt: 2 }));
        given()
            .when_due(Overdue { attempt: 3 })
            .then(Next::record(Late { attempt: 3 }));
    }

    #[test]
    #[should_panic(expected = "-       \"amount\": 14,\n")]
    fn the_kit_shows_another_command() {
        let deposit = |amount| Deposit {
            transfer: Some(1),
            amount,
        };
        let reason = "no".to_owned();
        Transfer::given_events((begun(), Taken))
            .when_refused::<Account>("bob".into(), deposit(13), &reason)
            .then(Next::record(Returning { reason }).command::<Account>("ada".into(), deposit(14)));
    }

    #[test]
    #[should_panic(expected = "- at 1970-01-01T00:00:11.000000Z Overdue\n+ at 1970-01-01T00:00:10")]
    fn the_kit_shows_another_time() {
        let later = PATIENCE + std::time::Duration::from_secs(1);
        Transfer::given_events(begun())
            .when_due(Overdue { attempt: 1 })
            .then(Next::record(Late { attempt: 1 }).timer_after(later, Overdue { attempt: 2 }));
    }
}
