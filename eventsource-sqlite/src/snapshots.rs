//! Snapshots. They are written by the writer's thread, in one commit with the appends that wait.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use eventsource_core::{
    AppendError, Fingerprint, Position, Snapshot, SnapshotStore, StoreError, StreamName, Timestamp,
    Version,
};
use rusqlite::{Connection, OptionalExtension, params};
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::life::Life;
use crate::query::number;
use crate::queue::Refused;
use crate::reader::Reader;
use crate::store::SqliteStore;
use crate::writer::{Request, Work};

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

/// The stream, if it has the event that is a snapshot's last.
const STREAM: &str = "SELECT e.stream FROM events e WHERE e.stream = (SELECT id FROM streams WHERE name = ?1) \
    AND e.version = ?2 AND e.position = ?3";

/// Makes room for a newer one; what cannot be used any more is no newer one, whatever its version.
const REPLACE: &str = "DELETE FROM snapshots WHERE stream = ?1 AND fingerprint = ?2 AND (version <= ?3 \
    OR incarnation <> ?4 OR NOT EXISTS (SELECT 1 FROM events e WHERE e.stream = snapshots.stream \
    AND e.version = snapshots.version AND e.position = snapshots.position))";

const KEEP: &str = "INSERT INTO snapshots (stream, fingerprint, version, position, latest, incarnation, format, state) \
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING";

const PRUNE: &str = "DELETE FROM snapshots WHERE stream = ?1 AND id NOT IN \
    (SELECT id FROM snapshots WHERE stream = ?1 ORDER BY id DESC LIMIT ?2)";

/// What is to be forgotten, and how much it was.
#[derive(Clone)]
pub(crate) struct Forgetting {
    stream: Option<StreamName>,
    count: Arc<AtomicU64>,
}

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
        let sent = snapshot
            .check_size()
            .and_then(|()| self.send(Work::Keep(Box::new(snapshot)), bytes));
        async move { answered(sent?).await }
    }

    async fn forget_snapshots(&self, stream: Option<StreamName>) -> Result<u64, StoreError> {
        let forgetting = Forgetting {
            stream,
            count: Arc::default(),
        };
        answered(self.send(Work::Forget(forgetting.clone()), 0)?).await?;
        Ok(forgetting.count.load(Ordering::Relaxed))
    }
}

type Answer = oneshot::Receiver<crate::ledger::Verdict>;

impl SqliteStore {
    /// Asks the writer, unless it has much to do: a snapshot takes the place of no append.
    fn send(&self, work: Work, bytes: usize) -> Result<Answer, StoreError> {
        let (reply, answer) = oneshot::channel();
        let request = Request { work, bytes, reply };
        let sent = self.shared().appends.push_below_half(request);
        sent.map(|()| answer).map_err(|refused| match refused {
            Refused::Full { waiting } => StoreError::Overloaded { waiting },
            Refused::Closed => StoreError::Closed,
        })
    }
}

async fn answered(answer: Answer) -> Result<(), StoreError> {
    match answer.await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(AppendError::Store(error))) => Err(error),
        Ok(Err(other)) => Err(StoreError::Backend {
            doing: "keeping a snapshot".into(),
            source: Box::new(other),
        }),
        Err(_) => Err(StoreError::Closed),
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
pub(crate) fn keep(conn: &Connection, life: &Life, snapshot: &Snapshot) -> rusqlite::Result<()> {
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
    let found = find.query_row(params![stream.as_str(), version, position], |row| {
        row.get::<_, i64>(0)
    });
    let Some(stream) = found.optional()? else {
        return Ok(());
    };
    if *incarnation != life.identity.incarnation {
        return Ok(());
    }
    let incarnation = incarnation.as_bytes();
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

/// Forgets snapshots, in the transaction that is open.
pub(crate) fn forget(conn: &Connection, forgetting: &Forgetting) -> rusqlite::Result<()> {
    let forgotten = match &forgetting.stream {
        Some(stream) => conn.execute(
            "DELETE FROM snapshots WHERE stream = (SELECT id FROM streams WHERE name = ?1)",
            [stream.as_str()],
        )?,
        None => conn.execute("DELETE FROM snapshots", [])?,
    };
    forgetting.count.store(forgotten as u64, Ordering::Relaxed);
    Ok(())
}
