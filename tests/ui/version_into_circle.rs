// 2 mistakes
use eventsource_core::prelude::*;

#[event(name = "there", into(Back), from = Back)]
pub struct There;

#[event(name = "back", into(There), from = There)]
pub struct Back;

impl From<There> for Back {
    fn from(_: There) -> Self {
        Self
    }
}

impl From<Back> for There {
    fn from(_: Back) -> Self {
        Self
    }
}

fn main() {}
