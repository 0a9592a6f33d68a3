//! What every system can be asked, and where they all run: a database for each in one server.

use std::error::Error;

use async_trait::async_trait;
use sqlx::postgres::{PgConnection, PgPool, PgPoolOptions};
use sqlx::{Connection as _, Executor as _};
use uuid::Uuid;

pub type Failure = Box<dyn Error + Send + Sync>;
pub type Result<T, E = Failure> = std::result::Result<T, E>;

/// How many connections a system may use: more than the cores of the machines that this is run on, and together fewer
/// than a server allows.
pub const CONNECTIONS: u32 = 20;

/// The bank on one framework, through its public interface.
#[async_trait]
pub trait System: Send + Sync {
    /// The command that opens an account.
    async fn open(&self, account: Uuid, owner: &str) -> Result<()>;

    /// The command that deposits the positive amounts and withdraws the negative ones: loads the account, decides, and
    /// appends an event for each. What is lost to a conflict is tried again.
    async fn post(&self, account: Uuid, amounts: &[i64]) -> Result<()>;

    /// Loads the account from its events, and gives its balance.
    async fn balance(&self, account: Uuid) -> Result<i64>;
}

/// Makes a database of its own for a system, and gives its URL.
pub async fn database(server: &str, name: &str) -> Result<String> {
    let mut connection = PgConnection::connect(server).await?;
    connection
        .execute(&*format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        .await?;
    connection
        .execute(&*format!("CREATE DATABASE {name}"))
        .await?;
    let (address, _) = server.rsplit_once('/').ok_or("a URL with a database")?;
    Ok(format!("{address}/{name}"))
}

/// The connections of a system that is built on sqlx.
pub async fn pool(url: &str) -> Result<PgPool> {
    Ok(PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .connect(url)
        .await?)
}

/// Gives the server's planner what it needs to know about the tables, after they were filled.
pub async fn analyze(url: &str) -> Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    connection.execute("VACUUM ANALYZE").await?;
    Ok(())
}

/// Whether the server syncs.
pub async fn fsync(server: &str) -> Result<String> {
    let mut connection = PgConnection::connect(server).await?;
    Ok(sqlx::query_scalar("SHOW fsync")
        .fetch_one(&mut connection)
        .await?)
}
