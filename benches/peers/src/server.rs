//! The PostgreSQL server that systems run on: a database for each.

use sqlx::postgres::{PgConnection, PgPool, PgPoolOptions};
use sqlx::{Connection as _, Executor as _};

use crate::system::Result;

/// How many connections a system may use: more than the cores of the machines that this is run on, and together fewer
/// than a server allows.
pub const CONNECTIONS: u32 = 20;

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

/// What the server is: its version, and whether it syncs.
pub async fn facts(server: &str) -> Result<[String; 2]> {
    let mut connection = PgConnection::connect(server).await?;
    let mut show = async |setting: &str| {
        let shown = sqlx::query_scalar(setting).fetch_one(&mut connection);
        Ok::<String, sqlx::Error>(shown.await?)
    };
    let version = show("SHOW server_version").await?;
    let fsync = show("SHOW fsync").await?;
    Ok([format!("PostgreSQL {version}"), format!("fsync {fsync}")])
}
