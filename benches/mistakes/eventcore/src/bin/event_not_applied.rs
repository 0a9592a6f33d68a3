use eventcore::{Command, CommandError, CommandLogic, Event, NewEvents, RetryPolicy, StreamId, execute};
use eventcore_memory::InMemoryEventStore;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum AccountEvent {
    Opened { account: StreamId, owner: String },
    Closed { account: StreamId },
}

impl Event for AccountEvent {
    fn stream_id(&self) -> &StreamId {
        match self {
            AccountEvent::Opened { account, .. } | AccountEvent::Closed { account } => account,
        }
    }

    fn event_type_name() -> &'static str {
        "account"
    }
}

#[derive(Default)]
pub struct Account {
    owner: String,
}

impl Account {
    fn apply(mut self, event: &AccountEvent) -> Self {
        match event {
//            ^^^^^
            AccountEvent::Opened { owner, .. } => self.owner.clone_from(owner),
        }
        self
    }
}

#[derive(Command)]
pub struct Open {
    #[stream]
    account: StreamId,
    owner: String,
}

impl CommandLogic for Open {
    type Event = AccountEvent;
    type State = Account;

    fn apply(&self, state: Account, event: &AccountEvent) -> Account {
        state.apply(event)
    }

    fn handle(&self, _state: Account) -> Result<NewEvents<AccountEvent>, CommandError> {
        Ok(vec![AccountEvent::Opened {
            account: self.account.clone(),
            owner: self.owner.clone(),
        }]
        .into())
    }
}

#[derive(Command)]
pub struct Close {
    #[stream]
    account: StreamId,
}

impl CommandLogic for Close {
    type Event = AccountEvent;
    type State = Account;

    fn apply(&self, state: Account, event: &AccountEvent) -> Account {
        state.apply(event)
    }

    fn handle(&self, _state: Account) -> Result<NewEvents<AccountEvent>, CommandError> {
        Ok(vec![AccountEvent::Closed { account: self.account.clone() }].into())
    }
}

pub async fn run(store: &InMemoryEventStore, command: Close) -> Result<(), CommandError> {
    execute(store, command, RetryPolicy::new()).await?;
    Ok(())
}

fn main() {}
