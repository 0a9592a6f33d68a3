use eventsource_core::prelude::*;
use eventsource_core::{ExecuteError, MemoryStore};

#[event(name = "opened")]
pub struct Opened {
    pub owner: String,
}

#[event(name = "closed")]
pub struct Closed;

#[command]
pub struct Open {
    pub owner: String,
}

#[command]
pub struct Close;

#[derive(Debug, Clone, PartialEq)]
pub struct AccountId(u64);
//         ^^^^^^^^^

#[derive(Debug, thiserror::Error)]
#[error("the account is closed")]
pub struct Refused;

#[aggregate(
    name = "account",
    id = AccountId,
//       ^^^^^^^^^
    error = Refused,
    events(Opened, Closed),
    commands(Open, Close),
)]
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

pub async fn run(accounts: &Repository<Account, MemoryStore>) -> Result<(), ExecuteError<Refused>> {
    accounts.execute(&AccountId(1), Close).await?;
    Ok(())
}

fn main() {}
