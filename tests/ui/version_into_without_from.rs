use eventsource_core::prelude::*;

#[event(name = "moved", into(MovedOut, MovedIn))]
pub struct Moved;

#[event(name = "moved.out", from = Moved)]
pub struct MovedOut;

#[event(name = "moved.in")]
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
