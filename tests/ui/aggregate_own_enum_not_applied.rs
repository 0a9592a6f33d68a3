use eventsource_core::prelude::*;

#[event]
pub struct Opened {
    pub owner: String,
}

#[command]
pub struct Open {
    pub owner: String,
}

#[event]
pub enum Happening {
    Opened(Opened),
}

#[derive(Debug, thiserror::Error)]
#[error("no")]
pub struct Refused;

#[aggregate(id = u64, error = Refused, events = Happening, commands(Open))]
#[derive(Default)]
pub struct Account {
    owner: String,
}

#[handle]
impl Account {
    fn open(&self, command: Open) -> Result<Happening, Refused> {
        Ok(Happening::Opened(Opened { owner: command.owner }))
    }
}

fn main() {}
