//! The systems that are compared: a file for each.

pub mod by_hand;
mod by_hand_grouped;
mod cqrs_es;
pub mod disintegrate;
mod es_entity;
mod esrs;
mod eventcore;
mod evento;
pub mod eventsource;
mod eventsource_boundary;
pub mod sourcery;
mod umadb;

use std::path::Path;
use std::sync::Arc;

use eventsource_postgres::{PostgresStore, UnsafeServer};
use sqlx::sqlite::SqliteSynchronous;

use crate::server::database;
use crate::system::{Result, System};

/// This framework, which the others are compared with. It is always there, and first.
pub const OURS: &str = "eventsource";
const BOUNDARY: &str = "eventsource, by tag";

/// What is measured on PostgreSQL.
pub const ON_POSTGRES: [&str; 12] = [
    OURS,
    "eventsource, no cache",
    "by hand",
    "by hand, all columns",
    "by hand, cached, grouped",
    "cqrs-es 0.5",
    "disintegrate 4.0",
    "es-entity 0.20",
    "esrs 0.18",
    "eventcore 2.1",
    "evento 2.0 alpha",
    "sourcery 0.2",
];

/// What checks its appends by a boundary.
pub const ON_BOUNDARIES: [&str; 3] = [BOUNDARY, "disintegrate 4.0", "UmaDB 0.7"];

/// What can be had of the peers on files. This framework and what is written by hand are programs of their own.
pub const ON_FILES: [&str; 5] = [
    "cqrs-es 0.5",
    "cqrs-es 0.5, not durable",
    "eventcore 2.1",
    "evento 2.0 alpha",
    "evento 2.0 alpha, fjall",
];

/// Opens a system on the server, and gives its own database's URL where it has one.
pub async fn on_server(server: &str, name: &str) -> Result<(Arc<dyn System>, Option<String>)> {
    if name == "UmaDB 0.7" {
        let url = std::env::var("UMADB").map_err(|_| "UMADB is not set: run scripts/peers")?;
        return Ok((Arc::new(umadb::UmaDb::new(&url).await?), None));
    }
    let letters = |letter: char| match letter.is_ascii_alphanumeric() {
        true => letter.to_ascii_lowercase(),
        false => '_',
    };
    let name_of_database: String = "peers ".chars().chain(name.chars()).map(letters).collect();
    let url = database(server, &name_of_database).await?;
    let system: Arc<dyn System> = match name {
        OURS => Arc::new(eventsource::Eventsource::new(ours(&url).await?, 10_000)),
        "eventsource, no cache" => Arc::new(eventsource::Eventsource::new(ours(&url).await?, 0)),
        BOUNDARY => Arc::new(eventsource_boundary::Boundary(ours(&url).await?)),
        "by hand" => Arc::new(by_hand::ByHand::new(&url, by_hand::Columns::Needed).await?),
        "by hand, all columns" => {
            Arc::new(by_hand::ByHand::new(&url, by_hand::Columns::All).await?)
        }
        "by hand, cached, grouped" => Arc::new(by_hand_grouped::Grouped::new(&url).await?),
        "cqrs-es 0.5" => Arc::new(cqrs_es::postgres(&url).await?),
        "disintegrate 4.0" => Arc::new(disintegrate::Disintegrate::new(&url).await?),
        "es-entity 0.20" => Arc::new(es_entity::EsEntityBank::new(&url).await?),
        "esrs 0.18" => Arc::new(esrs::Esrs::new(&url).await?),
        "eventcore 2.1" => Arc::new(eventcore::postgres(&url).await?),
        "evento 2.0 alpha" => Arc::new(evento::postgres(&url).await?),
        "sourcery 0.2" => Arc::new(sourcery::Sourcery::new(&url).await?),
        _ => return Err(format!("no system on PostgreSQL is called `{name}`").into()),
    };
    Ok((system, Some(url)))
}

/// Opens a system on a file, or in a folder, that is not there yet.
pub async fn on_file(path: &Path, name: &str) -> Result<Arc<dyn System>> {
    Ok(match name {
        "cqrs-es 0.5" => Arc::new(cqrs_es::sqlite(path, SqliteSynchronous::Full).await?),
        "cqrs-es 0.5, not durable" => {
            Arc::new(cqrs_es::sqlite(path, SqliteSynchronous::Normal).await?)
        }
        "eventcore 2.1" => Arc::new(eventcore::sqlite(path).await?),
        "evento 2.0 alpha" => Arc::new(evento::sqlite(path).await?),
        "evento 2.0 alpha, fjall" => Arc::new(evento::fjall(path).await?),
        _ => return Err(format!("no system on a file is called `{name}`").into()),
    })
}

/// This framework's store.
pub async fn ours(url: &str) -> Result<PostgresStore> {
    // A server without fsync is measured too.
    let allowed = UnsafeServer {
        fsync_off: true,
        ..UnsafeServer::default()
    };
    let options = PostgresStore::options().allow_unsafe_server(allowed);
    Ok(options.open(url).await?)
}
