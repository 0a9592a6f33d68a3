use eventsource_core::prelude::*;

#[event]
pub struct Opened {
    pub owner: String,
}

#[command]
pub struct Open {
    pub owner: String,
}

#[command]
pub enum Request {
    Open(Open),
}

#[derive(Debug, thiserror::Error)]
#[error("no")]
pub struct Refused;

#[aggregate(id = u64, error = Refused, events(Opened), commands = Request)]
#[derive(Default)]
pub struct Account {
    owner: String,
}

#[apply]
impl Account {
    fn opened(&mut self, event: &Opened) {
        self.owner.clone_from(&event.owner);
    }
}

fn main() {}
