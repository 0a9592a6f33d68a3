use eventsource_core::prelude::*;

#[event(version = 1, of = Opened)]
pub struct OpenedV1 {
    pub name: String,
}

#[event(name = "account.opened", version = 2, from = OpenedV1)]
pub struct Opened {
    pub owner: String,
}

impl From<OpenedV1> for Opened {
    fn from(old: OpenedV1) -> Self {
        Self { owner: old.name }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("no")]
pub struct Refused;

#[aggregate(id = u64, error = Refused, events(Opened, OpenedV1), commands(Act))]
#[derive(Default)]
pub struct Account {
    count: u64,
}

#[apply]
impl Account {
    fn opened(&mut self, _: &Opened) {
        self.count += 1;
    }

    fn opened_first(&mut self, _: &OpenedV1) {
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
