use eventsource_core::prelude::*;

#[event]
pub struct Opened {
    pub owner: String,
}

pub struct Name(String);

#[derive(Debug, thiserror::Error)]
#[error("no")]
pub struct Refused;

#[aggregate(id = u64, error = Refused, events(Opened), commands(Open))]
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
    #[command]
    pub fn open(&self, owner: Name) -> Result<Opened, Refused> {
        Ok(Opened { owner: owner.0 })
    }
}

fn main() {}
