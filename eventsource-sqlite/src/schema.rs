//! The tables: how a file is recognised, made and brought up to date.

use std::path::Path;
use std::time::{Duration, Instant};

use eventsource_core::{Position, StoreError, StoreIdentity};
use rusqlite::{Connection, ErrorCode, OptionalExtension};

use crate::error::{backend, is_busy, store_error};
use crate::life::{self, Life};
use crate::options::{Durability, SqliteOptions};
use crate::snapshots;

/// What marks a file as ours: `EvSt`.
pub(crate) const APPLICATION_ID: i32 = 0x4576_5374;

/// What brings a file of version n to version n + 1. A released entry is never changed.
///
/// `oldest_user` is the oldest version of the software that may still read and write the file: a migration that older
/// ones can live with leaves it, so that both run side by side during an upgrade.
const MIGRATIONS: [&str; VERSION as usize] = [EVENTS, snapshots::TABLE, CHECKPOINTS, STAMPS];

/// Positions are AUTOINCREMENT: a plain rowid would be given out again after its event was deleted. An
/// event's stored name, schema and format are one number, its shape, as they repeat in every event; its name alone is
/// another, for the index. The table `tags` finds events: it repeats the name, so that a query of types and tags reads
/// nothing else. The column `tags` says what an event has, so that reading it needs no other table.
///
/// `incarnation` is renewed with each life of the store, and `life` counts them; `home` says which file it was in when it
/// was opened last (see `life.rs`).
const EVENTS: &str = "
    CREATE TABLE meta (
        identity BLOB NOT NULL,
        incarnation BLOB NOT NULL,
        life INTEGER NOT NULL DEFAULT 1,
        home TEXT,
        oldest_user INTEGER NOT NULL DEFAULT 1
    ) STRICT;
    CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE shapes (
        id INTEGER PRIMARY KEY,
        name INTEGER NOT NULL,
        schema INTEGER NOT NULL,
        format TEXT NOT NULL,
        UNIQUE (name, schema, format)
    ) STRICT;
    CREATE TABLE streams (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE events (
        position INTEGER PRIMARY KEY AUTOINCREMENT,
        stream INTEGER NOT NULL,
        version INTEGER NOT NULL,
        name INTEGER NOT NULL,
        shape INTEGER NOT NULL,
        recorded_at INTEGER NOT NULL,
        metadata BLOB,
        payload BLOB NOT NULL,
        tags TEXT,
        UNIQUE (stream, version)
    ) STRICT;
    CREATE INDEX events_by_name ON events (name);
    CREATE TABLE tags (
        tag TEXT NOT NULL,
        position INTEGER NOT NULL,
        name INTEGER NOT NULL,
        PRIMARY KEY (tag, position)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE keys (
        id BLOB NOT NULL PRIMARY KEY,
        digest BLOB NOT NULL,
        position INTEGER NOT NULL,
        count INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
";

/// The checkpoints: the versions of each consumer with the names of the tables that it has made, the slices of its work, the
/// events that it could not consume, and the states that are kept of those that are held in memory.
const CHECKPOINTS: &str = "
    CREATE TABLE consumers (
        name TEXT NOT NULL,
        version INTEGER NOT NULL,
        slices INTEGER NOT NULL,
        is_active INTEGER NOT NULL DEFAULT 0,
        made TEXT,
        PRIMARY KEY (name, version)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE slots (
        name TEXT NOT NULL,
        version INTEGER NOT NULL,
        slice INTEGER NOT NULL,
        position INTEGER NOT NULL,
        incarnation BLOB NOT NULL,
        owner BLOB,
        waiter BLOB,
        epoch INTEGER NOT NULL DEFAULT 0,
        beat INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (name, version, slice)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE parked (
        name TEXT NOT NULL,
        version INTEGER NOT NULL,
        position INTEGER NOT NULL,
        stream TEXT NOT NULL,
        stream_version INTEGER NOT NULL,
        event TEXT NOT NULL,
        error TEXT NOT NULL,
        at INTEGER NOT NULL,
        wish INTEGER,
        PRIMARY KEY (name, version, position)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE kept (
        name TEXT NOT NULL,
        version INTEGER NOT NULL,
        checkpoint TEXT NOT NULL,
        position INTEGER NOT NULL,
        state BLOB NOT NULL,
        PRIMARY KEY (name, version)
    ) STRICT;
";

/// The stamp of an append on its first event, in place of a row in `keys`.
const STAMPS: &str = "ALTER TABLE events ADD COLUMN stamp BLOB;";

/// The schema version that this software writes.
pub(crate) const VERSION: u32 = 4;

/// After how many pages in the write-ahead log they are moved to the database: 16 MiB.
const CHECKPOINT_PAGES: i64 = 4096;
const WRITER_CACHE_KIB: i64 = 16 << 10;

/// Makes the file a store, or checks that it is one, and sets up the connection for writing.
pub(crate) fn prepare(
    conn: &mut Connection,
    place: &str,
    path: &Path,
    options: &SqliteOptions,
) -> Result<(Life, Position), StoreError> {
    let deadline = Instant::now() + options.patience;
    // Nothing is written before the file is known to be ours.
    with_patience(deadline, || recognise(conn, place))?;
    with_patience(deadline, || set_up(conn, place, options.durability))?;
    with_patience(deadline, || migrate(conn, place))?;
    look_over(conn, place)?;
    with_patience(deadline, || life::settle(conn, place, path, options.moved))
}

/// Tries again while another process holds the file; not all of SQLite's steps here use its own busy handler.
fn with_patience<T>(
    deadline: Instant,
    mut step: impl FnMut() -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    loop {
        match step() {
            Err(StoreError::Backend { source, .. })
                if source.downcast_ref().is_some_and(is_busy) && Instant::now() < deadline =>
            {
                std::thread::sleep(Duration::from_millis(2));
            }
            done => return done,
        }
    }
}

/// The schema version of the file; 0 if it is empty.
fn recognise(conn: &Connection, place: &str) -> Result<u32, StoreError> {
    let not_ours = |found: String| StoreError::NotAStore {
        place: place.into(),
        found,
    };
    let failed = |error: rusqlite::Error| match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => not_ours("a file that is no SQLite database".into()),
        _ => store_error(place, "reading the header", error),
    };
    // One statement, so that all three are of one moment: another process may be making the tables.
    let (application, version, tables) = conn
        .query_row(
            "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema) \
             FROM pragma_application_id, pragma_user_version",
            [],
            |row| {
                Ok((
                    row.get::<_, i32>(0)?,
                    row.get::<_, i32>(1)?,
                    row.get::<_, i64>(2)?,
                ))
            },
        )
        .map_err(failed)?;
    match (application, tables) {
        (APPLICATION_ID, _) => {}
        (0, 0) if version == 0 => return Ok(0),
        (0, _) => {
            return Err(not_ours(format!(
                "an SQLite database with {tables} tables and indexes of another kind"
            )));
        }
        _ => {
            return Err(not_ours(format!(
                "an SQLite database of the application {application:#010x}"
            )));
        }
    }
    let version = u32::try_from(version).unwrap_or(0);
    let usable = || {
        conn.query_row("SELECT oldest_user <= ?1 FROM meta", [VERSION], |row| {
            row.get(0)
        })
    };
    if version > VERSION && !usable().unwrap_or(false) {
        return Err(StoreError::Newer {
            place: place.into(),
            found: version,
            supported: VERSION,
        });
    }
    if version == 0 {
        return Err(StoreError::Damaged {
            place: place.into(),
            reason: "it has no schema version".into(),
        });
    }
    Ok(version)
}

pub(crate) fn set_up(
    conn: &Connection,
    place: &str,
    durability: Durability,
) -> Result<(), StoreError> {
    let failed = |error| store_error(place, "setting up the connection", error);
    let wrong = |what: String| backend(place, "setting up the connection", what);
    let mode: String = conn
        .pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))
        .map_err(failed)?;
    if mode != "wal" {
        return Err(wrong(format!(
            "the journal mode stays `{mode}`, but must be `wal`"
        )));
    }
    let (name, number) = match durability {
        Durability::Full => ("FULL", 2),
        Durability::Process => ("NORMAL", 1),
    };
    conn.pragma_update(None, "synchronous", name)
        .map_err(failed)?;
    // On macOS a plain sync leaves the data in the disk's own memory; elsewhere these change nothing.
    for pragma in ["fullfsync", "checkpoint_fullfsync"] {
        conn.pragma_update(None, pragma, durability == Durability::Full)
            .map_err(failed)?;
    }
    let synchronous: i64 = conn
        .pragma_query_value(None, "synchronous", |row| row.get(0))
        .map_err(failed)?;
    if synchronous != number {
        return Err(wrong(format!(
            "`synchronous` stays {synchronous}, but must be {number}"
        )));
    }
    // Keys are random, so their table is written all over: fewer and larger checkpoints write each page less often, and
    // more cache reads it less often.
    conn.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)
        .map_err(failed)?;
    conn.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)
        .map_err(failed)?;
    Ok(())
}

/// Makes or changes the tables, all in one transaction, so that of two processes one does it.
fn migrate(conn: &mut Connection, place: &str) -> Result<(), StoreError> {
    if recognise(conn, place)? >= VERSION {
        return Ok(());
    }
    let failed = |error| store_error(place, "bringing the tables up to date", error);
    let transaction = conn
        .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
        .map_err(failed)?;
    // Another process may have been faster.
    let found = recognise(&transaction, place)?;
    if found >= VERSION {
        return Ok(());
    }
    for migration in MIGRATIONS.iter().skip(found as usize) {
        transaction.execute_batch(migration).map_err(failed)?;
    }
    if found == 0 {
        let fresh = StoreIdentity::fresh();
        transaction
            .execute(
                "INSERT INTO meta (identity, incarnation, home) VALUES (?1, ?2, '')",
                [fresh.id.as_bytes(), fresh.incarnation.as_bytes()],
            )
            .map_err(failed)?;
    }
    transaction
        .pragma_update(None, "application_id", APPLICATION_ID)
        .map_err(failed)?;
    transaction
        .pragma_update(None, "user_version", VERSION)
        .map_err(failed)?;
    transaction.commit().map_err(failed)
}

/// Looks at both ends of every table, so that a cut file is found when it is opened.
fn look_over(conn: &Connection, place: &str) -> Result<(), StoreError> {
    let failed = |error| store_error(place, "reading the tables", error);
    let damaged = |reason: &str| StoreError::Damaged {
        place: place.into(),
        reason: reason.into(),
    };
    for (table, key) in [
        ("names", "id"),
        ("shapes", "id"),
        ("streams", "id"),
        ("events", "position"),
        ("tags", "tag"),
        ("keys", "id"),
        ("snapshots", "id"),
    ] {
        let exists = conn.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1");
        if !exists
            .and_then(|mut exists| exists.exists([table]))
            .map_err(failed)?
        {
            return Err(damaged(&format!("the table `{table}` is missing")));
        }
        for order in ["ASC", "DESC"] {
            let sql = format!("SELECT * FROM {table} ORDER BY {key} {order} LIMIT 1");
            conn.query_row(&sql, [], |_| Ok(()))
                .optional()
                .map_err(failed)?;
        }
    }
    Ok(())
}
