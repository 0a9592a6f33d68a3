//! disintegrate: an event listener that polls, with its usual fetch size: everything at once, and one checkpoint in the end.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use disintegrate::serde::json::Json;
use disintegrate::{EventListener, PersistedEvent, StreamQuery, query};
use disintegrate_postgres::{PgEventId, PgEventListener, PgEventListenerConfig, PgEventStore};
use sqlx::PgPool;
use tokio::sync::Notify;

use super::{ReadModel, SUMS, Sums, UPSERT, pool_with_table, sums_in};
use crate::system::Result;
use crate::systems::disintegrate::AccountEvent;

struct Balances {
    query: StreamQuery<PgEventId, AccountEvent>,
    pool: PgPool,
    left: AtomicI64,
    is_done: Arc<Notify>,
}

#[async_trait]
impl EventListener<PgEventId, AccountEvent> for Balances {
    type Error = sqlx::Error;

    fn id(&self) -> &'static str {
        "balances"
    }

    fn query(&self) -> &StreamQuery<PgEventId, AccountEvent> {
        &self.query
    }

    async fn handle(
        &self,
        event: PersistedEvent<PgEventId, AccountEvent>,
    ) -> Result<(), sqlx::Error> {
        let (account, amount) = match event.into_inner() {
            AccountEvent::Opened { account_id, .. } => (account_id, 0),
            AccountEvent::Deposited { account_id, amount } => (account_id, amount),
            AccountEvent::Withdrawn { account_id, amount } => (account_id, -amount),
        };
        sqlx::query(UPSERT)
            .bind(account.to_string())
            .bind(amount)
            .execute(&self.pool)
            .await?;
        if self.left.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.is_done.notify_one();
        }
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
        sqlx::query("DROP TABLE IF EXISTS event_listener")
            .execute(&self.0)
            .await?;
        Ok(())
    }

    async fn into_table(&self) -> Result<bool> {
        let events: (i64,) = sqlx::query_as("SELECT count(*) FROM event")
            .fetch_one(&self.0)
            .await?;
        let is_done = Arc::new(Notify::new());
        let listener = Balances {
            query: query::<_, _, AccountEvent>(None),
            pool: self.0.clone(),
            left: AtomicI64::new(events.0),
            is_done: Arc::clone(&is_done),
        };
        let store = PgEventStore::<AccountEvent, Json<AccountEvent>>::new_uninitialized(
            self.0.clone(),
            Json::default(),
        );
        let often = PgEventListenerConfig::poller(Duration::from_millis(10));
        PgEventListener::builder(store)
            .register_listener(listener, often)
            .start_with_shutdown(async move { is_done.notified().await })
            .await?;
        Ok(true)
    }

    async fn sums(&self) -> Result<Sums> {
        sums_in(&self.0, SUMS).await
    }

    async fn into_memory(&self) -> Result<Option<Sums>> {
        Ok(None)
    }
}
