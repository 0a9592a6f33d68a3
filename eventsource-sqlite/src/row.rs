//! Rows of the table `events` as events, borrowed from SQLite's own memory.

use std::sync::Arc;

use eventsource_core::{EventRef, Placed, Position, StreamName, Timestamp, Version};
use rusqlite::types::{FromSql, Type, ValueRef};
use rusqlite::{Connection, Row};

/// The columns that [`event`] reads, in its order.
pub(crate) const COLUMNS: &str = "position, version, name, schema, format, recorded_at, metadata, payload, stream";

/// What rows refer to by a number: names, formats and streams. They never change, so they are kept once read.
pub(crate) struct Texts {
    names: Slots<Arc<str>>,
    formats: Slots<Arc<str>>,
    streams: Slots<StreamName>,
}

impl Texts {
    pub(crate) fn new() -> Self {
        Self { names: Slots::new(256), formats: Slots::new(16), streams: Slots::new(1024) }
    }

    /// Forgets everything; needed where a row that was read was not committed.
    pub(crate) fn forget(&mut self) {
        *self = Self::new();
    }
}

/// The event in a row of [`COLUMNS`]. The stream is looked up unless the caller knows it.
pub(crate) fn event<'a>(
    conn: &Connection,
    texts: &'a mut Texts,
    row: &'a Row<'_>,
    stream: Option<&'a StreamName>,
) -> rusqlite::Result<EventRef<'a>> {
    Ok(EventRef {
        position: Position(number(row, 0)?),
        version: Version(number(row, 1)?),
        name: texts.names.get(row.get(2)?, |id| name(conn, id))?,
        schema: row.get(3)?,
        format: texts.formats.get(row.get(4)?, |id| name(conn, id))?,
        recorded_at: Timestamp::from_micros(row.get(5)?),
        metadata: bytes(row, 6)?,
        payload: bytes(row, 7)?,
        stream: match stream {
            Some(stream) => stream,
            None => texts.streams.get(row.get(8)?, |id| stream_name(conn, id))?,
        },
    })
}

/// Where `count` records stand whose first is at `first`.
pub(crate) fn placed(conn: &Connection, first: i64, count: i64) -> rusqlite::Result<Vec<Placed>> {
    let mut statement = conn.prepare_cached(
        "SELECT position, version FROM events WHERE position >= ?1 AND position < ?1 + ?2 ORDER BY position",
    )?;
    let rows = statement.query_map([first, count], |row| {
        Ok(Placed { position: Position(number(row, 0)?), version: Version(number(row, 1)?) })
    })?;
    rows.collect()
}

/// A column that holds a number that is never negative.
pub(crate) fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let value: i64 = row.get(column)?;
    u64::try_from(value).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, value))
}

fn bytes<'a>(row: &'a Row<'_>, column: usize) -> rusqlite::Result<&'a [u8]> {
    match row.get_ref(column)? {
        ValueRef::Blob(bytes) => Ok(bytes),
        other => Err(rusqlite::Error::InvalidColumnType(column, "bytes".into(), other.data_type())),
    }
}

fn name(conn: &Connection, id: i64) -> rusqlite::Result<Arc<str>> {
    text(conn, "SELECT name FROM names WHERE id = ?1", id)
}

fn stream_name(conn: &Connection, id: i64) -> rusqlite::Result<StreamName> {
    let name: Arc<str> = text(conn, "SELECT name FROM streams WHERE id = ?1", id)?;
    StreamName::parse(&name).map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, error.into()))
}

fn text<T: FromSql>(conn: &Connection, sql: &str, id: i64) -> rusqlite::Result<T> {
    conn.prepare_cached(sql)?.query_row([id], |row| row.get(0))
}

/// A small cache: each number has one place where it can be.
struct Slots<T>(Box<[Option<(i64, T)>]>);

impl<T> Slots<T> {
    fn new(count: usize) -> Self {
        Self((0..count).map(|_| None).collect())
    }

    fn get(&mut self, id: i64, load: impl FnOnce(i64) -> rusqlite::Result<T>) -> rusqlite::Result<&T> {
        let index = usize::try_from(id.unsigned_abs()).unwrap_or(0) % self.0.len();
        let slot = &mut self.0[index];
        if slot.as_ref().is_none_or(|(held, _)| *held != id) {
            *slot = Some((id, load(id)?));
        }
        match slot {
            Some((_, value)) => Ok(value),
            None => Err(rusqlite::Error::QueryReturnedNoRows),
        }
    }
}
