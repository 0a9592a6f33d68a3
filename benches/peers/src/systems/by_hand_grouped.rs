//! Plain tokio-postgres, as fast as it can be made in a page: one task owns the states of all accounts, decides for all
//! commands that wait, and stores their events with one INSERT. It knows no other process, no keys and no tags, and
//! whatever goes wrong with one command of a group goes wrong with all.

use async_trait::async_trait;
use tokio::sync::{mpsc, oneshot};
use tokio_postgres::{Client, NoTls, Statement};
use uuid::Uuid;

use super::by_hand::TABLE;
use crate::account::{Account, AccountCommand};
use crate::json::decode;
use crate::states::{Row, States, stream};
use crate::system::{Failure, Result, System};

const INSERT: &str = "
INSERT INTO events (stream, version, name, schema, format, recorded_at, payload)
SELECT e.stream, e.version, e.name, 1, 'json', 0, e.payload
FROM unnest($1::text[], $2::bigint[], $3::text[], $4::bytea[]) AS e (stream, version, name, payload)";

/// How many commands one INSERT answers at most.
const GROUP: usize = 256;

struct Waiting {
    account: Uuid,
    command: AccountCommand,
    answer: oneshot::Sender<Result<()>>,
}

pub struct Grouped {
    commands: mpsc::Sender<Waiting>,
    reads: Connection,
}

struct Connection {
    client: Client,
    read: Statement,
    insert: Statement,
}

impl Connection {
    async fn new(url: &str) -> Result<Self> {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        tokio::spawn(connection);
        client.batch_execute(TABLE).await?;
        let read = "SELECT version, name, payload FROM events WHERE stream = $1 ORDER BY version";
        Ok(Self {
            read: client.prepare(read).await?,
            insert: client.prepare(INSERT).await?,
            client,
        })
    }

    async fn read(&self, account: Uuid, states: &mut States) -> Result<()> {
        states.begin(account);
        for row in self.client.query(&self.read, &[&stream(account)]).await? {
            let event = decode(row.try_get(1)?, row.try_get(2)?)?;
            states.read(account, row.try_get(0)?, &event);
        }
        Ok(())
    }

    async fn store(&self, rows: &[Row]) -> Result<()> {
        let streams: Vec<&str> = rows.iter().map(|row| row.stream.as_str()).collect();
        let versions: Vec<i64> = rows.iter().map(|row| row.version).collect();
        let names: Vec<&str> = rows.iter().map(|row| row.name).collect();
        let payloads: Vec<&[u8]> = rows.iter().map(|row| row.payload.as_slice()).collect();
        self.client
            .execute(&self.insert, &[&streams, &versions, &names, &payloads])
            .await?;
        Ok(())
    }
}

impl Grouped {
    pub async fn new(url: &str) -> Result<Self> {
        let (commands, waiting) = mpsc::channel(1_024);
        tokio::spawn(commit(Connection::new(url).await?, waiting));
        let reads = Connection::new(url).await?;
        Ok(Self { commands, reads })
    }

    async fn execute(&self, account: Uuid, command: AccountCommand) -> Result<()> {
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting {
            account,
            command,
            answer,
        };
        let gone = |_| Failure::from("the writer is gone");
        self.commands.send(waiting).await.map_err(|_| gone(()))?;
        answered.await.map_err(|_| gone(()))?
    }
}

/// Decides and stores for whoever waits, until nobody can come any more.
async fn commit(connection: Connection, mut waiting: mpsc::Receiver<Waiting>) {
    let (mut states, mut group, mut rows) = (States::default(), Vec::new(), Vec::new());
    while waiting.recv_many(&mut group, GROUP).await > 0 {
        rows.clear();
        let mut decided = Vec::with_capacity(group.len());
        for waiting in &group {
            let known = match states.knows(waiting.account) {
                true => Ok(()),
                false => connection.read(waiting.account, &mut states).await,
            };
            decided.push(
                known.and_then(|()| states.decide(waiting.account, &waiting.command, &mut rows)),
            );
        }
        let stored = connection
            .store(&rows)
            .await
            .map_err(|error| error.to_string());
        if stored.is_err() {
            states.forget();
        }
        for (waiting, decided) in group.drain(..).zip(decided) {
            let _ = waiting
                .answer
                .send(decided.and(stored.clone().map_err(Failure::from)));
        }
    }
}

#[async_trait]
impl System for Grouped {
    async fn open(&self, account: Uuid, owner: &str) -> Result<()> {
        let owner = owner.to_owned();
        self.execute(account, AccountCommand::Open { owner }).await
    }

    async fn post(&self, account: Uuid, amounts: &[i64]) -> Result<()> {
        let amounts = amounts.to_vec();
        self.execute(account, AccountCommand::Post { amounts })
            .await
    }

    /// Reads what is stored.
    async fn balance(&self, account: Uuid) -> Result<i64> {
        let connection = &self.reads;
        let mut state = Account::default();
        for row in connection
            .client
            .query(&connection.read, &[&stream(account)])
            .await?
        {
            state.fold(&decode(row.try_get(1)?, row.try_get(2)?)?);
        }
        Ok(state.balance)
    }
}
