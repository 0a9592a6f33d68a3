// 5 mistakes
use eventsource_core::prelude::*;

#[event(nmae = "opened")]
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

#[aggregate(id = u64, error = Refused, events(Opened, Closed), commands(Open, Close, Close))]
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

#[handle]
impl Account {
    fn open(&mut self, command: Open) -> Result<Opened, Refused> {
        Ok(Opened { owner: command.owner })
    }

    fn close(&self, _: Close) -> Result<Closed, String> {
        Ok(Closed)
    }
}

fn main() {}
