//! Snapshots. They are written by the writer's thread, in one commit with the appends that wait.

use std::future::Future;

use eventsource_core::{
    Fingerprint, Position, Snapshot, SnapshotStore, StoreError, StreamName, Timestamp, Version,
};
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use crate::query::number;
use crate::reader::Reader;
use crate::store::SqliteStore;
use crate::work::Kept;

/// Of two rows the one that was kept later has the larger id.
pub(crate) const TABLE: &str = "
    CREATE TABLE snapshots (
        id INTEGER PRIMARY KEY,
        stream INTEGER NOT NULL,
        fingerprint INTEGER NOT NULL,
        version INTEGER NOT NULL,
        position INTEGER NOT NULL,
        latest INTEGER NOT NULL,
        incarnation BLOB NOT NULL,
        format TEXT NOT NULL,
        state BLOB NOT NULL,
        UNIQUE (stream, fingerprint)
    ) STRICT;
";

/// How many fingerprints a stream's snapshots have at most.
const FINGERPRINTS: u32 = 2;

const FIND: &str = "SELECT s.version, s.position, s.latest, s.incarnation, s.format, s.state FROM snapshots s \
    JOIN events e ON e.stream = s.stream AND e.version = s.version AND e.position = s.position \
    WHERE s.stream = (SELECT id FROM streams WHERE name = ?1) AND s.fingerprint = ?2 \
    AND s.incarnation = (SELECT incarnation FROM meta)";

/// The stream, if it has the event that is a snapshot's last, in the life of the store in which it was taken.
const STREAM: &str = "SELECT e.stream FROM events e WHERE e.stream = (SELECT id FROM streams WHERE name = ?1) \
    AND e.version = ?2 AND e.position = ?3 AND ?4 = (SELECT incarnation FROM meta)";

/// Makes room for a newer one; what cannot be used any more is no newer one, whatever its version.
const REPLACE: &str = "DELETE FROM snapshots WHERE stream = ?1 AND fingerprint = ?2 AND (version <= ?3 \
    OR incarnation <> ?4 OR NOT EXISTS (SELECT 1 FROM events e WHERE e.stream = snapshots.stream \
    AND e.version = snapshots.version AND e.position = snapshots.position))";

const KEEP: &str = "INSERT INTO snapshots (stream, fingerprint, version, position, latest, incarnation, format, state) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING";

const PRUNE: &str = "DELETE FROM snapshots WHERE stream = ?1 AND id NOT IN \
    (SELECT id FROM snapshots WHERE stream = ?1 ORDER BY id DESC LIMIT ?2)";

impl SnapshotStore for SqliteStore {
    async fn snapshot(
        &self,
        stream: StreamName,
        fingerprint: Fingerprint,
    ) -> Result<Option<Snapshot>, StoreError> {
        self.read(move |reader| reader.snapshot(stream, fingerprint))
            .await
    }

    fn keep_snapshot(
        &self,
        snapshot: Snapshot,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        let bytes = snapshot.state.len();
        let sent = snapshot.check_size().and_then(|()| {
            self.beside_appends(bytes, move |conn| {
                keep(conn, &snapshot).map(|()| (Kept::Yes, ()))
            })
        });
        async move { sent?.await.unwrap_or(Err(StoreError::Closed)) }
    }

    async fn forget_snapshots(&self, stream: Option<StreamName>) -> Result<u64, StoreError> {
        self.on_writer(0, move |conn| {
            forget(conn, stream.as_ref()).map(|forgotten| (Kept::Yes, forgotten))
        })
        .await
    }
}

impl Reader {
    fn snapshot(
        &self,
        stream: StreamName,
        fingerprint: Fingerprint,
    ) -> Result<Option<Snapshot>, StoreError> {
        let read = || {
            let mut find = self.conn().prepare_cached(FIND)?;
            let of = params![stream.as_str(), fingerprint.0.cast_signed()];
            let found = find.query_row(of, |row| {
                Ok(Snapshot {
                    stream: stream.clone(),
                    version: Version(row.get::<_, i64>(0)?.unsigned_abs()),
                    position: Position(row.get::<_, i64>(1)?.unsigned_abs()),
                    latest: Timestamp::from_micros(row.get(2)?),
                    incarnation: Uuid::from_bytes(row.get(3)?),
                    fingerprint,
                    format: row.get::<_, String>(4)?.into(),
                    state: row.get(5)?,
                })
            });
            found.optional()
        };
        read().map_err(|error| self.failed(error))
    }
}

/// Keeps a snapshot, in the transaction that is open.
fn keep(conn: &Connection, snapshot: &Snapshot) -> rusqlite::Result<()> {
    let Snapshot {
        stream,
        version,
        position,
        latest,
        incarnation,
        fingerprint,
        format,
        state,
    } = snapshot;
    let (version, position) = (number(version.0), number(position.0));
    let fingerprint = fingerprint.0.cast_signed();
    let mut find = conn.prepare_cached(STREAM)?;
    let incarnation = incarnation.as_bytes();
    let of = params![stream.as_str(), version, position, incarnation];
    let found = find.query_row(of, |row| row.get::<_, i64>(0));
    let Some(stream) = found.optional()? else {
        return Ok(());
    };
    conn.prepare_cached(REPLACE)?
        .execute(params![stream, fingerprint, version, incarnation])?;
    conn.prepare_cached(KEEP)?.execute(params![
        stream,
        fingerprint,
        version,
        position,
        latest.as_micros(),
        incarnation,
        format,
        state
    ])?;
    conn.prepare_cached(PRUNE)?
        .execute(params![stream, FINGERPRINTS])?;
    Ok(())
}

/// Forgets snapshots, in the transaction that is open, and returns how many.
fn forget(conn: &Connection, stream: Option<&StreamName>) -> rusqlite::Result<u64> {
    let forgotten = match stream {
        Some(stream) => conn.execute(
            "DELETE FROM snapshots WHERE stream = (SELECT id FROM streams WHERE name = ?1)",
            [stream.as_str()],
        )?,
        None => conn.execute("DELETE FROM snapshots", [])?,
    };
    Ok(forgotten as u64)
}
