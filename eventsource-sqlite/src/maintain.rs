//! What an operator does with a store while it is in use: back it up, forget keys, begin a new life.
//!
//! Each runs on a thread and a connection of its own, and takes turns with the writers.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use eventsource_core::{Position, StoreError, StoreIdentity, Timestamp};
use rusqlite::{Connection, OpenFlags, params};
use tokio::sync::oneshot;

use crate::error::{backend, store_error};
use crate::home::beside;
use crate::ledger::HEAD;
use crate::life;
use crate::open::{Shared, connect, spawn};
use crate::schema;
use crate::store::SqliteStore;
use crate::turn::Turn;

/// How many keys are looked at between two looks for others who wait, and deleted in one transaction at most.
const KEYS: i64 = 256;

impl SqliteStore {
    /// Writes a copy of the store, as it is at one moment, to a new file; returns the position of its last event.
    ///
    /// Nobody waits for it: others read and append meanwhile. Only the write-ahead log is not emptied before the copy is
    /// complete, so it grows by what is appended. The copy is whole and durable when this returns; before, it has the
    /// name of the file with `-partial` at its end. Opened as a store, it begins a new life, each time that it is copied
    /// to where it is used (see [the crate](crate#backups-and-lives)).
    ///
    /// A file that exists already is an error, and is not changed. To give up waiting does not end the copying.
    ///
    /// ```
    /// # use eventsource_sqlite::SqliteStore;
    /// # async fn nightly(store: SqliteStore) -> Result<(), eventsource_core::StoreError> {
    /// let head = store.backup_to("backups/tuesday.db").await?;
    /// println!("everything up to {head} is backed up");
    /// # Ok(()) }
    /// ```
    pub async fn backup_to(&self, path: impl AsRef<Path>) -> Result<Position, StoreError> {
        let path = path.as_ref().to_owned();
        self.aside(move |aside| aside.back_up(&path)).await
    }

    /// Forgets the idempotency keys of appends whose first event was recorded before this time; returns how many they
    /// were.
    ///
    /// Keys are kept for ever unless this is called. A request that is sent again under a forgotten key is a new request:
    /// so forget only what nobody will send again. All keys are looked at, a few hundred at a time, each batch in a
    /// transaction of its own, between which others have their turn; an error leaves those forgotten that were, and
    /// calling again goes on.
    pub async fn forget_keys(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.aside(move |aside| aside.forget_keys(before)).await
    }

    /// Begins a new life of the store, and returns its identity: to be called after the store was restored in a way that
    /// it cannot see by itself, as from a snapshot of the whole disk or machine.
    ///
    /// Checkpoints of before, and appends that were decided before, are refused from then on with
    /// [`StoreError::OtherIncarnation`], in other processes that have the file open as well.
    pub async fn renew_incarnation(&self) -> Result<StoreIdentity, StoreError> {
        self.aside(Aside::renew_incarnation).await
    }

    async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Aside) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        if self.shared().is_closed() {
            return Err(StoreError::Closed);
        }
        let (reply, answer) = oneshot::channel();
        let shared = Arc::clone(self.shared());
        spawn("eventsource-aside", self.shared(), move |_| {
            let _ = reply.send(Aside::open(shared).and_then(|mut aside| work(&mut aside)));
        })?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }
}

type KeyId = [u8; 16];

/// Some keys that were looked at.
#[derive(Default)]
struct Batch {
    /// Those to be forgotten.
    old: Vec<KeyId>,
    /// The last one of all; `None` where there was none.
    last: Option<KeyId>,
}

/// A connection beside the writer's.
struct Aside {
    shared: Arc<Shared>,
    conn: Connection,
    turn: Turn,
}

impl Aside {
    fn open(shared: Arc<Shared>) -> Result<Self, StoreError> {
        if let Some(reason) = shared.anchor.lost() {
            return Err(shared.damaged(reason));
        }
        let conn = connect(&shared.path, &shared.place)?;
        schema::set_up(&conn, &shared.place, shared.durability)?;
        // From here on it waits as `Turn` says, and not inside SQLite.
        conn.busy_timeout(Duration::ZERO)
            .map_err(|error| store_error(&shared.place, "setting up the connection", error))?;
        let turn = Turn::open(&shared.path, shared.patience).map_err(|error| {
            backend(
                &shared.place,
                "opening the file on which writers take turns",
                error,
            )
        })?;
        Ok(Self { shared, conn, turn })
    }

    /// Does `work` in a transaction of its own.
    fn write<T>(
        &mut self,
        doing: &str,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let conn = &self.conn;
        let done = self.turn.begin(conn).and_then(|()| {
            let done = work(conn).and_then(|done| conn.execute_batch("COMMIT").map(|()| done));
            if done.is_err() && !conn.is_autocommit() {
                let _ = conn.execute_batch("ROLLBACK");
            }
            done
        });
        done.map_err(|error| store_error(&self.shared.place, doing, error))
    }

    fn renew_incarnation(&mut self) -> Result<StoreIdentity, StoreError> {
        let (life, head) = self.write("beginning a new life", |conn| {
            life::renew(conn, 0)?;
            let head: i64 = conn.query_row(HEAD, [], |row| row.get(0))?;
            Ok((life::life(conn)?, Position(head.unsigned_abs())))
        })?;
        self.shared.life.found(life);
        // That it cannot be noted is no reason to say that it was not done.
        if let Err(error) = life::note(&self.shared.path, &life, head) {
            tracing::warn!(%error, "could not note the store's new life");
        }
        Ok(life.identity)
    }

    fn forget_keys(&mut self, before: Timestamp) -> Result<u64, StoreError> {
        let mut forgotten = 0;
        let mut batch = Batch::default();
        while !self.shared.is_closed() {
            batch = self.next_keys(before, batch.last)?;
            if batch.last.is_none() {
                return Ok(forgotten);
            }
            if !batch.old.is_empty() {
                self.write("forgetting keys", |conn| {
                    let mut forget = conn.prepare_cached("DELETE FROM keys WHERE id = ?1")?;
                    batch
                        .old
                        .iter()
                        .try_for_each(|id| forget.execute([id]).map(|_| ()))
                })?;
                forgotten += batch.old.len() as u64;
            }
        }
        Err(StoreError::Closed)
    }

    /// Looks at the next keys after `last`.
    fn next_keys(&self, before: Timestamp, last: Option<KeyId>) -> Result<Batch, StoreError> {
        let read = || {
            // The first record of an append is an event, unless somebody has deleted it: then its key is kept.
            let mut statement = self.conn.prepare_cached(
                "SELECT id, (SELECT recorded_at FROM events WHERE events.position = keys.position) < ?1 \
                 FROM keys WHERE id > ?2 ORDER BY id LIMIT ?3",
            )?;
            let last = last.as_ref().map_or(&[][..], |last| &last[..]);
            let mut rows = statement.query(params![before.as_micros(), last, KEYS])?;
            let mut batch = Batch::default();
            while let Some(row) = rows.next()? {
                let id = row.get(0)?;
                if row.get::<_, Option<bool>>(1)? == Some(true) {
                    batch.old.push(id);
                }
                batch.last = Some(id);
            }
            Ok(batch)
        };
        read().map_err(|error| store_error(&self.shared.place, "reading keys", error))
    }

    fn back_up(&mut self, path: &Path) -> Result<Position, StoreError> {
        let target = path.display().to_string();
        let path = std::path::absolute(path)
            .map_err(|error| backend(&target, "backing up to a file", error))?;
        let partial = beside(&path, "-partial");
        let copied = self.copy(&path, &partial, &target);
        if copied.is_err() {
            let _ = std::fs::remove_file(&partial);
        }
        copied
    }

    fn copy(&self, path: &PathBuf, partial: &Path, target: &str) -> Result<Position, StoreError> {
        let failed = |error: rusqlite::Error| store_error(target, "backing up to a file", error);
        let not_filed = |error: std::io::Error| backend(target, "backing up to a file", error);
        if path.try_exists().map_err(not_filed)? {
            return Err(not_filed(std::io::ErrorKind::AlreadyExists.into()));
        }
        // What an earlier backup that was cut short has left.
        for left in [partial.to_owned(), beside(partial, "-journal")] {
            if left.try_exists().map_err(not_filed)? {
                std::fs::remove_file(left).map_err(not_filed)?;
            }
        }
        let text = partial
            .to_str()
            .ok_or_else(|| not_filed(std::io::Error::other("the name of the file is not UTF-8")))?;
        self.conn
            .execute("VACUUM INTO ?1", [text])
            .map_err(failed)?;
        let head = {
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let copy = Connection::open_with_flags(partial, flags).map_err(failed)?;
            copy.pragma_update(None, "synchronous", "FULL")
                .map_err(failed)?;
            copy.execute("UPDATE meta SET home = NULL", [])
                .map_err(failed)?;
            copy.query_row(HEAD, [], |row| row.get::<_, i64>(0))
                .map_err(failed)?
        };
        let synced = std::fs::File::open(partial).and_then(|file| file.sync_all());
        synced.map_err(not_filed)?;
        std::fs::rename(partial, path).map_err(not_filed)?;
        sync_folder(path).map_err(not_filed)?;
        Ok(Position(head.unsigned_abs()))
    }
}

/// Makes a name in a folder durable.
#[cfg(unix)]
fn sync_folder(path: &Path) -> std::io::Result<()> {
    match path.parent() {
        Some(folder) => std::fs::File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> std::io::Result<()> {
    Ok(())
}
