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

#[aggregate(id = u64, error = Refused, events(Opened, Closd), commands(Open, Close))]
#[derive(Default)]
pub struct Account {
    owner: String,
}

#[apply]
impl Account {
    fn opened(&mut self, event: &Opened) {
        self.owner.clone_from(&event.owner);
    }

    fn closed(&mut self, _: &Closed) {
        self.owner.clear();
    }
}

#[handle]
impl Account {
    fn open(&self, command: Open) -> Result<Opened, Refused> {
        Ok(Opened { owner: command.owner })
    }

    fn close(&self, _: Close) -> Result<Closed, Refused> {
        Ok(Closed)
    }
}


fn main() {}
