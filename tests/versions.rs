//! Events that outlive the code that wrote them: chains of versions, renamed, split and retired events, payloads changed
//! as JSON, on every read.

use eventsource_core::prelude::*;
use eventsource_core::{Json, MemoryStore, Shape};

mod first {
    use super::*;

    #[event(name = "account.opened")]
    pub struct Opened {
        pub name: String,
    }
}

#[event(version = 1, of = OpenedV2)]
pub struct OpenedV1 {
    pub name: String,
}

#[event(version = 2, of = Opened, from = OpenedV1)]
pub struct OpenedV2 {
    pub owner: String,
}

#[event(name = "account.opened", version = 3, from = OpenedV2, alias = "opened")]
pub struct Opened {
    pub owner: String,
    pub branch: u32,
}

impl From<OpenedV1> for OpenedV2 {
    fn from(old: OpenedV1) -> Self {
        Self { owner: old.name }
    }
}

impl From<OpenedV2> for Opened {
    fn from(old: OpenedV2) -> Self {
        Self {
            owner: old.owner,
            branch: 1,
        }
    }
}

#[event(name = "moved", version = 1, into(MovedOut, MovedIn))]
pub struct Moved {
    pub amount: u64,
}

#[event(name = "moved.out", from = Moved)]
pub struct MovedOut {
    pub amount: u64,
}

#[event(name = "moved.in", from = Moved)]
pub struct MovedIn {
    pub amount: u64,
}

impl From<Moved> for MovedOut {
    fn from(old: Moved) -> Self {
        Self { amount: old.amount }
    }
}

impl From<Moved> for MovedIn {
    fn from(old: Moved) -> Self {
        Self { amount: old.amount }
    }
}

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("never")]
pub struct Never;

#[aggregate(id = u64, error = Never, events(Opened, MovedOut, MovedIn), commands(Open), retired("x"))]
#[derive(Default)]
pub struct Account {
    log: Vec<String>,
}

#[apply]
impl Account {
    fn opened(&mut self, event: &Opened) {
        self.log.push(format!("{event:?}"));
    }
    fn out(&mut self, event: &MovedOut) {
        self.log.push(format!("{event:?}"));
    }
    fn come_in(&mut self, event: &MovedIn) {
        self.log.push(format!("{event:?}"));
    }
}

#[handle]
impl Account {
    #[command]
    pub fn open(&self) -> Result<Opened, Never> {
        Ok(Opened {
            owner: "me".into(),
            branch: 7,
        })
    }
}

#[test]
fn it_reads() {
    println!("{:?}", Opened::SHAPE);
    let _ = (MemoryStore::new(), Json, Shape::of::<Opened>());
}
