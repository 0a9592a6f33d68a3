use serde::{Deserialize, Serialize};
use sourcery::store::inmemory;
use sourcery::{Apply, DomainEvent, Handle, Repository};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Opened {
    pub owner: String,
}

impl DomainEvent for Opened {
    const KIND: &'static str = "opened";
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Closed;

impl DomainEvent for Closed {
    const KIND: &'static str = "closed";
}

pub struct Open {
    pub owner: String,
}

pub struct Close;

#[derive(Debug, thiserror::Error)]
#[error("the account is closed")]
pub struct Refused;

#[derive(Default, sourcery::Aggregate)]
#[aggregate(
    kind = "account",
    id = String,
    error = Refused,
    events(Opened, Closed),
)]
pub struct Account {
    owner: String,
}

impl Apply<Opened> for Account {
    fn apply(&mut self, event: &Opened) {
        self.owner.clone_from(&event.owner);
    }
}

impl Apply<Closed> for Account {
    fn apply(&mut self, _event: &Closed) {
        self.owner.clear();
    }
}

impl Handle<Open> for Account {
    fn handle(&self, command: &Open) -> Result<Vec<Self::Event>, Self::Error> {
        Ok(vec![Opened { owner: command.owner.clone() }.into()])
    }
}

impl Handle<Cllose> for Account {
//          ^^^^^^
    fn handle(&self, _command: &Close) -> Result<Vec<Self::Event>, Self::Error> {
        Ok(vec![Closed.into()])
    }
}

pub async fn run() -> Result<(), Box<dyn std::error::Error>> {
    let accounts = Repository::new(inmemory::Store::new());
    accounts
        .execute_command::<Account, Close>(&"1".to_owned(), &Close, &())
        .await?;
    Ok(())
}

fn main() {}
