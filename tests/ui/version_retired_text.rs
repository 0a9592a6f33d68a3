use eventsource_core::prelude::*;

#[event(name = "account.opened")]
pub struct Opened {
    pub owner: String,
}

#[derive(Debug, thiserror::Error)]
#[error("no")]
pub struct Refused;

#[aggregate(id = u64, error = Refused, events(Opened), commands(Act), retired(Closed))]
#[derive(Default)]
pub struct Account {
    count: u64,
}

#[apply]
impl Account {
    fn opened(&mut self, _: &Opened) {
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
