use eventsource_core::prelude::*;

#[value]
#[derive(Default)]
pub struct Owner(pub String);

#[event]
pub struct Opened {
    pub owner: Owner,
}

#[derive(Debug, thiserror::Error)]
#[error("no")]
pub struct Refused;

#[aggregate(id = u64, error = Refused, events(Opened), commands(Open))]
#[derive(Default)]
pub struct Account {
    owner: Owner,
}

#[apply]
impl Account {
    fn opened(&mut self, event: &Opened) {
        self.owner = event.owner.clone();
    }
}

#[handle]
impl Account {
    #[command]
    pub fn open(&self, owner: Ower) -> Result<Opened, Refused> {
        Ok(Opened { owner })
    }
}

fn main() {}
