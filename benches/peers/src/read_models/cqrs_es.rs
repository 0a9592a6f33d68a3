//! cqrs-es: a view of its own repository, filled by its replay of all events.

use std::sync::Arc;

use async_trait::async_trait;
use cqrs_es::persist::{GenericQuery, QueryReplay};
use cqrs_es::{EventEnvelope, View};
use postgres_es::{PostgresEventRepository, PostgresViewRepository};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;

use super::by_hand::amount;
use super::{ReadModel, Sums, sums_in};
use crate::account::Account;
use crate::server::pool;
use crate::system::Result;

/// The table that its documentation gives.
const TABLE: &str = "
CREATE TABLE balances (
    view_id text                        NOT NULL,
    version bigint CHECK (version >= 0) NOT NULL,
    payload json                        NOT NULL,
    PRIMARY KEY (view_id)
)";

#[derive(Debug, Default, Serialize, Deserialize)]
struct Balance {
    balance: i64,
}

impl View<Account> for Balance {
    fn update(&mut self, event: &EventEnvelope<Account>) {
        self.balance += amount(&event.payload);
    }
}

pub struct Model(PgPool);

impl Model {
    pub async fn new(url: &str) -> Result<Self> {
        let pool = pool(url).await?;
        sqlx::query(TABLE).execute(&pool).await?;
        Ok(Self(pool))
    }
}

#[async_trait]
impl ReadModel for Model {
    async fn clear(&self) -> Result<()> {
        sqlx::query("TRUNCATE balances").execute(&self.0).await?;
        Ok(())
    }

    async fn into_table(&self) -> Result<bool> {
        let views = PostgresViewRepository::<Balance, Account>::new("balances", self.0.clone());
        let query = GenericQuery::new(Arc::new(views));
        let events = PostgresEventRepository::new(self.0.clone());
        QueryReplay::<_, _, Account>::new(events, query)
            .replay_all()
            .await?;
        Ok(true)
    }

    async fn sums(&self) -> Result<Sums> {
        let sql = "SELECT count(*), sum((payload ->> 'balance')::bigint)::bigint FROM balances";
        sums_in(&self.0, sql).await
    }

    async fn into_memory(&self) -> Result<Option<Sums>> {
        Ok(None)
    }
}
