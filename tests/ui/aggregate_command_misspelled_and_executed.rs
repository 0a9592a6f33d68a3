use eventsource_core::prelude::*;
use eventsource_core::{ExecuteError, MemoryStore};

#[event]
pub struct Opened {
    pub owner: String,
}

#[command]
pub struct Open {
    pub owner: String,
}

#[command]
pub struct Close;

#[derive(Debug, thiserror::Error)]
#[error("no")]
pub struct Refused;

#[aggregate(id = u64, error = Refused, events(Opened), commands(Open, Closee))]
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

    fn close(&self, _: Close) -> Result<(), Refused> {
        Ok(())
    }
}

async fn run(accounts: &Repository<Account, MemoryStore>) -> Result<(), ExecuteError<Refused>> {
    accounts.execute(&1, Close).await?;
    Ok(())
}

fn main() {}
