//! Plain tokio-postgres: a query that reads the stream, serde_json and a match that decode and fold it, and one INSERT
//! for each command. It knows no keys, no tags, no subscriptions and no unknown outcomes.

use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use futures_util::TryStreamExt as _;
use tokio_postgres::{Client, NoTls, Row, Statement};
use uuid::Uuid;

use crate::account::{Account, AccountCommand};
use crate::json::{decode, encode};
use crate::server::CONNECTIONS;
use crate::system::{Result, System};

pub const TABLE: &str = "
CREATE TABLE IF NOT EXISTS events (
    position bigserial PRIMARY KEY,
    stream text COLLATE \"C\" NOT NULL,
    version bigint NOT NULL,
    name text NOT NULL,
    schema bigint NOT NULL,
    format text NOT NULL,
    recorded_at bigint NOT NULL,
    payload bytea NOT NULL,
    metadata bytea,
    tags text,
    UNIQUE (stream, version)
)";

const INSERT: &str = "
INSERT INTO events (stream, version, name, schema, format, recorded_at, payload)
SELECT $1, $2 + e.number, e.name, 1, 'json', 0, e.payload
FROM unnest($3::text[], $4::bytea[]) WITH ORDINALITY AS e (name, payload, number)";

/// Which columns a load reads.
#[derive(Clone, Copy)]
pub enum Columns {
    /// Those that it needs: name, payload and version.
    Needed,
    /// All that an event has, as one reads them who can show whole events.
    All,
}

pub struct ByHand {
    connections: Vec<Connection>,
    next: AtomicUsize,
    columns: Columns,
}

struct Connection {
    client: Client,
    read: Statement,
    insert: Statement,
}

impl ByHand {
    pub async fn new(url: &str, columns: Columns) -> Result<Self> {
        let read = match columns {
            Columns::Needed => "name, payload, version",
            Columns::All => {
                "name, payload, version, position, schema, format, recorded_at, metadata, tags"
            }
        };
        let read = format!("SELECT {read} FROM events WHERE stream = $1 ORDER BY version");
        let mut connections = Vec::new();
        for _ in 0..CONNECTIONS {
            let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
            tokio::spawn(connection);
            client.batch_execute(TABLE).await?;
            connections.push(Connection {
                read: client.prepare(&read).await?,
                insert: client.prepare(INSERT).await?,
                client,
            });
        }
        let next = AtomicUsize::new(0);
        Ok(Self {
            connections,
            next,
            columns,
        })
    }

    fn connection(&self) -> &Connection {
        &self.connections[self.next.fetch_add(1, Ordering::Relaxed) % self.connections.len()]
    }

    async fn load(&self, connection: &Connection, stream: &str) -> Result<(Account, i64)> {
        let rows = connection.client.query_raw(&connection.read, [stream]);
        let mut rows = pin!(rows.await?);
        let (mut account, mut version) = (Account::default(), 0);
        while let Some(row) = rows.try_next().await? {
            if let Columns::All = self.columns {
                look(&row)?;
            }
            version = row.try_get(2)?;
            account.fold(&decode(row.try_get(0)?, row.try_get(1)?)?);
        }
        Ok((account, version))
    }

    async fn execute(&self, account: Uuid, command: AccountCommand) -> Result<()> {
        let (connection, stream) = (self.connection(), stream(account));
        let (account, version) = self.load(connection, &stream).await?;
        let (mut names, mut payloads) = (Vec::new(), Vec::new());
        for event in account.decide(&command)? {
            let (name, payload) = encode(&event)?;
            names.push(name);
            payloads.push(payload);
        }
        connection
            .client
            .execute(&connection.insert, &[&stream, &version, &names, &payloads])
            .await?;
        Ok(())
    }
}

fn stream(account: Uuid) -> String {
    format!("account-{account}")
}

/// Takes the columns that the fold does not need.
pub fn look(row: &Row) -> Result<()> {
    std::hint::black_box((
        row.try_get::<_, i64>(3)?,
        row.try_get::<_, i64>(4)?,
        row.try_get::<_, &str>(5)?,
        row.try_get::<_, i64>(6)?,
        row.try_get::<_, Option<&[u8]>>(7)?,
        row.try_get::<_, Option<&str>>(8)?,
    ));
    Ok(())
}

#[async_trait]
impl System for ByHand {
    async fn open(&self, account: Uuid, owner: &str) -> Result<()> {
        let owner = owner.to_owned();
        self.execute(account, AccountCommand::Open { owner }).await
    }

    async fn post(&self, account: Uuid, amounts: &[i64]) -> Result<()> {
        let amounts = amounts.to_vec();
        self.execute(account, AccountCommand::Post { amounts })
            .await
    }

    async fn balance(&self, account: Uuid) -> Result<i64> {
        let (account, _) = self.load(self.connection(), &stream(account)).await?;
        Ok(account.balance)
    }
}
