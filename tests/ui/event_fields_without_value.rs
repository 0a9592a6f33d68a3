// 2 mistakes
use eventsource_core::prelude::*;

pub struct Owner(String);

pub struct Bank(String);

#[event]
pub struct Opened(pub Option<Owner>, pub Bank);

#[command]
pub struct Open;

#[derive(Debug, thiserror::Error)]
#[error("no")]
pub struct Refused;

#[aggregate(id = u64, error = Refused, events(Opened), commands(Open))]
#[derive(Default)]
pub struct Account {
    open: bool,
}

#[apply]
impl Account {
    fn opened(&mut self, _: &Opened) {
        self.open = true;
    }
}

#[handle]
impl Account {
    fn open(&self, _: Open) -> Result<Option<Opened>, Refused> {
        Ok(None)
    }
}

fn main() {}
