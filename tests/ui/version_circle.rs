use eventsource_core::prelude::*;

#[event(version = 1, of = Later, from = Later)]
pub struct Sooner;

#[event(version = 2, of = Sooner, from = Sooner)]
pub struct Later;

impl From<Later> for Sooner {
    fn from(_: Later) -> Self {
        Self
    }
}

impl From<Sooner> for Later {
    fn from(_: Sooner) -> Self {
        Self
    }
}

fn main() {}
