use mnesis::{AggregateRoot, AggregateState, Events, Handle, events};

#[derive(Debug, Clone)]
pub enum AccountEvent {
//       ^^^^^^^^^^^^
    Opened(Opened),
    Closed(Closed),
}

#[derive(Debug, Clone)]
pub struct Opened {
    pub owner: String,
}

#[derive(Debug, Clone)]
pub struct Closed;

pub struct Open {
    pub owner: String,
}

pub struct Close;

#[derive(Debug, thiserror::Error)]
#[error("the account is closed")]
pub struct Refused;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AccountId(String);

impl std::fmt::Display for AccountId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl AsRef<[u8]> for AccountId {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

#[derive(Debug)]
pub struct AccountState {
    owner: String,
}

impl AggregateState for AccountState {
    type Event = AccountEvent;
//               ^^^^^^^^^^^^

    fn initial() -> Self {
        Self { owner: String::new() }
    }

    fn apply(mut self, event: &AccountEvent) -> Self {
        match event {
            AccountEvent::Opened(opened) => self.owner.clone_from(&opened.owner),
            AccountEvent::Closed(_) => self.owner.clear(),
        }
        self
    }
}

#[mnesis::aggregate(
    state = AccountState,
    error = Refused,
    id = AccountId,
)]
pub struct Account;

impl Handle<Open> for Account {
    fn handle(_state: &AccountState, command: Open) -> Result<Option<Events<AccountEvent>>, Refused> {
        Ok(Some(events![AccountEvent::Opened(Opened { owner: command.owner })]))
    }
}

impl Handle<Close> for Account {
    fn handle(_state: &AccountState, _command: Close) -> Result<Option<Events<AccountEvent>>, Refused> {
        Ok(Some(events![AccountEvent::Closed(Closed)]))
    }
}

pub fn run(account: &AggregateRoot<Account>) {
    let _ = account.handle(Close);
}

fn main() {}
