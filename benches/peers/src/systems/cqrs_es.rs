//! cqrs-es on postgres-es and on sqlite-es: an event store without snapshots, its usual setting.

use std::path::Path;

use async_trait::async_trait;
use cqrs_es::event_sink::EventSink;
use cqrs_es::persist::{PersistedEventRepository, PersistedEventStore};
use cqrs_es::{Aggregate, CqrsFramework, DomainEvent, EventStore as _};
use postgres_es::{PostgresEventRepository, postgres_cqrs};
use sqlite_es::{SqliteEventRepository, sqlite_cqrs};
use sqlx::Executor as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use uuid::Uuid;

use crate::account::{Account, AccountCommand, AccountError, AccountEvent};
use crate::server::pool;
use crate::system::{Result, System};

/// The table that its documentation gives.
const TABLE: &str = "
CREATE TABLE events (
    aggregate_type text                         NOT NULL,
    aggregate_id   text                         NOT NULL,
    sequence       bigint CHECK (sequence >= 0) NOT NULL,
    event_type     text                         NOT NULL,
    event_version  text                         NOT NULL,
    payload        json                         NOT NULL,
    metadata       json                         NOT NULL,
    PRIMARY KEY (aggregate_type, aggregate_id, sequence)
)";

/// The same of sqlite-es.
const SQLITE_TABLE: &str = "
CREATE TABLE events (
    aggregate_type text                          NOT NULL,
    aggregate_id   text                          NOT NULL,
    sequence       integer CHECK (sequence >= 0) NOT NULL,
    event_type     text                          NOT NULL,
    event_version  text                          NOT NULL,
    payload        text                          NOT NULL,
    metadata       text                          NOT NULL,
    PRIMARY KEY (aggregate_type, aggregate_id, sequence)
) STRICT";

impl DomainEvent for AccountEvent {
    fn event_type(&self) -> String {
        let name = match self {
            Self::Opened { .. } => "Opened",
            Self::Deposited { .. } => "Deposited",
            Self::Withdrawn { .. } => "Withdrawn",
        };
        name.to_owned()
    }

    fn event_version(&self) -> String {
        "1.0".to_owned()
    }
}

impl Aggregate for Account {
    const TYPE: &'static str = "account";
    type Command = AccountCommand;
    type Event = AccountEvent;
    type Error = AccountError;
    type Services = ();

    async fn handle(
        &mut self,
        command: AccountCommand,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), AccountError> {
        for event in self.decide(&command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: AccountEvent) {
        self.fold(&event);
    }
}

pub struct CqrsEs<R: PersistedEventRepository> {
    commands: CqrsFramework<Account, PersistedEventStore<R, Account>>,
    store: PersistedEventStore<R, Account>,
}

/// On PostgreSQL.
pub async fn postgres(url: &str) -> Result<CqrsEs<PostgresEventRepository>> {
    let pool = pool(url).await?;
    pool.execute(TABLE).await?;
    let repository = PostgresEventRepository::new(pool.clone());
    Ok(CqrsEs {
        commands: postgres_cqrs(pool, vec![], ()),
        store: PersistedEventStore::new_event_store(repository),
    })
}

/// On SQLite: `default_sqlite_pool`, whose `synchronous` is `NORMAL`, so that what was acknowledged last is lost with the
/// power; or the same with `FULL`.
pub async fn sqlite(
    path: &Path,
    synchronous: SqliteSynchronous,
) -> Result<CqrsEs<SqliteEventRepository>> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
        .foreign_keys(true);
    let pool = SqlitePoolOptions::new()
        .max_connections(10)
        .connect_with(options)
        .await?;
    pool.execute(SQLITE_TABLE).await?;
    let repository = SqliteEventRepository::new(pool.clone());
    Ok(CqrsEs {
        commands: sqlite_cqrs(pool, vec![], ()),
        store: PersistedEventStore::new_event_store(repository),
    })
}

#[async_trait]
impl<R: PersistedEventRepository + Send + Sync> System for CqrsEs<R> {
    async fn open(&self, account: Uuid, owner: &str) -> Result<()> {
        let owner = owner.to_owned();
        let command = AccountCommand::Open { owner };
        Ok(self.commands.execute(&account.to_string(), command).await?)
    }

    async fn post(&self, account: Uuid, amounts: &[i64]) -> Result<()> {
        let amounts = amounts.to_vec();
        let command = AccountCommand::Post { amounts };
        Ok(self.commands.execute(&account.to_string(), command).await?)
    }

    async fn balance(&self, account: Uuid) -> Result<i64> {
        let loaded = self.store.load_aggregate(&account.to_string()).await?;
        Ok(loaded.aggregate.balance)
    }
}
