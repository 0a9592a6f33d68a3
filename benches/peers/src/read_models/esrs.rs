//! esrs: a transactional event handler, run over all events by its rebuilder: a transaction for each account. Its other way,
//! one transaction for all, deletes what the handler has made before each event.

use async_trait::async_trait;
use esrs::handler::TransactionalEventHandler;
use esrs::rebuilder::{PgRebuilder, Rebuilder as _};
use esrs::store::StoreEvent;
use esrs::store::postgres::PgStoreError;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::by_hand::amount;
use super::{ReadModel, SUMS, Sums, UPSERT, pool_with_table, sums_in};
use crate::account::{Account, AccountEvent};
use crate::system::Result;

struct Balances;

#[async_trait]
impl TransactionalEventHandler<Account, PgStoreError, PgConnection> for Balances {
    async fn handle(
        &self,
        event: &StoreEvent<AccountEvent>,
        connection: &mut PgConnection,
    ) -> Result<(), PgStoreError> {
        sqlx::query(UPSERT)
            .bind(event.aggregate_id.to_string())
            .bind(amount(&event.payload))
            .execute(connection)
            .await?;
        Ok(())
    }

    async fn delete(
        &self,
        account: Uuid,
        connection: &mut PgConnection,
    ) -> Result<(), PgStoreError> {
        sqlx::query("DELETE FROM balances WHERE account = $1")
            .bind(account.to_string())
            .execute(connection)
            .await?;
        Ok(())
    }
}

pub struct Model(PgPool);

impl Model {
    pub async fn new(url: &str) -> Result<Self> {
        Ok(Self(pool_with_table(url).await?))
    }
}

#[async_trait]
impl ReadModel for Model {
    async fn clear(&self) -> Result<()> {
        sqlx::query("TRUNCATE balances").execute(&self.0).await?;
        Ok(())
    }

    async fn into_table(&self) -> Result<bool> {
        let rebuilder: PgRebuilder<Account> =
            PgRebuilder::new().with_transactional_event_handlers(vec![Box::new(Balances)]);
        rebuilder.by_aggregate_id(self.0.clone()).await?;
        Ok(true)
    }

    async fn sums(&self) -> Result<Sums> {
        sums_in(&self.0, SUMS).await
    }

    async fn into_memory(&self) -> Result<Option<Sums>> {
        Ok(None)
    }
}
