//! Rows of the table `events` as events, borrowed from SQLite's own memory.

use eventsource_core::{EventRef, Placed, Position, StreamName, TagList, Timestamp, Version};
use rusqlite::types::{Type, ValueRef};
use rusqlite::{Connection, Row};

/// The columns that [`event`] reads, in its order.
pub(crate) const COLUMNS: &str = "position, version, shape, recorded_at, metadata, payload, tags";
/// The same and the stream, for [`event_of_any_stream`].
pub(crate) const COLUMNS_AND_STREAM: &str =
    "position, version, shape, recorded_at, metadata, payload, tags, stream";

/// What rows refer to by a number. It never changes, so it is kept once read.
pub(crate) struct Texts {
    shapes: Slots<Shape, 256>,
    streams: Slots<StreamName, 1024>,
}

struct Shape {
    name: Box<str>,
    schema: u32,
    format: Box<str>,
}

impl Texts {
    pub(crate) fn new() -> Self {
        Self {
            shapes: Slots::new(),
            streams: Slots::new(),
        }
    }

    /// Forgets everything; needed where a row that was read was not committed.
    pub(crate) fn forget(&mut self) {
        *self = Self::new();
    }
}

/// The event in a row of [`COLUMNS`].
pub(crate) fn event<'a>(
    conn: &Connection,
    texts: &'a mut Texts,
    row: &'a Row<'_>,
    stream: &'a StreamName,
) -> rusqlite::Result<EventRef<'a>> {
    let shape = texts.shapes.get(row.get(2)?, |id| shape(conn, id))?;
    Ok(EventRef {
        position: Position(number(row, 0)?),
        stream,
        version: Version(number(row, 1)?),
        name: &shape.name,
        schema: shape.schema,
        format: &shape.format,
        payload: bytes(row, 5)?,
        metadata: bytes(row, 4)?,
        recorded_at: Timestamp::from_micros(row.get(3)?),
        tags: tags(row, 6)?,
    })
}

/// Shows the event in a row of [`COLUMNS_AND_STREAM`].
pub(crate) fn event_of_any_stream<T>(
    conn: &Connection,
    texts: &mut Texts,
    row: &Row<'_>,
    show: impl FnOnce(EventRef<'_>) -> T,
) -> rusqlite::Result<T> {
    // A clone is a counter's increment, and frees `texts` for the shape.
    let stream = texts
        .streams
        .get(row.get(7)?, |id| stream_name(conn, id))?
        .clone();
    Ok(show(event(conn, texts, row, &stream)?))
}

/// Where `count` records stand whose first is at `first`.
pub(crate) fn placed(conn: &Connection, first: i64, count: i64) -> rusqlite::Result<Vec<Placed>> {
    let mut statement = conn.prepare_cached(
        "SELECT position, version FROM events WHERE position >= ?1 AND position < ?1 + ?2 ORDER BY position",
    )?;
    let rows = statement.query_map([first, count], |row| {
        Ok(Placed {
            position: Position(number(row, 0)?),
            version: Version(number(row, 1)?),
        })
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
        ValueRef::Null => Ok(&[]),
        other => Err(rusqlite::Error::InvalidColumnType(
            column,
            "bytes".into(),
            other.data_type(),
        )),
    }
}

fn tags<'a>(row: &'a Row<'_>, column: usize) -> rusqlite::Result<TagList<'a>> {
    let text = row.get_ref(column)?.as_str_or_null()?;
    Ok(TagList::from_stored(text.unwrap_or_default()))
}

fn shape(conn: &Connection, id: i64) -> rusqlite::Result<Shape> {
    let mut statement = conn.prepare_cached(
        "SELECT names.name, schema, format FROM shapes JOIN names ON names.id = shapes.name WHERE shapes.id = ?1",
    )?;
    statement.query_row([id], |row| {
        Ok(Shape {
            name: row.get(0)?,
            schema: row.get(1)?,
            format: row.get(2)?,
        })
    })
}

fn stream_name(conn: &Connection, id: i64) -> rusqlite::Result<StreamName> {
    let mut statement = conn.prepare_cached("SELECT name FROM streams WHERE id = ?1")?;
    let name: Box<str> = statement.query_row([id], |row| row.get(0))?;
    StreamName::parse(&name)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, error.into()))
}

/// A small cache of `COUNT` places, a power of two: each number has one place where it can be.
struct Slots<T, const COUNT: usize>(Vec<Option<(i64, T)>>);

impl<T, const COUNT: usize> Slots<T, COUNT> {
    fn new() -> Self {
        Self((0..COUNT).map(|_| None).collect())
    }

    fn get(
        &mut self,
        id: i64,
        load: impl FnOnce(i64) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<&T> {
        let index = usize::try_from(id.unsigned_abs() % COUNT as u64).unwrap_or(0);
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
