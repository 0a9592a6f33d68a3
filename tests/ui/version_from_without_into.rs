use eventsource_core::prelude::*;

#[event(name = "moved", into(MovedOut))]
pub struct Moved;

#[event(name = "moved.out", from = Moved)]
pub struct MovedOut;

#[event(name = "moved.in", from = Moved)]
pub struct MovedIn;

impl From<Moved> for MovedOut {
    fn from(_: Moved) -> Self {
        Self
    }
}

impl From<Moved> for MovedIn {
    fn from(_: Moved) -> Self {
        Self
    }
}

fn main() {}
