//! eventcore: commands that declare their streams. It loads states for commands alone, so that a balance is folded from
//! the stream that its store reads, with the command's own `apply`.

use std::path::Path;

use async_trait::async_trait;
use eventcore::postgres::PostgresEventStore;
use eventcore::{Command, CommandError, CommandLogic, Event, NewEvents, RetryPolicy, StreamId};
use eventcore_sqlite::{SqliteConfig, SqliteEventStore};
use eventcore_types::EventStore;
use futures_util::TryStreamExt as _;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::account::{Account, AccountError};
use crate::server::pool;
use crate::system::{Result, System};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccountEvent {
    Opened { account_id: StreamId, owner: String },
    Deposited { account_id: StreamId, amount: i64 },
    Withdrawn { account_id: StreamId, amount: i64 },
}

impl Event for AccountEvent {
    fn stream_id(&self) -> &StreamId {
        match self {
            Self::Opened { account_id, .. }
            | Self::Deposited { account_id, .. }
            | Self::Withdrawn { account_id, .. } => account_id,
        }
    }

    fn event_type_name() -> &'static str {
        "AccountEvent"
    }
}

fn apply(mut account: Account, event: &AccountEvent) -> Account {
    match event {
        AccountEvent::Opened { .. } => account.open = true,
        AccountEvent::Deposited { amount, .. } => account.balance += amount,
        AccountEvent::Withdrawn { amount, .. } => account.balance -= amount,
    }
    account
}

fn refused(error: AccountError) -> CommandError {
    CommandError::BusinessRuleViolation(Box::new(error))
}

#[derive(Command)]
struct Open {
    #[stream]
    account_id: StreamId,
    owner: String,
}

impl CommandLogic for Open {
    type Event = AccountEvent;
    type State = Account;

    fn apply(&self, account: Account, event: &AccountEvent) -> Account {
        apply(account, event)
    }

    fn handle(&self, account: Account) -> Result<NewEvents<AccountEvent>, CommandError> {
        account.may_open().map_err(refused)?;
        let opened = AccountEvent::Opened {
            account_id: self.account_id.clone(),
            owner: self.owner.clone(),
        };
        Ok(vec![opened].into())
    }
}

#[derive(Command)]
struct Post {
    #[stream]
    account_id: StreamId,
    amounts: Vec<i64>,
}

impl CommandLogic for Post {
    type Event = AccountEvent;
    type State = Account;

    fn apply(&self, account: Account, event: &AccountEvent) -> Account {
        apply(account, event)
    }

    fn handle(&self, account: Account) -> Result<NewEvents<AccountEvent>, CommandError> {
        let id = || self.account_id.clone();
        let events = account.movements(
            &self.amounts,
            |amount| AccountEvent::Deposited {
                account_id: id(),
                amount,
            },
            |amount| AccountEvent::Withdrawn {
                account_id: id(),
                amount,
            },
        );
        Ok(events.map_err(refused)?.into())
    }
}

pub struct Eventcore<S>(S);

/// On PostgreSQL.
pub async fn postgres(url: &str) -> Result<Eventcore<PostgresEventStore>> {
    let store = PostgresEventStore::from_pool(pool(url).await?);
    store.migrate().await;
    Ok(Eventcore(store))
}

/// On SQLite, as its configuration opens it: one connection, WAL, and SQLite's own `synchronous`, which is `FULL`.
pub async fn sqlite(path: &Path) -> Result<Eventcore<SqliteEventStore>> {
    let store = SqliteEventStore::new(SqliteConfig {
        path: path.to_owned(),
        encryption_key: None,
    })?;
    store.migrate().await?;
    Ok(Eventcore(store))
}

fn stream(account: Uuid) -> Result<StreamId> {
    Ok(StreamId::try_new(format!("account-{account}"))?)
}

#[async_trait]
impl<S: EventStore + Send> System for Eventcore<S> {
    async fn open(&self, account: Uuid, owner: &str) -> Result<()> {
        let command = Open {
            account_id: stream(account)?,
            owner: owner.to_owned(),
        };
        eventcore::execute(&self.0, command, RetryPolicy::new()).await?;
        Ok(())
    }

    async fn post(&self, account: Uuid, amounts: &[i64]) -> Result<()> {
        let command = Post {
            account_id: stream(account)?,
            amounts: amounts.to_vec(),
        };
        eventcore::execute(&self.0, command, RetryPolicy::new()).await?;
        Ok(())
    }

    async fn balance(&self, account: Uuid) -> Result<i64> {
        let mut events = self.0.read_stream::<AccountEvent>(stream(account)?).await?;
        let mut state = Account::default();
        while let Some(event) = events.try_next().await? {
            state = apply(state, &event);
        }
        Ok(state.balance)
    }
}
