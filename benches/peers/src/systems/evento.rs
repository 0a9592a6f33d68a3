//! evento, on any of its stores. Commands decide on a projection that keeps its row in memory, as its documentation
//! shows the write side; a load replays the events.

use std::path::Path;

use async_trait::async_trait;
use evento::metadata::Event;
use evento::migrator::{Migrate, Plan};
use evento::{Executor, Projection, ProjectionAggregate};
use evento_sqlx::SqlitePool;
use evento_sqlx::postgres::PgPoolOptions;
use evento_sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use uuid::Uuid;

use crate::account::Account as State;
use crate::server::CONNECTIONS;
use crate::system::{Result, System};

#[evento::aggregate(name = "bank/Account")]
pub enum Account {
    Opened { owner: String },
    Deposited { amount: i64 },
    Withdrawn { amount: i64 },
}

/// The state that commands decide on.
#[evento::projection(id = id)]
#[evento::snapshot(memory)]
pub struct Kept {
    pub id: String,
    pub balance: i64,
}

#[evento::handler]
async fn kept_opened(event: Event<Opened>, row: &mut Kept) -> anyhow::Result<()> {
    row.id = event.aggregate_id.to_owned();
    Ok(())
}

#[evento::handler]
async fn kept_deposited(event: Event<Deposited>, row: &mut Kept) -> anyhow::Result<()> {
    row.balance += event.data.amount;
    Ok(())
}

#[evento::handler]
async fn kept_withdrawn(event: Event<Withdrawn>, row: &mut Kept) -> anyhow::Result<()> {
    row.balance -= event.data.amount;
    Ok(())
}

fn kept<E: Executor>() -> Projection<E, Kept> {
    Projection::new::<Account>()
        .handler(kept_opened())
        .handler(kept_deposited())
        .handler(kept_withdrawn())
        .strict()
}

/// The state that is loaded from its events.
#[evento::projection]
#[evento::snapshot(none)]
pub struct Replayed {
    pub balance: i64,
}

#[evento::handler]
async fn replayed_deposited(event: Event<Deposited>, row: &mut Replayed) -> anyhow::Result<()> {
    row.balance += event.data.amount;
    Ok(())
}

#[evento::handler]
async fn replayed_withdrawn(event: Event<Withdrawn>, row: &mut Replayed) -> anyhow::Result<()> {
    row.balance -= event.data.amount;
    Ok(())
}

fn replayed<E: Executor>() -> Projection<E, Replayed> {
    Projection::new::<Account>()
        .handler(replayed_deposited())
        .handler(replayed_withdrawn())
        .skip::<Opened>()
}

pub struct Evento<E>(E);

/// On PostgreSQL.
pub async fn postgres(url: &str) -> Result<Evento<evento::Postgres>> {
    let options = PgPoolOptions::new().max_connections(CONNECTIONS);
    let pool = options.connect(url).await?;
    evento::sql_migrator::new::<evento_sqlx::Postgres>()?
        .run(&mut *pool.acquire().await?, &Plan::apply_all())
        .await?;
    Ok(Evento(pool.into()))
}

/// On SQLite: its documentation connects with sqlx's own options. WAL is added to them, with which a commit syncs once;
/// sqlx leaves `synchronous` at `FULL`.
pub async fn sqlite(path: &Path) -> Result<Evento<evento::Sqlite>> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal);
    let pool = SqlitePool::connect_with(options).await?;
    evento::sql_migrator::new::<evento_sqlx::Sqlite>()?
        .run(&mut *pool.acquire().await?, &Plan::apply_all())
        .await?;
    Ok(Evento(pool.into()))
}

/// On fjall, which syncs every commit unless it is told otherwise.
pub async fn fjall(path: &Path) -> Result<Evento<evento::Fjall>> {
    Ok(Evento(evento::Fjall::open(path)?))
}

#[async_trait]
impl<E: Executor> System for Evento<E> {
    async fn open(&self, account: Uuid, owner: &str) -> Result<()> {
        let owner = owner.to_owned();
        evento::append(account.to_string())
            .event(&Opened { owner })
            .commit(&self.0)
            .await?;
        Ok(())
    }

    async fn post(&self, account: Uuid, amounts: &[i64]) -> Result<()> {
        let row = kept().load(account.to_string()).execute(&self.0).await?;
        let row = row.ok_or("the account is not open")?;
        let state = State {
            open: true,
            balance: row.balance,
        };
        let events = state.movements(
            amounts,
            |amount| AccountEvent::Deposited(Deposited { amount }),
            |amount| AccountEvent::Withdrawn(Withdrawn { amount }),
        );
        let mut write = row.write()?;
        for event in events? {
            match event {
                AccountEvent::Opened(event) => write.event(&event),
                AccountEvent::Deposited(event) => write.event(&event),
                AccountEvent::Withdrawn(event) => write.event(&event),
            };
        }
        write.commit(&self.0).await?;
        Ok(())
    }

    async fn balance(&self, account: Uuid) -> Result<i64> {
        let row = replayed()
            .load(account.to_string())
            .execute(&self.0)
            .await?;
        Ok(row.ok_or("the account is not open")?.balance)
    }
}
