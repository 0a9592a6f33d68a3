//! Who supports whom: a creator's drip, and what its reactors do to the world outside.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use eventsource_core::prelude::*;
use eventsource_core::{BoxError, ReactionKey};
use eventsource_sqlite::rusqlite::{self, Connection};

#[event(name = "drip.subscribed")]
pub struct Subscribed {
    pub fan: String,
    /// A month.
    pub cents: u32,
}
#[event(name = "drip.cancelled")]
pub struct Cancelled {
    pub fan: String,
}

#[derive(Debug, PartialEq, thiserror::Error)]
pub enum DripError {
    #[error("a drip is at least a dollar a month")]
    TooLittle,
}

/// What one creator's fans give, a month.
#[aggregate(name = "drip", id = String, error = DripError, events(Subscribed, Cancelled), commands(Subscribe, Cancel))]
#[derive(Default)]
pub struct Drip {
    pub fans: BTreeMap<String, u32>,
}

#[handle]
impl Drip {
    #[command]
    pub fn subscribe(&self, fan: String, cents: u32) -> Result<Option<Subscribed>, DripError> {
        ensure!(cents >= 100, DripError::TooLittle);
        // `None`: it is so already.
        Ok((self.fans.get(&fan) != Some(&cents)).then_some(Subscribed { fan, cents }))
    }

    #[command]
    pub fn cancel(&self, fan: String) -> Option<Cancelled> {
        self.fans.contains_key(&fan).then_some(Cancelled { fan })
    }
}

#[apply]
impl Drip {
    fn subscribed(&mut self, event: &Subscribed) {
        self.fans.insert(event.fan.clone(), event.cents);
    }

    fn cancelled(&mut self, event: &Cancelled) {
        self.fans.remove(&event.fan);
    }
}

/// The world outside: a mail service that sends once for each key, and a list of who may read. Neither knows of events.
#[derive(Clone)]
pub struct World(Arc<Path>);

impl World {
    pub async fn at(file: PathBuf) -> Result<Self, BoxError> {
        let world = Self(file.into());
        let made = world.with(|conn| {
            conn.execute_batch(
                "CREATE TABLE IF NOT EXISTS mails (key TEXT PRIMARY KEY, text TEXT);
                 CREATE TABLE IF NOT EXISTS calls (key TEXT);
                 CREATE TABLE IF NOT EXISTS readers (creator TEXT, fan TEXT, PRIMARY KEY (creator, fan));",
            )
        });
        made.await?;
        Ok(world)
    }

    pub async fn send(&self, key: ReactionKey, text: String) -> Result<(), BoxError> {
        let sent = self.with(move |conn| {
            conn.execute("INSERT INTO calls VALUES (?1)", [key.to_string()])?;
            let sql = "INSERT OR IGNORE INTO mails VALUES (?1, ?2)";
            conn.execute(sql, (key.to_string(), text))
        });
        sent.await.map(|_| ())
    }

    /// The mails that were sent, and how often the service was asked to send one.
    pub async fn mails(&self) -> Result<(Vec<String>, u32), BoxError> {
        let mails = self.with(|conn| {
            let mut texts = conn.prepare("SELECT text FROM mails ORDER BY text")?;
            let texts = texts
                .query_map([], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            let calls = conn.query_row("SELECT count(*) FROM calls", [], |row| row.get(0))?;
            Ok((texts, calls))
        });
        mails.await
    }

    pub async fn let_read(&self, creator: &str, fan: &str, may: bool) -> Result<(), BoxError> {
        let pair = (creator.to_owned(), fan.to_owned());
        let sql = match may {
            true => "INSERT OR IGNORE INTO readers VALUES (?1, ?2)",
            false => "DELETE FROM readers WHERE creator = ?1 AND fan = ?2",
        };
        self.with(move |conn| conn.execute(sql, pair))
            .await
            .map(|_| ())
    }

    pub async fn may_read(&self, creator: &str, fan: &str) -> Result<bool, BoxError> {
        let pair = (creator.to_owned(), fan.to_owned());
        let sql = "SELECT count(*) > 0 FROM readers WHERE creator = ?1 AND fan = ?2";
        self.with(move |conn| conn.query_row(sql, pair, |row| row.get(0)))
            .await
    }

    async fn with<T: Send + 'static>(
        &self,
        with: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, BoxError> {
        let file = Arc::clone(&self.0);
        let done = tokio::task::spawn_blocking(move || with(&Connection::open(file)?));
        Ok(done.await??)
    }
}

/// In the background: thanks for each subscription.
pub struct Thanks {
    pub world: World,
    /// The process is killed once the mail has gone out, before that is noted.
    pub dies: bool,
}

#[reactor(name = "thanks")]
impl Thanks {
    async fn subscribed(
        &self,
        event: &Recorded<Subscribed>,
        key: &ReactionKey,
    ) -> Result<(), BoxError> {
        let Subscribed { fan, cents } = &event.event;
        let text = format!("{fan}: thanks for {cents} cents, {}", event.stream.id());
        self.world.send(*key, text).await?;
        if self.dies {
            std::process::abort();
        }
        Ok(())
    }
}

/// Synchronously: who has subscribed may read.
#[derive(Clone)]
pub struct Access(pub World);

#[reactor(name = "access")]
impl Access {
    async fn subscribed(&self, event: &Recorded<Subscribed>) -> Result<(), BoxError> {
        self.0
            .let_read(event.stream.id(), &event.event.fan, true)
            .await
    }

    async fn cancelled(&self, event: &Recorded<Cancelled>) -> Result<(), BoxError> {
        self.0
            .let_read(event.stream.id(), &event.event.fan, false)
            .await
    }
}
