//! cqrs-es on postgres-es: an event store without snapshots, its usual setting.

use async_trait::async_trait;
use cqrs_es::event_sink::EventSink;
use cqrs_es::persist::PersistedEventStore;
use cqrs_es::{Aggregate, DomainEvent, EventStore as _};
use postgres_es::{PostgresCqrs, PostgresEventRepository, postgres_cqrs};
use sqlx::Executor as _;
use uuid::Uuid;

use crate::account::{Account, AccountCommand, AccountError, AccountEvent};
use crate::system::{Result, System, pool};

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

pub struct CqrsEs {
    commands: PostgresCqrs<Account>,
    store: PersistedEventStore<PostgresEventRepository, Account>,
}

impl CqrsEs {
    pub async fn new(url: &str) -> Result<Self> {
        let pool = pool(url).await?;
        pool.execute(TABLE).await?;
        let repository = PostgresEventRepository::new(pool.clone());
        Ok(Self {
            commands: postgres_cqrs(pool, vec![], ()),
            store: PersistedEventStore::new_event_store(repository),
        })
    }
}

#[async_trait]
impl System for CqrsEs {
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
