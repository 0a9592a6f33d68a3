//! The stores that are measured.

use std::path::Path;

use eventsource_postgres::{PostgresStore, UnsafeServer};
use eventsource_sqlite::SqliteStore;

use crate::Result;

/// A new SQLite file in a folder.
pub async fn sqlite(folder: &Path, name: &str) -> Result<SqliteStore> {
    Ok(SqliteStore::open(folder.join(format!("{name}.db"))).await?)
}

/// New tables on the server that the environment names.
pub async fn postgres(name: &str) -> Result<PostgresStore> {
    let url = std::env::var("EVENTSOURCE_POSTGRES")
        .map_err(|_| "EVENTSOURCE_POSTGRES is not set: run this with scripts/growth")?;
    let allowed = UnsafeServer {
        fsync_off: true,
        ..UnsafeServer::default()
    };
    let options = PostgresStore::options().schema(format!("growth_{}_{name}", std::process::id()));
    Ok(options.allow_unsafe_server(allowed).open(&url).await?)
}
