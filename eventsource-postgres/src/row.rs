//! Rows of the table `events` as events, borrowed from the message that the server has sent.

use eventsource_core::{
    EventRef, Json, NewEvent, Placed, Position, StoreError, StreamName, TagList, Timestamp, Version,
};
use tokio_postgres::{Error, Row};

/// The columns that [`event`] reads, in its order.
pub(crate) const COLUMNS: &str = "e.position, e.version, e.name, e.schema, e.format, e.recorded_at, e.payload, e.metadata, e.tags";
/// The same and the stream, for [`show`].
pub(crate) const COLUMNS_AND_STREAM: &str = "e.position, e.version, e.name, e.schema, e.format, e.recorded_at, e.payload, e.metadata, e.tags, e.stream";

/// The schema version, and the format with it, that are stored as NULL.
const USUAL_SCHEMA: u32 = 1;

/// An event's schema version as a row has it.
pub(crate) fn schema(event: &NewEvent) -> Option<i64> {
    (event.schema != USUAL_SCHEMA).then_some(event.schema.into())
}

/// An event's format as a row has it.
pub(crate) fn format(event: &NewEvent) -> Option<&str> {
    Some(&*event.format).filter(|format| *format != Json::FORMAT)
}

/// The event in a row of [`COLUMNS`].
pub(crate) fn event<'a>(row: &'a Row, stream: &'a StreamName) -> Result<EventRef<'a>, Error> {
    let schema = match row.try_get::<_, Option<i64>>(3)? {
        Some(schema) => u32::try_from(schema).unwrap_or(u32::MAX),
        None => USUAL_SCHEMA,
    };
    Ok(EventRef {
        position: Position(number(row, 0)?),
        stream,
        version: Version(number(row, 1)?),
        name: row.try_get(2)?,
        schema,
        format: row.try_get::<_, Option<_>>(4)?.unwrap_or(Json::FORMAT),
        recorded_at: Timestamp::from_micros(row.try_get(5)?),
        payload: row.try_get(6)?,
        metadata: row.try_get::<_, Option<_>>(7)?.unwrap_or_default(),
        tags: TagList::from_stored(row.try_get::<_, Option<_>>(8)?.unwrap_or_default()),
    })
}

/// Where the events in rows of positions and versions stand.
pub(crate) fn placed(row: &Row) -> Result<Placed, Error> {
    Ok(Placed {
        position: Position(number(row, 0)?),
        version: Version(number(row, 1)?),
    })
}

fn number(row: &Row, column: usize) -> Result<u64, Error> {
    row.try_get(column).map(i64::unsigned_abs)
}

/// The names of streams that were met last: most rows are of few streams, and a name is checked once.
pub(crate) struct Names(Vec<Option<StreamName>>);

/// How many names are kept; a power of two.
const NAMES: usize = 256;

impl Names {
    pub(crate) fn new() -> Self {
        Self(vec![None; NAMES])
    }

    /// The stream of a row of [`COLUMNS_AND_STREAM`].
    pub(crate) fn of(&mut self, place: &str, row: &Row) -> Result<StreamName, StoreError> {
        let name: &str = row
            .try_get(9)
            .map_err(|error| crate::error::store_error(place, "reading events", error))?;
        let slot = &mut self.0[slot(name)];
        if let Some(known) = slot.as_ref().filter(|known| known.as_str() == name) {
            return Ok(known.clone());
        }
        let parsed = StreamName::parse(name).map_err(|error| StoreError::Damaged {
            place: place.into(),
            reason: format!(
                "event {}: {error}",
                row.try_get::<_, i64>(0).unwrap_or_default()
            ),
        })?;
        *slot = Some(parsed.clone());
        Ok(parsed)
    }
}

/// Where a name is kept: by its last bytes, in which the names of one kind differ.
fn slot(name: &str) -> usize {
    let hash = name.bytes().rev().take(16).fold(name.len(), |hash, byte| {
        hash.wrapping_mul(31) ^ usize::from(byte)
    });
    hash % NAMES
}
