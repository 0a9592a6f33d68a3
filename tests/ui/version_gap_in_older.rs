use eventsource_core::prelude::*;

#[event(version = 2, of = Opened)]
pub struct OpenedV2 {
    pub name: String,
}

#[event(name = "account.opened", version = 3, from = OpenedV2)]
pub struct Opened {
    pub owner: String,
}

impl From<OpenedV2> for Opened {
    fn from(old: OpenedV2) -> Self {
        Self { owner: old.name }
    }
}

fn main() {}
