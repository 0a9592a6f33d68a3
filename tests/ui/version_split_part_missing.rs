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

#[derive(Debug, thiserror::Error)]
#[error("no")]
pub struct Refused;

#[aggregate(id = u64, error = Refused, events(MovedOut), commands(Act))]
#[derive(Default)]
pub struct Account {
    count: u64,
}

#[apply]
impl Account {
    fn moved(&mut self, _: &MovedOut) {
        self.count += 1;
    }
}

#[handle]
impl Account {
    #[command]
    pub fn act(&self) -> Result<(), Refused> {
        Err(Refused)
    }
}

fn main() {}
