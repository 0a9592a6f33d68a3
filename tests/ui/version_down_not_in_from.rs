use eventsource_core::prelude::*;

#[event(version = 1, of = Opened)]
pub struct OpenedV1 {
    pub name: String,
}

#[event(name = "account.opened", version = 2, from = OpenedV1, down = Openedv1)]
pub struct Opened {
    pub owner: String,
}

impl From<OpenedV1> for Opened {
    fn from(old: OpenedV1) -> Self {
        Self { owner: old.name }
    }
}

fn main() {}
