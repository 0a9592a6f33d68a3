//! This framework: a projection in the store's database, and the like of it in memory.

use std::collections::HashMap;

use async_trait::async_trait;
use eventsource_core::prelude::*;
use eventsource_core::{Recorded, StreamName};
use eventsource_postgres::{PgTx, PostgresStore, TxError};
use sqlx::PgPool;

use super::{ReadModel, SUMS, Sums, sums_in};
use crate::server::pool;
use crate::system::Result;
use crate::systems::eventsource::{Deposited, Opened, Withdrawn};
use crate::systems::ours;

struct Balances;

#[projection(name = "balances")]
impl Balances {
    #[create]
    async fn tables(&self, tx: &mut PgTx) -> Result<(), TxError> {
        let sql = "CREATE TABLE {balances} (account text PRIMARY KEY, balance bigint NOT NULL)";
        tx.execute_batch(sql).await
    }

    async fn opened(&self, event: &Recorded<Opened>, tx: &mut PgTx) -> Result<(), TxError> {
        add(&event.stream, 0, tx).await
    }

    async fn deposited(&self, event: &Recorded<Deposited>, tx: &mut PgTx) -> Result<(), TxError> {
        add(&event.stream, event.event.amount, tx).await
    }

    async fn withdrawn(&self, event: &Recorded<Withdrawn>, tx: &mut PgTx) -> Result<(), TxError> {
        add(&event.stream, -event.event.amount, tx).await
    }
}

async fn add(account: &StreamName, amount: i64, tx: &mut PgTx) -> Result<(), TxError> {
    let sql = "INSERT INTO {balances} AS b SELECT account, sum(amount) \
               FROM unnest($1::text[], $2::bigint[]) AS u (account, amount) GROUP BY account \
               ON CONFLICT (account) DO UPDATE SET balance = b.balance + excluded.balance";
    tx.gather(sql, &[&account.as_str(), &amount]).await
}

#[derive(Default)]
struct InMemory(HashMap<StreamName, i64>);

impl InMemory {
    fn add(&mut self, account: &StreamName, amount: i64) {
        match self.0.get_mut(account) {
            Some(balance) => *balance += amount,
            None => drop(self.0.insert(account.clone(), amount)),
        }
    }
}

#[projection(name = "in_memory")]
impl InMemory {
    fn opened(&mut self, event: &Recorded<Opened>) {
        self.add(&event.stream, 0);
    }

    fn deposited(&mut self, event: &Recorded<Deposited>) {
        self.add(&event.stream, event.event.amount);
    }

    fn withdrawn(&mut self, event: &Recorded<Withdrawn>) {
        self.add(&event.stream, -event.event.amount);
    }
}

pub struct Model {
    store: PostgresStore,
    pool: PgPool,
}

impl Model {
    pub async fn new(url: &str) -> Result<Self> {
        Ok(Self {
            store: ours(url).await?,
            pool: pool(url).await?,
        })
    }
}

#[async_trait]
impl ReadModel for Model {
    async fn clear(&self) -> Result<()> {
        Ok(self.store.project(Balances).reset().await?)
    }

    async fn into_table(&self) -> Result<bool> {
        self.store.project(Balances).catch_up().await?;
        Ok(true)
    }

    async fn sums(&self) -> Result<Sums> {
        sums_in(&self.pool, SUMS).await
    }

    async fn into_memory(&self) -> Result<Option<Sums>> {
        let view = self.store.view(InMemory::default);
        let sums = view.read(|model| (model.0.len() as i64, model.0.values().sum()));
        Ok(Some(sums.await?))
    }
}
