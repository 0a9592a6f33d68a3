// 4 mistakes
use eventsource_core::prelude::*;

#[event]
pub struct Opened {
    pub owner: String,
}

#[event]
pub struct Closed;

#[command]
pub struct Open {
    pub owner: String,
}

#[command]
pub struct Close;

#[derive(Debug, thiserror::Error)]
#[error("no")]
pub struct Refused;

#[aggregate(id = u64, error = Refused, events(Opened, Closed), commands(Open, Close))]
#[derive(Default)]
pub struct Account {
    owner: String,
}

#[apply]
impl Account {
    async fn opened(&mut self, event: &Opened) {
        self.owner.clone_from(&event.owner);
    }

    fn closed(&self, _: &Closed) {}
}

#[handle]
impl Account {
    fn open(&self, command: &Open) -> Result<Opened, Refused> {
        Ok(Opened { owner: command.owner.clone() })
    }

    fn close(&self, _: Close) {}
}

fn main() {}
