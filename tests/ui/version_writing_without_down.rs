use eventsource_core::prelude::*;
use eventsource_core::{Codec, Json};

#[event(version = 1, of = Opened)]
pub struct OpenedV1 {
    pub name: String,
}

#[event(name = "account.opened", version = 2, from = OpenedV1)]
pub struct Opened {
    pub owner: String,
}

impl From<OpenedV1> for Opened {
    fn from(old: OpenedV1) -> Self {
        Self { owner: old.name }
    }
}

fn main() {
    let _ = Json.writing::<OpenedV1>();
}
