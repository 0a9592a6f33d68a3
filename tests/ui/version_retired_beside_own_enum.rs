use eventsource_core::prelude::*;

#[event]
pub enum Happening {
    Opened,
}

#[derive(Debug, thiserror::Error)]
#[error("no")]
pub struct Refused;

#[aggregate(id = u64, error = Refused, events = Happening, commands(Act), retired("account.closed"))]
#[derive(Default)]
pub struct Account {
    count: u64,
}

#[apply]
impl Account {
    fn happened(&mut self, _: &Happening) {
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
