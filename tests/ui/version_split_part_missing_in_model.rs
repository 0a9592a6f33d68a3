use eventsource_core::prelude::*;

#[event(name = "moved", into(MovedOut, MovedIn))]
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

#[decision_model(events(MovedIn))]
pub struct Turnover {
    count: u64,
}

#[apply]
impl Turnover {
    fn moved(&mut self, _: &MovedIn) {
        self.count += 1;
    }
}

fn main() {}
