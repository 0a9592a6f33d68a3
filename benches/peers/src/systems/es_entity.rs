//! es-entity: a repository that its macro makes, with its queries checked against a database while they compile.

use async_trait::async_trait;
use es_entity::*;
use serde::{Deserialize, Serialize};
use sqlx::{Executor as _, PgPool};
use uuid::Uuid;

use crate::account::{Account as State, AccountError};
use crate::server::pool;
use crate::system::{Result, System};

entity_id! { AccountId }

#[derive(EsEvent, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[es_event(id = "AccountId")]
pub enum AccountEvent {
    Opened { id: AccountId, owner: String },
    Deposited { amount: i64 },
    Withdrawn { amount: i64 },
}

#[derive(EsEntity)]
pub struct Account {
    pub id: AccountId,
    state: State,
    events: EntityEvents<AccountEvent>,
}

impl Account {
    fn post(&mut self, amounts: &[i64]) -> Result<(), AccountError> {
        let events = self.state.movements(
            amounts,
            |amount| AccountEvent::Deposited { amount },
            |amount| AccountEvent::Withdrawn { amount },
        )?;
        for event in events {
            apply(&mut self.state, &event);
            self.events.push(event);
        }
        Ok(())
    }
}

fn apply(state: &mut State, event: &AccountEvent) {
    match event {
        AccountEvent::Opened { .. } => state.open = true,
        AccountEvent::Deposited { amount } => state.balance += amount,
        AccountEvent::Withdrawn { amount } => state.balance -= amount,
    }
}

impl TryFromEvents<AccountEvent> for Account {
    fn try_from_events(events: EntityEvents<AccountEvent>) -> Result<Self, EntityHydrationError> {
        let mut state = State::default();
        let mut account = Account::hydrator();
        for event in events.iter_all() {
            if let AccountEvent::Opened { id, .. } = event {
                account.id(*id);
            }
            apply(&mut state, event);
        }
        account.state(state);
        account.build(events)
    }
}

pub struct NewAccount {
    id: AccountId,
    owner: String,
}

impl IntoEvents<AccountEvent> for NewAccount {
    type IdSource = FromCaller;

    fn into_events(
        self,
        builder: EntityEventsBuilder<AccountEvent, FromCaller>,
    ) -> EntityEvents<AccountEvent> {
        let Self { id, owner } = self;
        builder.initial_events(id, [AccountEvent::Opened { id, owner }])
    }
}

#[derive(EsRepo)]
#[es_repo(entity = "Account", id(source = caller))]
pub struct Accounts {
    pool: PgPool,
}

pub struct EsEntityBank(Accounts);

impl EsEntityBank {
    pub async fn new(url: &str) -> Result<Self> {
        let pool = pool(url).await?;
        pool.execute(include_str!("../../migrations/es_entity.sql"))
            .await?;
        Ok(Self(Accounts { pool }))
    }
}

#[async_trait]
impl System for EsEntityBank {
    async fn open(&self, account: Uuid, owner: &str) -> Result<()> {
        let new = NewAccount {
            id: account.into(),
            owner: owner.to_owned(),
        };
        self.0.create(new).await?;
        Ok(())
    }

    async fn post(&self, account: Uuid, amounts: &[i64]) -> Result<()> {
        let mut account = self.0.find_by_id(AccountId::from(account)).await?;
        account.post(amounts)?;
        self.0.update(&mut account).await?;
        Ok(())
    }

    async fn balance(&self, account: Uuid) -> Result<i64> {
        let account = self.0.find_by_id(AccountId::from(account)).await?;
        Ok(account.state.balance)
    }
}
