//! What the writer does inside a transaction: it judges an append, then inserts its records.

use std::collections::HashMap;

use eventsource_core::{
    Append, AppendError, Appended, Check, Conflict, Key, MISSED_BYTES, MISSED_LIMIT, NewEvent,
    Placed, Position, Query, Record, Stamp, StampPlace, StoreError, StoredEvent, StreamCheck,
    StreamName, TagList, Version,
};
use rusqlite::{Connection, OptionalExtension, Statement, params};
use uuid::Uuid;

use crate::error::backend;
use crate::life::{self, Life};
use crate::query::{self, Positions};
use crate::row::{self, COLUMNS, Texts};

/// How many streams and names are remembered.
const REMEMBERED: usize = 16_384;
/// How many schemas and formats are remembered for a name.
const SHAPES_REMEMBERED: usize = 16;

/// An append of any reach.
pub(crate) trait Judged: Send + Sync {
    fn records(&self) -> &[Record];
    fn checks(&self) -> &[Check];
    fn kept_key(&self) -> Option<&Key>;
    fn stamp(&self) -> Option<Stamp<'_>>;
    fn expected_incarnation(&self) -> Option<Uuid>;
}

impl<Reach: Send + Sync> Judged for Append<Reach> {
    fn records(&self) -> &[Record] {
        self.records()
    }

    fn checks(&self) -> &[Check] {
        self.checks()
    }

    fn kept_key(&self) -> Option<&Key> {
        self.kept_key()
    }

    fn stamp(&self) -> Option<Stamp<'_>> {
        self.stamp()
    }

    fn expected_incarnation(&self) -> Option<Uuid> {
        self.expected_incarnation()
    }
}

/// The verdict on an append, once its transaction is committed.
pub(crate) type Verdict = Result<Appended, AppendError>;

/// The writer's statements, and what it remembers of the tables while nobody else writes to them.
pub(crate) struct Ledger<'c> {
    conn: &'c Connection,
    texts: Texts,
    /// Says whether another connection has committed since it was read last.
    data_version: i64,
    head: i64,
    life: Life,
    streams: HashMap<StreamName, Stream>,
    names: HashMap<Box<str>, Name>,
    read_data_version: Statement<'c>,
    read_head: Statement<'c>,
    find_stream: Statement<'c>,
    add_stream: Statement<'c>,
    find_name: Statement<'c>,
    add_name: Statement<'c>,
    find_shape: Statement<'c>,
    add_shape: Statement<'c>,
    add_event: Statement<'c>,
    add_tag: Statement<'c>,
    find_key: Statement<'c>,
    add_key: Statement<'c>,
}

#[derive(Clone, Copy)]
struct Stream {
    id: i64,
    version: i64,
}

struct Name {
    id: i64,
    /// Schema, format, and the number of the shape.
    shapes: Vec<(u32, Box<str>, i64)>,
}

impl<'c> Ledger<'c> {
    pub(crate) fn new(conn: &'c Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            conn,
            texts: Texts::new(),
            data_version: -1,
            head: 0,
            life: life::life(conn)?,
            streams: HashMap::new(),
            names: HashMap::new(),
            read_data_version: conn.prepare("PRAGMA data_version")?,
            read_head: conn.prepare(HEAD)?,
            find_stream: conn.prepare(
                "SELECT id, (SELECT max(version) FROM events WHERE stream = streams.id) FROM streams WHERE name = ?1",
            )?,
            add_stream: conn.prepare("INSERT INTO streams (name) VALUES (?1)")?,
            find_name: conn.prepare("SELECT id FROM names WHERE name = ?1")?,
            add_name: conn.prepare("INSERT INTO names (name) VALUES (?1)")?,
            find_shape: conn.prepare("SELECT id FROM shapes WHERE name = ?1 AND schema = ?2 AND format = ?3")?,
            add_shape: conn.prepare("INSERT INTO shapes (name, schema, format) VALUES (?1, ?2, ?3)")?,
            add_event: conn.prepare(
                "INSERT INTO events (position, stream, version, name, shape, recorded_at, metadata, payload, tags, stamp) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?,
            // An event may come with the same tag twice.
            add_tag: conn.prepare("INSERT INTO tags (tag, position, name) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")?,
            find_key: conn.prepare("SELECT digest, position, count FROM keys WHERE id = ?1")?,
            add_key: conn.prepare(
                "INSERT INTO keys (id, digest, position, count) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
            )?,
        })
    }

    /// To be called first in every transaction: forgets what another process may have changed.
    pub(crate) fn begin(&mut self) -> rusqlite::Result<()> {
        let data_version = self.read_data_version.query_row([], |row| row.get(0))?;
        if data_version != self.data_version {
            self.forget();
            self.head = self.read_head.query_row([], |row| row.get(0))?;
            self.life = life::life(self.conn)?;
            self.data_version = data_version;
        }
        if self.streams.len() > REMEMBERED || self.names.len() > REMEMBERED {
            self.streams.clear();
            self.names.clear();
        }
        Ok(())
    }

    /// To be called after a transaction that was not committed.
    pub(crate) fn forget(&mut self) {
        self.data_version = -1;
        self.streams.clear();
        self.names.clear();
        self.texts.forget();
    }

    /// The position of the last event, as this transaction sees it.
    pub(crate) fn head(&self) -> Position {
        Position(self.head.unsigned_abs())
    }

    /// The life that the store is in, as this transaction sees it.
    pub(crate) fn life(&self) -> &Life {
        &self.life
    }

    /// Judges an append, and makes it if nothing speaks against it.
    ///
    /// A refusal has written nothing. After an error the transaction must be rolled back.
    pub(crate) fn append(&mut self, append: &dyn Judged) -> rusqlite::Result<Verdict> {
        if let Some(known) = append.expected_incarnation()
            && let Err(other) = self.life.identity.check_incarnation(known)
        {
            return Ok(Err(other.into()));
        }
        // A key that was used answers before the checks do. It is looked up by inserting it, which costs one search of
        // the table instead of two; only if a check fails, nothing may be inserted.
        let refusal = match self.judge(append.checks()) {
            // A query that SQLite does not take. Nothing was written for this append, so only it is refused.
            Err(error) if is_too_much(&error) => {
                Some(backend("the store", "checking a query", error).into())
            }
            judged => judged?,
        };
        if let Some(key) = append.kept_key() {
            let records = append.records().len();
            let is_new = refusal.is_none() && records > 0 && self.add_key(key, records)?;
            if !is_new && let Some(earlier) = self.earlier(key)? {
                return Ok(earlier);
            }
        }
        let stamp = append.stamp();
        if let Some(refusal) = refusal {
            let earlier = match stamp {
                Some(stamp) => self.stamped(stamp, append.records().len())?,
                None => None,
            };
            return Ok(earlier.ok_or(refusal));
        }
        let mut stamp = stamp.map(|stamp| stamp.id);
        let placed = append
            .records()
            .iter()
            .map(|record| self.add(record, stamp.take()))
            .collect::<rusqlite::Result<_>>()?;
        Ok(Ok(Appended {
            placed,
            repeated: false,
        }))
    }

    fn add_key(&mut self, key: &Key, records: usize) -> rusqlite::Result<bool> {
        let added = self.add_key.execute(params![
            key.id.as_bytes(),
            key.digest.as_bytes(),
            self.head + 1,
            query::number(records as u64)
        ])?;
        Ok(added == 1)
    }

    /// The answer to an append whose key is there already.
    fn earlier(&mut self, key: &Key) -> rusqlite::Result<Option<Verdict>> {
        let read =
            |row: &rusqlite::Row<'_>| Ok((row.get::<_, [u8; 16]>(0)?, row.get(1)?, row.get(2)?));
        let Some((digest, first, count)) = self
            .find_key
            .query_row([key.id.as_bytes()], read)
            .optional()?
        else {
            return Ok(None);
        };
        if digest != *key.digest.as_bytes() {
            return Ok(Some(Err(AppendError::KeyReused)));
        }
        Ok(Some(Ok(Appended {
            placed: row::placed(self.conn, first, count)?,
            repeated: true,
        })))
    }

    /// The answer to an append whose first event is there already.
    fn stamped(&mut self, stamp: Stamp<'_>, records: usize) -> rusqlite::Result<Option<Appended>> {
        let first = match stamp.place {
            StampPlace::Version(stream, version) => match self.stream(stream)? {
                Some(Stream { id, .. }) => self
                    .conn
                    .prepare_cached(
                        "SELECT position FROM events WHERE stream = ?1 AND version = ?2",
                    )?
                    .query_row([id, query::number(version.0)], |row| row.get(0))
                    .optional()?,
                None => None,
            },
            StampPlace::FirstMatch { query, after, .. } => self.first_that_matches(query, after)?,
        };
        let Some(first) = first else {
            return Ok(None);
        };
        let is_own = self
            .conn
            .prepare_cached("SELECT 1 FROM events WHERE position = ?1 AND stamp = ?2")?
            .exists(params![first, stamp.id.as_bytes()])?;
        if !is_own {
            return Ok(None);
        }
        Ok(Some(Appended {
            placed: row::placed(self.conn, first, query::number(records as u64))?,
            repeated: true,
        }))
    }

    fn judge(&mut self, checks: &[Check]) -> rusqlite::Result<Option<AppendError>> {
        for check in checks {
            let refusal = match check {
                Check::Stream(check) => self.judge_stream(check)?,
                Check::NothingMatches { query, after } => self.judge_boundary(query, *after)?,
            };
            if refusal.is_some() {
                return Ok(refusal);
            }
        }
        Ok(None)
    }

    fn judge_stream(&mut self, check: &StreamCheck) -> rusqlite::Result<Option<AppendError>> {
        let stream = self.stream(check.stream())?;
        let actual = Version(stream.map_or(0, |stream| stream.version.unsigned_abs()));
        if check.holds(actual) {
            return Ok(None);
        }
        let missed = actual.0.saturating_sub(check.seen().0);
        let missed = match stream {
            Some(stream) if missed <= MISSED_LIMIT as u64 => self.missed(check, stream)?,
            _ => Vec::new(),
        };
        Ok(Some(conflict(Conflict::Stream {
            check: check.clone(),
            actual,
            missed,
        })))
    }

    fn missed(
        &mut self,
        check: &StreamCheck,
        stream: Stream,
    ) -> rusqlite::Result<Vec<StoredEvent>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM events WHERE stream = ?1 AND version > ?2 ORDER BY version"
        );
        let mut statement = self.conn.prepare_cached(&sql)?;
        let mut rows = statement.query([stream.id, query::number(check.seen().0)])?;
        let (mut missed, mut bytes) = (Vec::new(), 0);
        while let Some(row) = rows.next()? {
            let event = row::event(self.conn, &mut self.texts, row, check.stream())?.to_stored();
            bytes += event.size();
            if bytes > MISSED_BYTES {
                return Ok(Vec::new());
            }
            missed.push(event);
        }
        Ok(missed)
    }

    fn judge_boundary(
        &mut self,
        query: &Query,
        after: Position,
    ) -> rusqlite::Result<Option<AppendError>> {
        if after >= self.head() {
            let head = self.head();
            return Ok((after > head).then(|| StoreError::BeyondHead { asked: after, head }.into()));
        }
        let first = self.first_that_matches(query, after)?;
        Ok(first.map(|position| {
            conflict(Conflict::Boundary {
                query: query.clone(),
                position: Position(position.unsigned_abs()),
            })
        }))
    }

    /// The position of the first event after this one that matches.
    fn first_that_matches(&self, query: &Query, after: Position) -> rusqlite::Result<Option<i64>> {
        if after >= self.head() {
            return Ok(None);
        }
        let Some(arms) = query::arms(query) else {
            return Ok(Some(query::number(after.0) + 1));
        };
        let mut first = None;
        for arm in arms {
            let found = self.first_match(&Positions::of(&[arm]), after)?;
            first = first.into_iter().chain(found).min();
        }
        Ok(first)
    }

    fn first_match(
        &self,
        positions: &Positions<'_>,
        after: Position,
    ) -> rusqlite::Result<Option<i64>> {
        let mut statement = self.conn.prepare_cached(positions.sql())?;
        positions.bind(&mut statement, query::number(after.0), self.head, 1)?;
        let mut rows = statement.raw_query();
        rows.next()?.map(|row| row.get(0)).transpose()
    }

    fn add(&mut self, record: &Record, stamp: Option<Uuid>) -> rusqlite::Result<Placed> {
        let Record {
            stream: name,
            event,
        } = record;
        let Stream { id, version } = match self.stream(name)? {
            Some(stream) => stream,
            None => Stream {
                id: self.add_stream.insert([name.as_str()])?,
                version: 0,
            },
        };
        let (position, version) = (self.head + 1, version + 1);
        self.add_event(position, id, version, event, stamp)?;
        self.head = position;
        self.streams.insert(name.clone(), Stream { id, version });
        Ok(Placed {
            position: self.head(),
            version: Version(version.unsigned_abs()),
        })
    }

    fn add_event(
        &mut self,
        position: i64,
        stream: i64,
        version: i64,
        event: &NewEvent,
        stamp: Option<Uuid>,
    ) -> rusqlite::Result<()> {
        let (name, shape) = self.shape(event)?;
        let metadata = Some(&*event.metadata).filter(|metadata| !metadata.is_empty());
        let tags = TagList::store(&event.tags);
        let tags = Some(tags).filter(|tags| !tags.is_empty());
        self.add_event.execute(params![
            position,
            stream,
            version,
            name,
            shape,
            event.recorded_at.as_micros(),
            metadata,
            event.payload,
            tags,
            stamp.as_ref().map(Uuid::as_bytes),
        ])?;
        for tag in &event.tags {
            self.add_tag
                .execute(params![tag.as_str(), position, name])?;
        }
        Ok(())
    }

    fn stream(&mut self, name: &StreamName) -> rusqlite::Result<Option<Stream>> {
        if let Some(stream) = self.streams.get(name) {
            return Ok(Some(*stream));
        }
        let read = |row: &rusqlite::Row<'_>| {
            Ok(Stream {
                id: row.get(0)?,
                version: row.get::<_, Option<i64>>(1)?.unwrap_or(0),
            })
        };
        let found = self
            .find_stream
            .query_row([name.as_str()], read)
            .optional()?;
        if let Some(stream) = found {
            self.streams.insert(name.clone(), stream);
        }
        Ok(found)
    }

    /// The numbers of an event's stored name and of its shape.
    fn shape(&mut self, event: &NewEvent) -> rusqlite::Result<(i64, i64)> {
        let is_it = |(schema, format, _): &&(u32, Box<str>, i64)| {
            *schema == event.schema && **format == *event.format
        };
        if let Some(known) = self.names.get(&*event.name)
            && let Some((_, _, shape)) = known.shapes.iter().find(is_it)
        {
            return Ok((known.id, *shape));
        }
        let name = match self
            .find_name
            .query_row([&event.name], |row| row.get(0))
            .optional()?
        {
            Some(name) => name,
            None => self.add_name.insert([&event.name])?,
        };
        let values = params![name, event.schema, event.format];
        let shape = match self
            .find_shape
            .query_row(values, |row| row.get(0))
            .optional()?
        {
            Some(shape) => shape,
            None => self.add_shape.insert(values)?,
        };
        let known = self
            .names
            .entry((&*event.name).into())
            .or_insert_with(|| Name {
                id: name,
                shapes: Vec::new(),
            });
        if known.shapes.len() < SHAPES_REMEMBERED {
            known
                .shapes
                .push((event.schema, (&*event.format).into(), shape));
        }
        Ok((name, shape))
    }
}

/// The position of the last event that was ever stored.
pub(crate) const HEAD: &str =
    "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0)";

/// Whether a statement was refused before it ran: too deep, too long, too many terms or values.
fn is_too_much(error: &rusqlite::Error) -> bool {
    match error {
        rusqlite::Error::SqlInputError { .. } => true,
        error => matches!(
            error.sqlite_error_code(),
            Some(rusqlite::ErrorCode::Unknown | rusqlite::ErrorCode::TooBig)
        ),
    }
}

fn conflict(conflict: Conflict) -> AppendError {
    AppendError::Conflict(Box::new(conflict))
}
