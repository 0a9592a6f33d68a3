//! A process whose events are written as `MessagePack`: it reads those of others in whichever format they are, and its journal
//! stays JSON, as the commands in it are.

#![allow(missing_docs, reason = "a domain for the tests alone")]

use std::convert::Infallible;
use std::time::Duration;

use eventsource_core::prelude::*;
use eventsource_core::{Dispatcher, LogScan, MemoryStore};
use eventsource_messagepack::MessagePack;

#[event(name = "door.opened")]
pub struct Opened {
    #[tag]
    pub door: u64,
}

#[event(name = "door.shut")]
pub struct Shut;

#[aggregate(name = "door", id = u64, error = Infallible, events(Opened, Shut), commands(Open, Close))]
#[derive(Default)]
pub struct Door {
    pub is_open: bool,
}

#[apply]
impl Door {
    fn opened(&mut self, _: &Opened) {
        self.is_open = true;
    }
    fn shut(&mut self, _: &Shut) {
        self.is_open = false;
    }
}

#[handle]
impl Door {
    #[command]
    pub fn open(&self, door: u64) -> Opened {
        Opened { door }
    }
    #[command]
    pub fn close(&self) -> Option<Shut> {
        self.is_open.then_some(Shut)
    }
}

#[event(name = "watch.seen")]
pub struct Seen {
    pub amount: u128,
}

#[timer]
pub struct Long {
    pub amount: u128,
}

/// Shuts a door that was open for too long.
#[aggregate(name = "watch", id = u64, error = Infallible, events(Seen), commands())]
#[derive(Default)]
pub struct Watch;

#[apply]
impl Watch {
    fn seen(&mut self, _: &Seen) {}
}

#[process(tag = "door", from = start)]
impl Watch {
    fn opened(&self, _: &Recorded<Opened>) -> Next<Self> {
        // More than JSON's usual numbers hold: it comes back as it was.
        let amount = u128::MAX;
        Next::nothing().timer_after(Duration::ZERO, Long { amount })
    }

    #[key(None)]
    fn shut(&self, _: &Recorded<Shut>) -> Next<Self> {
        Next::nothing()
    }

    fn long(&self, timer: &Long) -> Next<Self> {
        let amount = timer.amount;
        Next::record(Seen { amount })
            .command::<Door>(7, Close)
            .end()
    }
}

#[tokio::test]
async fn its_journal_is_json_and_its_events_are_not() {
    let store = MemoryStore::new();
    let packed = Repository::<Door, _>::new(store.clone()).codec(MessagePack);
    packed.execute(&7, Open { door: 7 }).await.unwrap();
    let watches = Repository::<Watch, _>::new(store.clone()).codec(MessagePack);
    let dispatcher = Dispatcher::new().with(packed.clone());
    watches
        .clone()
        .process()
        .dispatcher(dispatcher)
        .settle()
        .await
        .unwrap();
    assert!(!packed.load(&7).await.unwrap().is_open);
    let seen = watches.history(&7).await.unwrap();
    assert_eq!(seen[0].event, Seen { amount: u128::MAX }.into());
    let stored = store.read_all(LogScan::default()).await.unwrap();
    for event in &stored {
        let is_journal = event.stream.as_str().starts_with('$');
        let expected = if is_journal {
            "json"
        } else {
            MessagePack::FORMAT
        };
        assert_eq!(&*event.format, expected, "{event:?}");
    }
    assert!(stored.iter().any(|event| &*event.name == "$watch.due"));
}
