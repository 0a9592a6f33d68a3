//! Snapshots. One task of the store writes them, one after the other, on a connection of those that read; appends are
//! not touched.

use std::collections::VecDeque;
use std::future::Future;
use std::ops::ControlFlow;

use eventsource_core::{
    Fingerprint, Position, Snapshot, SnapshotStore, StoreError, StreamName, Timestamp, Version,
};
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_postgres::types::Type;

use crate::checks::number;
use crate::error::{backend, store_error};
use crate::open::Shared;
use crate::page::Reader;
use crate::queue::Refused;
use crate::session::Bound;
use crate::store::PostgresStore;

/// What makes the table.
pub(crate) const TABLE: &str = include_str!("sql/snapshots.sql");

/// How many snapshots may wait to be written.
pub(crate) const WAITING: usize = 64;

const FIND: &str = "SELECT s.version, s.position, s.latest, s.incarnation, s.format, s.state \
    FROM {schema}.snapshots s JOIN {schema}.meta m ON m.incarnation = s.incarnation \
    JOIN {schema}.events e ON e.stream = s.stream AND e.version = s.version AND e.position = s.position \
    WHERE s.stream = $1 AND s.fingerprint = $2";

/// Keeps a snapshot whose last event is where it says. What is there is replaced if it is no newer one, or cannot be used
/// any more. Of the other fingerprints the one that was kept last stays.
const KEEP: &str = "WITH kept AS (\
        INSERT INTO {schema}.snapshots AS s \
            (stream, fingerprint, version, position, latest, incarnation, format, state, kept_at) \
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, clock_timestamp() \
        FROM {schema}.meta m JOIN {schema}.events e ON e.stream = $1 AND e.version = $3 AND e.position = $4 \
        WHERE m.incarnation = $6 \
        ON CONFLICT (stream, fingerprint) DO UPDATE SET (version, position, latest, incarnation, format, state, kept_at) = \
            (excluded.version, excluded.position, excluded.latest, excluded.incarnation, excluded.format, \
            excluded.state, excluded.kept_at) \
        WHERE s.version <= excluded.version OR s.incarnation <> excluded.incarnation OR NOT EXISTS (\
            SELECT FROM {schema}.events e WHERE e.stream = s.stream AND e.version = s.version AND e.position = s.position) \
        RETURNING 1) \
    DELETE FROM {schema}.snapshots o WHERE o.stream = $1 AND o.fingerprint <> $2 AND EXISTS (SELECT FROM kept) \
        AND o.fingerprint NOT IN (SELECT n.fingerprint FROM {schema}.snapshots n \
            WHERE n.stream = $1 AND n.fingerprint <> $2 ORDER BY n.kept_at DESC LIMIT 1)";

const FORGET: &str = "WITH gone AS (DELETE FROM {schema}.snapshots WHERE $1::text IS NULL OR stream = $1 RETURNING 1) \
    SELECT count(*) FROM gone";

/// A snapshot that waits, and who waits for it, if anybody does.
pub(crate) struct Keeping {
    snapshot: Snapshot,
    reply: oneshot::Sender<Result<(), StoreError>>,
}

impl SnapshotStore for PostgresStore {
    async fn snapshot(
        &self,
        stream: StreamName,
        fingerprint: Fingerprint,
    ) -> Result<Option<Snapshot>, StoreError> {
        self.within(find(self.shared(), stream, fingerprint)).await
    }

    fn keep_snapshot(
        &self,
        snapshot: Snapshot,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        let (reply, answer) = oneshot::channel();
        let sent = snapshot.check_size().and_then(|()| {
            let pushed = self.shared().snapshots.push(Keeping { snapshot, reply });
            pushed.map_err(|refused| match refused {
                Refused::Full { waiting } => StoreError::Overloaded { waiting },
                Refused::Closed => StoreError::Closed,
            })
        });
        async move {
            sent?;
            answer.await.unwrap_or(Err(StoreError::Closed))
        }
    }

    async fn forget_snapshots(&self, stream: Option<StreamName>) -> Result<u64, StoreError> {
        self.within(forget(self.shared(), stream)).await
    }
}

/// The task that writes: until the store is closed and nothing is left.
pub(crate) async fn run(shared: &Shared) {
    let mut waiting = VecDeque::new();
    while shared.snapshots.wait().await {
        shared.snapshots.drain(&mut waiting);
        for Keeping { snapshot, reply } in waiting.drain(..) {
            let kept = keep(shared, &snapshot).await;
            if let Err(error) = &kept {
                tracing::debug!(%error, stream = %snapshot.stream, "a snapshot was not kept");
            }
            // Who does not listen any more has dropped the future.
            let _ = reply.send(kept);
            shared.snapshots.done(1);
        }
    }
}

async fn find(
    shared: &Shared,
    stream: StreamName,
    fingerprint: Fingerprint,
) -> Result<Option<Snapshot>, StoreError> {
    let sql = shared.reads.put_into(FIND);
    let (name, number) = (stream.as_str(), fingerprint.0.cast_signed());
    let bound: [Bound<'_>; 2] = [(&name, Type::TEXT), (&number, Type::INT8)];
    let mut reader = Reader::new(shared).await?;
    loop {
        let mut found = None;
        let page = reader.page(&sql, &bound, |row| {
            let mut read = || {
                found = Some(Snapshot {
                    stream: stream.clone(),
                    version: Version(row.try_get::<_, i64>(0)?.unsigned_abs()),
                    position: Position(row.try_get::<_, i64>(1)?.unsigned_abs()),
                    latest: Timestamp::from_micros(row.try_get(2)?),
                    incarnation: row.try_get(3)?,
                    fingerprint,
                    format: row.try_get::<_, String>(4)?.into(),
                    state: row.try_get(5)?,
                });
                Ok(ControlFlow::Continue(()))
            };
            read().map_err(|error| reader.unreadable(error))
        });
        match page.await.failure {
            None => return Ok(found),
            Some(failure) => reader.again(failure, false).await?,
        }
    }
}

async fn keep(shared: &Shared, snapshot: &Snapshot) -> Result<(), StoreError> {
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
    let stream = stream.as_str();
    let (version, position) = (number(version.0), number(position.0));
    let (latest, fingerprint) = (latest.as_micros(), fingerprint.0.cast_signed());
    let bound: [Bound<'_>; 8] = [
        (&stream, Type::TEXT),
        (&fingerprint, Type::INT8),
        (&version, Type::INT8),
        (&position, Type::INT8),
        (&latest, Type::INT8),
        (incarnation, Type::UUID),
        (format, Type::TEXT),
        (state, Type::BYTEA),
    ];
    ask(shared, KEEP, &bound, "keeping a snapshot")
        .await
        .map(|_| ())
}

async fn forget(shared: &Shared, stream: Option<StreamName>) -> Result<u64, StoreError> {
    let doing = "forgetting snapshots";
    let stream = stream.as_ref().map(StreamName::as_str);
    let row = ask(shared, FORGET, &[(&stream, Type::TEXT)], doing).await?;
    let count = row.map_or(Ok(0), |row| row.try_get::<_, i64>(0));
    let count = count.map_err(|error| store_error(&shared.place, doing, error))?;
    Ok(count.unsigned_abs())
}

async fn ask(
    shared: &Shared,
    sql: &str,
    bound: &[Bound<'_>],
    doing: &str,
) -> Result<Option<tokio_postgres::Row>, StoreError> {
    let reading = shared.pool.get().await?;
    let sql = shared.reads.put_into(sql);
    let answer = reading.session().row(&sql, bound);
    match timeout(shared.options.call_timeout, answer).await {
        Ok(answer) => answer.map_err(|error| store_error(&shared.place, doing, error)),
        Err(_) => {
            reading.session().abandon();
            Err(backend(&shared.place, doing, "the server does not answer"))
        }
    }
}
