use eventsource_core::prelude::*;

#[event(version = 1, of = Opened)]
pub struct OpenedV1 {
    pub name: String,
}

#[event(version = 1, of = Opened)]
pub struct OpenedOnce {
    pub name: String,
}

#[event(name = "account.opened", version = 2, from(OpenedV1, OpenedOnce))]
pub struct Opened {
    pub owner: String,
}

impl From<OpenedV1> for Opened {
    fn from(old: OpenedV1) -> Self {
        Self { owner: old.name }
    }
}

impl From<OpenedOnce> for Opened {
    fn from(old: OpenedOnce) -> Self {
        Self { owner: old.name }
    }
}

fn main() {}
