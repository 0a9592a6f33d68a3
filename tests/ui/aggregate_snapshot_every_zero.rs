use eventsource_core::prelude::*;

#[event]
pub struct Opened {
    pub owner: String,
}

#[command]
pub struct Open {
    pub owner: String,
}

#[derive(Debug, thiserror::Error)]
#[error("no")]
pub struct Refused;

#[aggregate(id = u64, error = Refused, events(Opened), commands(Open), snapshot(every = 0))]
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
    fn open(&self, command: Open) -> Result<Opened, Refused> {
        Ok(Opened { owner: command.owner })
    }
}

fn main() {}
