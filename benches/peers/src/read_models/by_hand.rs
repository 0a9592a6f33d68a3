//! Plain tokio-postgres: a page of 512 events, and in one transaction a statement for each and the checkpoint.

use std::collections::HashMap;
use std::pin::pin;

use async_trait::async_trait;
use futures_util::TryStreamExt as _;
use tokio_postgres::{Client, NoTls};

use super::{ReadModel, SUMS, Sums, TABLE, UPSERT};
use crate::account::AccountEvent;
use crate::json::decode;
use crate::system::Result;
use crate::systems::by_hand::{Columns, look};

const PAGE: &str = "SELECT position, stream, name, payload FROM events WHERE position > $1 ORDER BY position LIMIT 512";

pub struct Model {
    client: Client,
    /// Which are read into memory.
    columns: Columns,
}

impl Model {
    pub async fn new(url: &str, columns: Columns) -> Result<Self> {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        tokio::spawn(connection);
        client.batch_execute(TABLE).await?;
        let sql =
            "CREATE TABLE checkpoint (position bigint NOT NULL); INSERT INTO checkpoint VALUES (0)";
        client.batch_execute(sql).await?;
        Ok(Self { client, columns })
    }
}

pub fn amount(event: &AccountEvent) -> i64 {
    match event {
        AccountEvent::Opened { .. } => 0,
        AccountEvent::Deposited { amount } => *amount,
        AccountEvent::Withdrawn { amount } => -amount,
    }
}

#[async_trait]
impl ReadModel for Model {
    async fn clear(&self) -> Result<()> {
        let sql = "TRUNCATE balances; UPDATE checkpoint SET position = 0";
        Ok(self.client.batch_execute(sql).await?)
    }

    async fn into_table(&self) -> Result<bool> {
        let Self { client, columns } = self;
        if let Columns::All = columns {
            return Ok(false);
        }
        let page = client.prepare(PAGE).await?;
        let upsert = client.prepare(UPSERT).await?;
        let note = "UPDATE checkpoint SET position = $1";
        let note = client.prepare(note).await?;
        let mut position = 0_i64;
        loop {
            let rows = client.query(&page, &[&position]).await?;
            let Some(last) = rows.last() else {
                return Ok(true);
            };
            position = last.try_get(0)?;
            client.batch_execute("BEGIN").await?;
            for row in &rows {
                let stream: &str = row.try_get(1)?;
                let amount = amount(&decode(row.try_get(2)?, row.try_get(3)?)?);
                client.execute(&upsert, &[&stream, &amount]).await?;
            }
            client.execute(&note, &[&position]).await?;
            client.batch_execute("COMMIT").await?;
        }
    }

    async fn sums(&self) -> Result<Sums> {
        let row = self.client.query_one(SUMS, &[]).await?;
        Ok((row.try_get(0)?, row.try_get(1)?))
    }

    async fn into_memory(&self) -> Result<Option<Sums>> {
        let columns = match self.columns {
            Columns::Needed => "stream, name, payload",
            Columns::All => {
                "stream, name, payload, position, schema, format, recorded_at, metadata, tags, version"
            }
        };
        let sql = format!("SELECT {columns} FROM events ORDER BY position");
        let none: [i64; 0] = [];
        let mut rows = pin!(self.client.query_raw(&sql, none).await?);
        let mut balances: HashMap<String, i64> = HashMap::new();
        while let Some(row) = rows.try_next().await? {
            if let Columns::All = self.columns {
                look(&row)?;
            }
            let stream: &str = row.try_get(0)?;
            let amount = amount(&decode(row.try_get(1)?, row.try_get(2)?)?);
            match balances.get_mut(stream) {
                Some(balance) => *balance += amount,
                None => drop(balances.insert(stream.to_owned(), amount)),
            }
        }
        Ok(Some((balances.len() as i64, balances.values().sum())))
    }
}
