//! Read models made of all events that are stored, each in its framework's own way: a file for each system.

mod by_hand;
mod cqrs_es;
mod disintegrate;
mod esrs;
mod eventsource;
mod sourcery;

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::PgPool;

use crate::server::pool;
use crate::system::Result;
use crate::systems::OURS;
use crate::systems::by_hand::Columns;

/// What has a read model of its own making. This framework is first.
pub const SYSTEMS: [&str; 7] = [
    OURS,
    "by hand",
    "by hand, all columns",
    "cqrs-es 0.5",
    "disintegrate 4.0",
    "esrs 0.18",
    "sourcery 0.2",
];

/// How many accounts a read model has, and what their balances add up to.
pub type Sums = (i64, i64);

/// The balance of each account, made of the events of a store that is filled already.
#[async_trait]
pub trait ReadModel: Send + Sync {
    /// Forgets what was made.
    async fn clear(&self) -> Result<()>;

    /// Fills the model in a table of the server. `false` if the system has none there.
    async fn into_table(&self) -> Result<bool>;

    /// What stands in that table.
    async fn sums(&self) -> Result<Sums>;

    /// Makes the model in memory, if the system has one there.
    async fn into_memory(&self) -> Result<Option<Sums>>;
}

/// Opens the read model of a system in its database.
pub async fn open(name: &str, url: &str) -> Result<Arc<dyn ReadModel>> {
    Ok(match name {
        OURS => Arc::new(eventsource::Model::new(url).await?),
        "by hand" => Arc::new(by_hand::Model::new(url, Columns::Needed).await?),
        "by hand, all columns" => Arc::new(by_hand::Model::new(url, Columns::All).await?),
        "cqrs-es 0.5" => Arc::new(cqrs_es::Model::new(url).await?),
        "disintegrate 4.0" => Arc::new(disintegrate::Model::new(url).await?),
        "esrs 0.18" => Arc::new(esrs::Model::new(url).await?),
        "sourcery 0.2" => Arc::new(sourcery::Model::new(url).await?),
        _ => return Err(format!("`{name}` has no read model here").into()),
    })
}

/// The table that most of them fill, and the statement that they fill it with.
const TABLE: &str =
    "CREATE TABLE IF NOT EXISTS balances (account text PRIMARY KEY, balance bigint NOT NULL)";
const UPSERT: &str = "INSERT INTO balances AS b VALUES ($1, $2) \
    ON CONFLICT (account) DO UPDATE SET balance = b.balance + excluded.balance";

/// The connections of a system with that table.
async fn pool_with_table(url: &str) -> Result<PgPool> {
    let pool = pool(url).await?;
    sqlx::query(TABLE).execute(&pool).await?;
    Ok(pool)
}

async fn sums_in(pool: &PgPool, sql: &str) -> Result<Sums> {
    Ok(sqlx::query_as(sql).fetch_one(pool).await?)
}

const SUMS: &str = "SELECT count(*), coalesce(sum(balance), 0)::bigint FROM balances";
