//! Many events at once, from elsewhere: each chunk is copied to a temporary table first, without the lock, and then moved
//! by one statement, so that others wait for the server alone, and never for whoever brings the events.

use std::collections::HashMap;
use std::pin::pin;

use eventsource_core::{
    Append, AppendError, IdSource, Limits, ManyStreams, Position, RandomIds, Record, StoreError,
    TagList, Uuid,
};
use tokio::time::timeout;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Error, SimpleQueryMessage};

use crate::error::{backend, is_broken, store_error};
use crate::open::Shared;
use crate::options::{Durability, Statements};
use crate::row;
use crate::session::{Bound, Session};

/// The most events, and about the most bytes, of one chunk.
const CHUNK: usize = 2_000;
const CHUNK_BYTES: usize = 4 << 20;
/// How often a chunk is brought, where connections break.
const ATTEMPTS: u32 = 3;

/// What an import has stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Imported {
    /// How many events.
    pub events: u64,
    /// The position of the last one, or [`Position::START`] if there was none. Between them there may be events of others.
    pub last: Position,
}

/// Why an import has ended early.
#[derive(Debug, thiserror::Error)]
#[error("the import ended after {} events: {source}", .stored.events)]
pub struct ImportError {
    /// What is stored: this many of the records, from the first on.
    pub stored: Imported,
    /// Why no more are. An [`AppendError::Rejected`] names the record by its place in the whole import.
    pub source: AppendError,
}

const TABLE: &str = "CREATE TEMPORARY TABLE eventsource_import (ordinal bigint NOT NULL, place bigint NOT NULL, \
    stream text COLLATE \"C\" NOT NULL, name text NOT NULL, schema bigint, format text, \
    recorded_at bigint NOT NULL, payload bytea NOT NULL, metadata bytea, tags text) ON COMMIT DROP";
const INSERT: &str = "INSERT INTO pg_temp.eventsource_import SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const COPY: &str = "COPY pg_temp.eventsource_import FROM STDIN BINARY";
const COLUMNS: [Type; 10] = [
    Type::INT8,
    Type::INT8,
    Type::TEXT,
    Type::TEXT,
    Type::INT8,
    Type::TEXT,
    Type::INT8,
    Type::BYTEA,
    Type::BYTEA,
    Type::TEXT,
];

pub(crate) async fn import(
    shared: &Shared,
    records: impl Iterator<Item = Record> + Send,
) -> Result<Imported, ImportError> {
    let mut stored = Imported::default();
    let mut records = records.peekable();
    let mut session = None;
    while records.peek().is_some() {
        let (mut chunk, mut bytes) = (Append::across(), 0);
        while chunk.records().len() < CHUNK && bytes < CHUNK_BYTES {
            let Some(Record { stream, event }) = records.next() else {
                break;
            };
            bytes += event.size();
            chunk = chunk.record(stream, event);
        }
        match bring(shared, &mut session, &chunk, stored.events).await {
            Ok(last) => {
                stored.events += chunk.records().len() as u64;
                stored.last = last;
            }
            Err(source) => return Err(ImportError { stored, source }),
        }
    }
    Ok(stored)
}

/// Stores a chunk, once, also where its connection breaks.
async fn bring(
    shared: &Shared,
    slot: &mut Option<Session>,
    chunk: &Append<ManyStreams>,
    before: u64,
) -> Result<Position, AppendError> {
    // What one append may have does not bind an import.
    let limits = Limits {
        append: usize::MAX,
        records: usize::MAX,
        ..shared.options.limits
    };
    limits.check(chunk).map_err(|mut rejected| {
        rejected.index += usize::try_from(before).unwrap_or(usize::MAX);
        rejected
    })?;
    let key = RandomIds.fresh();
    let mut attempt = 1;
    loop {
        if shared.appends.is_closed() {
            return Err(StoreError::Closed.into());
        }
        let session = match slot.take() {
            Some(session) if !session.is_closed() => session,
            _ => shared.reconnect().await?,
        };
        let life = shared.life.identity().incarnation;
        let copied = timeout(
            shared.options.call_timeout,
            copy(shared, &session, chunk, key, life),
        )
        .await;
        let error = match copied {
            Ok(Ok(Some(last))) => {
                shared.tide.rise(life, last);
                *slot = Some(session);
                return Ok(last);
            }
            Ok(Ok(None)) => {
                shared.life.check(&session, &shared.tide).await?;
                *slot = Some(session);
                backend(
                    &shared.place,
                    "importing events",
                    "the store changes its life again and again",
                )
                .into()
            }
            Ok(Err(error)) if is_broken(&error) => AppendError::Unknown {
                reason: error.to_string(),
            },
            Ok(Err(error)) => {
                return Err(store_error(&shared.place, "importing events", error).into());
            }
            Err(_) => {
                session.abandon();
                AppendError::Unknown {
                    reason: "the server does not answer".into(),
                }
            }
        };
        if attempt >= ATTEMPTS {
            return Err(error);
        }
        attempt += 1;
    }
}

/// Brings a chunk in one transaction. `None` if the store is in another life.
async fn copy(
    shared: &Shared,
    session: &Session,
    chunk: &Append<ManyStreams>,
    key: Uuid,
    life: Uuid,
) -> Result<Option<Position>, Error> {
    session
        .execute(&format!("BEGIN ISOLATION LEVEL READ COMMITTED; {TABLE}"))
        .await?;
    let moved = match write(session, chunk, shared.options.statements).await {
        Ok(()) => move_over(shared, session, key, life).await,
        Err(error) => Err(error),
    };
    if moved.is_err() && !session.is_closed() {
        let _ = session.execute("ROLLBACK").await;
    }
    moved
}

/// Puts a chunk into the temporary table.
async fn write(
    session: &Session,
    chunk: &Append<ManyStreams>,
    statements: Statements,
) -> Result<(), Error> {
    let mut places = HashMap::new();
    let rows = (1_i64..).zip(chunk.records()).map(|(ordinal, record)| {
        let place = places.entry(record.stream.as_str()).or_insert(0_i64);
        *place += 1;
        Line::of(record, ordinal, *place)
    });
    match statements {
        Statements::Named => copy_in(session, rows).await,
        // The driver names each statement that copies, also for a pooler that takes none.
        Statements::Unnamed => insert(session, rows.collect()).await,
    }
}

/// A row of the temporary table.
struct Line<'a> {
    ordinal: i64,
    place: i64,
    stream: &'a str,
    name: &'a str,
    schema: Option<i64>,
    format: Option<&'a str>,
    recorded_at: i64,
    payload: &'a [u8],
    metadata: Option<&'a [u8]>,
    tags: Option<String>,
}

impl<'a> Line<'a> {
    fn of(Record { stream, event }: &'a Record, ordinal: i64, place: i64) -> Self {
        Self {
            ordinal,
            place,
            stream: stream.as_str(),
            name: &event.name,
            schema: row::schema(event),
            format: row::format(event),
            recorded_at: event.recorded_at.as_micros(),
            payload: &event.payload,
            metadata: Some(&*event.metadata).filter(|metadata| !metadata.is_empty()),
            tags: (!event.tags.is_empty()).then(|| TagList::store(&event.tags)),
        }
    }
}

async fn copy_in(session: &Session, lines: impl Iterator<Item = Line<'_>>) -> Result<(), Error> {
    let sink = session.client().copy_in(COPY).await?;
    let mut rows = pin!(BinaryCopyInWriter::new(sink, &COLUMNS));
    for line in lines {
        let row: [&(dyn ToSql + Sync); 10] = [
            &line.ordinal,
            &line.place,
            &line.stream,
            &line.name,
            &line.schema,
            &line.format,
            &line.recorded_at,
            &line.payload,
            &line.metadata,
            &line.tags,
        ];
        rows.as_mut().write(&row).await?;
    }
    rows.finish().await?;
    Ok(())
}

async fn insert(session: &Session, lines: Vec<Line<'_>>) -> Result<(), Error> {
    fn column<'l, T>(lines: &'l [Line<'l>], value: impl Fn(&'l Line<'l>) -> T) -> Vec<T> {
        lines.iter().map(value).collect()
    }
    let bound: [Bound<'_>; 10] = [
        (&column(&lines, |line| line.ordinal), Type::INT8_ARRAY),
        (&column(&lines, |line| line.place), Type::INT8_ARRAY),
        (&column(&lines, |line| line.stream), Type::TEXT_ARRAY),
        (&column(&lines, |line| line.name), Type::TEXT_ARRAY),
        (&column(&lines, |line| line.schema), Type::INT8_ARRAY),
        (&column(&lines, |line| line.format), Type::TEXT_ARRAY),
        (&column(&lines, |line| line.recorded_at), Type::INT8_ARRAY),
        (&column(&lines, |line| line.payload), Type::BYTEA_ARRAY),
        (&column(&lines, |line| line.metadata), Type::BYTEA_ARRAY),
        (
            &column(&lines, |line| line.tags.as_deref()),
            Type::TEXT_ARRAY,
        ),
    ];
    session.row(INSERT, &bound).await.map(|_| ())
}

/// Takes the lock, moves the chunk and commits, in one message: nothing here is waited for under the lock.
async fn move_over(
    shared: &Shared,
    session: &Session,
    key: Uuid,
    life: Uuid,
) -> Result<Option<Position>, Error> {
    let options = &shared.options;
    let patience = match options.statements {
        Statements::Named => "NULL".to_owned(),
        Statements::Unnamed => format!("'{}ms'", options.lock_timeout.as_millis()),
    };
    let durable = options.durability == Durability::Full;
    let server = session.server_micros();
    let sql = shared.reads.put_into(&format!(
        "SELECT o_life, o_last FROM {{schema}}.import_v1({patience}, {durable}, \
         timestamptz 'epoch' + interval '1 microsecond' * {server}, '{life}', '{key}'); COMMIT"
    ));
    let answers = session.client().simple_query(&sql).await?;
    let row = answers.iter().find_map(|answer| match answer {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    let column = |number| row.and_then(|row| row.get(number));
    let last = column(1).and_then(|last| last.parse().ok());
    Ok(column(0).and(last).map(Position))
}
