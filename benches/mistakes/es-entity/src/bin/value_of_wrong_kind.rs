use es_entity::*;
use serde::{Deserialize, Serialize};

entity_id! { AccountId }

#[derive(EsEvent, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[es_event(id = 7)]
//              ^
pub enum AccountEvent {
    Opened { id: AccountId, owner: String },
    Closed {},
}

#[derive(EsEntity)]
pub struct Account {
    pub id: AccountId,
    pub owner: String,
    events: EntityEvents<AccountEvent>,
}

impl Account {
    pub fn close(&mut self) -> Idempotent<()> {
        idempotency_guard!(
            self.events.iter_all(),
            already_applied: AccountEvent::Closed { .. }
        );
        self.owner.clear();
        self.events.push(AccountEvent::Closed {});
        Idempotent::Executed(())
    }
}

impl TryFromEvents<AccountEvent> for Account {
    fn try_from_events(events: EntityEvents<AccountEvent>) -> Result<Self, EntityHydrationError> {
        let mut hydrator = Account::hydrator();
        for event in events.iter_all() {
            match event {
                AccountEvent::Opened { id, owner } => {
                    hydrator.id(*id).owner(owner.clone());
                }
                AccountEvent::Closed {} => {
                    hydrator.owner(String::new());
                }
            }
        }
        hydrator.build(events)
    }
}

pub struct NewAccount {
    owner: String,
}

impl IntoEvents<AccountEvent> for NewAccount {
    type IdSource = FromRepo;

    fn into_events(self, builder: EntityEventsBuilder<AccountEvent, FromRepo>) -> EntityEvents<AccountEvent> {
        let id = builder.id();
        builder.initial_events([AccountEvent::Opened { id, owner: self.owner }])
    }
}

pub fn run(account: &mut Account) {
    let _ = account.close();
}

fn main() {}
