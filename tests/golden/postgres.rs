//! A dump of a PostgreSQL store, as `pg_dump` writes it, with a projection in it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use eventsource_core::prelude::*;
use eventsource_core::{BoxError, Ended, OnError, Which};
use eventsource_postgres::{PgTx, PostgresStore, UnsafeServer};
use tokio_postgres::{Client, NoTls};

use crate::domain::*;

static LUCKY: AtomicBool = AtomicBool::new(false);

struct Turnover;

#[projection(name = "turnover", version = 3)]
impl Turnover {
    #[create]
    async fn tables(&self, tx: &mut PgTx) -> Result<(), BoxError> {
        Ok(tx
            .execute_batch("CREATE TABLE {turnover} (amount bigint NOT NULL)")
            .await?)
    }

    async fn deposited(&self, event: &Recorded<Deposited>, tx: &mut PgTx) -> Result<(), BoxError> {
        let amount = event.event.amount;
        if amount == 13 && !LUCKY.load(Ordering::SeqCst) {
            return Err("thirteen".into());
        }
        let amount = i64::try_from(amount)?;
        tx.execute("INSERT INTO {turnover} VALUES ($1)", &[&amount])
            .await?;
        Ok(())
    }
}

/// A database of its own on the server under test, dropped by [`drop`](Self::drop).
pub struct Database {
    name: String,
    server: String,
}

impl Database {
    pub async fn fresh() -> Result<Self, BoxError> {
        let server = std::env::var("EVENTSOURCE_POSTGRES").expect(
            "EVENTSOURCE_POSTGRES names no server to test with; `scripts/test` starts one and runs the tests against it",
        );
        let name = format!("golden_{}", std::process::id());
        let database = Self { name, server };
        let create = format!(
            "CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0",
            database.name
        );
        client(&database.server)
            .await?
            .batch_execute(&create)
            .await?;
        Ok(database)
    }

    /// The server's URL, with this database in place of its own.
    fn url(&self) -> String {
        let (before, query) = match self.server.split_once('?') {
            Some((before, query)) => (before, format!("?{query}")),
            None => (self.server.as_str(), String::new()),
        };
        let host = before.find("://").map_or(0, |at| at + 3);
        let end = before[host..]
            .find('/')
            .map_or(before.len(), |at| host + at);
        format!("{}/{}{query}", &before[..end], self.name)
    }

    async fn open(&self) -> Result<PostgresStore, BoxError> {
        let unsafe_server = UnsafeServer {
            fsync_off: true,
            full_page_writes_off: true,
        };
        let options = PostgresStore::options().allow_unsafe_server(unsafe_server);
        Ok(options.open(&self.url()).await?)
    }

    pub async fn write(&self, dump: &Path) -> Result<(), BoxError> {
        let store = self.open().await?;
        crate::domain::write(&store).await?;
        let runner = store.project(Turnover).on_error(OnError::park().retries(0));
        assert_eq!(runner.catch_up().await?, Ended::CaughtUp);
        store.close().await;
        let mut pg_dump = Command::new(program("pg_dump"));
        pg_dump.args([
            "--no-owner",
            "--no-privileges",
            "--dbname",
            &self.url(),
            "--file",
        ]);
        run(pg_dump.arg(dump))
    }

    async fn sum(&self) -> Result<i64, BoxError> {
        let sum = "SELECT sum(amount)::bigint FROM turnover";
        Ok(client(&self.url()).await?.query_one(sum, &[]).await?.get(0))
    }

    pub async fn check(&self, dump: &Path) -> Result<(), BoxError> {
        let mut psql = Command::new(program("psql"));
        psql.args([
            "--quiet",
            "--set",
            "ON_ERROR_STOP=1",
            "--dbname",
            &self.url(),
            "--file",
        ]);
        run(psql.arg(dump))?;
        let store = self.open().await?;
        crate::domain::check(&store).await?;
        let runner = store.project(Turnover).on_error(OnError::park().retries(0));
        let turnover = runner.handle();
        assert_eq!(turnover.parked().await?.len(), 2);
        assert_eq!(self.sum().await?, 5);
        LUCKY.store(true, Ordering::SeqCst);
        assert_eq!(turnover.retry(Which::All).await?, 2);
        assert_eq!(runner.catch_up().await?, Ended::CaughtUp);
        assert_eq!(self.sum().await?, 5 + 13 + 7 + 1);
        check_process(&store).await?;
        store.close().await;
        Ok(())
    }

    pub async fn drop(self) -> Result<(), BoxError> {
        let drop = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        Ok(client(&self.server).await?.batch_execute(&drop).await?)
    }
}

async fn client(url: &str) -> Result<Client, BoxError> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// A program of the server's.
fn program(name: &str) -> PathBuf {
    match std::env::var_os("EVENTSOURCE_POSTGRES_BIN") {
        Some(folder) => Path::new(&folder).join(name),
        None => name.into(),
    }
}

fn run(command: &mut Command) -> Result<(), BoxError> {
    let ran = command.output()?;
    match ran.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&ran.stderr).into()),
    }
}
