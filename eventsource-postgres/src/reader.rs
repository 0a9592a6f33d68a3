//! Reading: events are shown to a visitor as they come from the server, page by page.
//!
//! A page is a statement of its own, from the last event on. So a read that is given up costs one page at most, nobody
//! keeps a snapshot open while a visitor takes its time, and where a connection breaks the read goes on on another.

use std::ops::ControlFlow;

use eventsource_core::{
    EventRef, Key, LogScan, MISSED_BYTES, Outcome, Placed, Position, Query, StoreError,
    StoredEvent, StreamName, StreamScan, Uuid, Version, Visit,
};
use futures_util::future::join;
use tokio_postgres::types::Type;

use crate::checks::number;
use crate::name::SchemaName;
use crate::open::Shared;
use crate::page::{Failure, Paging, Reader};
use crate::query::Matching;
use crate::row::{self, COLUMNS, Names};
use crate::session::Bound;

/// The statements that read, but for those that depend on a query.
pub(crate) struct Reads {
    name: SchemaName,
    /// The schema's name, quoted.
    schema: String,
    forwards: String,
    backwards: String,
    outcome: String,
    stamped: String,
    stamped_at: String,
}

impl Reads {
    pub(crate) fn new(name: &SchemaName) -> Self {
        let stream = |order| {
            name.put_into(&format!(
                "SELECT {COLUMNS} FROM {{schema}}.events e WHERE e.stream = $1 AND e.version > $2 AND e.version <= $3 \
                 ORDER BY e.version {order} LIMIT $4"
            ))
        };
        let stamped = |first| {
            name.put_into(&format!(
                "SELECT e.position, e.version FROM {{schema}}.events f JOIN {{schema}}.events e \
                 ON e.position >= f.position AND e.position < f.position + $2 \
                 WHERE {first} AND f.stamp = $1 ORDER BY e.position"
            ))
        };
        Self {
            name: name.clone(),
            schema: name.put_into("{schema}"),
            forwards: stream("ASC"),
            backwards: stream("DESC"),
            outcome: name.put_into(
                "SELECT e.position, e.version, k.digest FROM {schema}.keys k LEFT JOIN {schema}.events e \
                 ON e.position >= k.position AND e.position < k.position + k.count WHERE k.id = $1 ORDER BY e.position",
            ),
            stamped: stamped("f.position = $3"),
            stamped_at: stamped("f.stream = $3 AND f.version = $4"),
        }
    }

    /// Puts the schema's name into a statement.
    pub(crate) fn put_into(&self, sql: &str) -> String {
        self.name.put_into(sql)
    }
}

/// Shows a visitor the events of a stream.
pub(crate) async fn scan_stream<V: Visit>(
    shared: &Shared,
    scan: &StreamScan,
    visitor: &mut V,
) -> Result<(), StoreError> {
    let sql = if scan.backwards {
        &shared.reads.backwards
    } else {
        &shared.reads.forwards
    };
    let (stream, mut after) = (scan.stream.as_str(), number(scan.after.0));
    let mut until = scan.until.map_or(i64::MAX, |version| number(version.0));
    let mut paging = Paging::new(scan.limit);
    let (mut reader, mut shown) = (Reader::new(shared).await?, false);
    loop {
        let size = paging.next();
        if size == 0 {
            return Ok(());
        }
        let limit = number(size as u64);
        let bound: [Bound<'_>; 4] = [
            (&stream, Type::TEXT),
            (&after, Type::INT8),
            (&until, Type::INT8),
            (&limit, Type::INT8),
        ];
        let mut last = None;
        let page = reader.page(sql, &bound, |row| {
            let event = row::event(row, &scan.stream).map_err(|error| reader.unreadable(error))?;
            last = Some(number(event.version.0));
            Ok(visitor.visit(event))
        });
        let mut page = page.await;
        if let Some(last) = last {
            (reader.attempt, shown) = (1, true);
            if scan.backwards {
                until = last - 1;
            } else {
                after = last;
            }
        }
        paging.read(&page);
        match page.failure.take() {
            Some(failure) => reader.again(failure, shown).await?,
            None if page.stopped || page.rows < size => return Ok(()),
            None => {}
        }
    }
}

/// Where one event in so many matches, or more, all of them are looked at; else those that match are looked up one by one.
const SPARSE: u64 = 4;

/// Shows a visitor events of the whole store, and says up to where everything was looked at.
pub(crate) async fn scan_all<V: Visit>(
    shared: &Shared,
    scan: &LogScan,
    visitor: &mut V,
) -> Result<Position, StoreError> {
    let matching = Matching::of(&scan.query, &shared.reads.schema);
    let mut paging = Paging::new(scan.limit);
    let mut names = Names::new();
    let mut reader = Reader::new(shared).await?;
    // What is committed after the head was read is left to the next scan, but for what the first page sees of it.
    let (mut after, mut head) = (scan.after, None);
    let mut is_dense = true;
    loop {
        let size = paging.next();
        let Some(matching) = matching.as_ref().filter(|_| size > 0) else {
            match reader.head().await {
                Ok(head) if scan.after > head => {
                    return Err(StoreError::BeyondHead {
                        asked: scan.after,
                        head,
                    });
                }
                Ok(head) => return Ok(if size == 0 { after } else { head }),
                Err(failure) => reader.again(failure, after > scan.after).await?,
            }
            continue;
        };
        let (from, limit) = (number(after.0), number(size as u64));
        let until = head.map_or(i64::MAX, |head: Position| number(head.0));
        let window = matching.window.as_ref().filter(|_| is_dense);
        let end = window.map(|_| Position(after.0.saturating_add(size as u64)));
        let until = end.map_or(until, |end| until.min(number(end.0)));
        let mut bound: Vec<Bound<'_>> = vec![(&from, Type::INT8), (&until, Type::INT8)];
        let sql = match window {
            Some(window) => {
                bound.push((&window.names, Type::TEXT_ARRAY));
                &window.sql
            }
            None => {
                bound.push((&limit, Type::INT8));
                bound.extend(matching.bound());
                &matching.sql
            }
        };
        let (before, mut last) = (after, after);
        let page = reader.page(sql, &bound, |row| {
            let stream = names.of(&shared.place, row)?;
            let event = row::event(row, &stream).map_err(|error| reader.unreadable(error))?;
            last = event.position;
            Ok(visitor.visit(event))
        });
        let (found, mut page) = match head {
            Some(head) => (Ok(head), page.await),
            // Both at once, in this order: what the second sees is at least what the first has seen.
            None => join(reader.head(), page).await,
        };
        if last > after {
            (reader.attempt, after) = (1, last);
        }
        paging.read(&page);
        let found = match found {
            Ok(found) if scan.after > found => {
                return Err(StoreError::BeyondHead {
                    asked: scan.after,
                    head: found,
                });
            }
            Ok(found) => found,
            Err(failure) => {
                reader.again(failure, after > scan.after).await?;
                continue;
            }
        };
        head = Some(found);
        match page.failure.take() {
            // What stands before a row that cannot be read is shown; the next scan begins with it, and says so.
            Some(Failure::Store(StoreError::Damaged { .. })) if after > scan.after => {
                return Ok(after);
            }
            Some(failure) => {
                reader.again(failure, after > scan.after).await?;
                head = None;
            }
            None if page.stopped => return Ok(after),
            None => {
                match end {
                    // Of a window everything was looked at.
                    Some(end) => after = after.max(end.min(found)),
                    None if page.rows < size => return Ok(after.max(found)),
                    None => {}
                }
                if after >= found || paging.next() == 0 {
                    return Ok(after);
                }
                is_dense = page.rows as u64 >= (after.0 - before.0) / SPARSE;
            }
        }
    }
}

/// The position of the last event.
pub(crate) async fn head(shared: &Shared) -> Result<Position, StoreError> {
    let mut reader = Reader::new(shared).await?;
    loop {
        match reader.head().await {
            Ok(head) => return Ok(head),
            Err(failure) => reader.again(failure, false).await?,
        }
    }
}

/// What is stored under a key.
pub(crate) async fn outcome(shared: &Shared, key: Key) -> Result<Option<Outcome>, StoreError> {
    let mut reader = Reader::new(shared).await?;
    loop {
        let (mut digest, mut placed) = (None, Vec::new());
        let bound: [Bound<'_>; 1] = [(&key.id, Type::UUID)];
        let page = reader.page(&shared.reads.outcome, &bound, |row| {
            let read = || {
                digest = Some(row.try_get(2)?);
                // An event that was deleted has no place any more.
                if row.try_get::<_, Option<i64>>(0)?.is_some() {
                    placed.push(row::placed(row)?);
                }
                Ok(ControlFlow::Continue(()))
            };
            let mut read = read;
            read().map_err(|error| reader.unreadable(error))
        });
        match page.await.failure {
            None => return Ok(digest.map(|digest| Outcome { digest, placed })),
            Some(failure) => reader.again(failure, false).await?,
        }
    }
}

/// Where the records of an append are, so many, if its first event is at this version of its stream and bears this stamp; else
/// nowhere.
pub(crate) async fn stamped_at(
    shared: &Shared,
    stamp: Uuid,
    (stream, version): (&StreamName, Version),
    records: usize,
) -> Result<Vec<Placed>, StoreError> {
    let (stream, version, count) = (stream.as_str(), number(version.0), number(records as u64));
    let bound: [Bound<'_>; 4] = [
        (&stamp, Type::UUID),
        (&count, Type::INT8),
        (&stream, Type::TEXT),
        (&version, Type::INT8),
    ];
    places(shared, &shared.reads.stamped_at, &bound).await
}

/// The same for the event at a position.
pub(crate) async fn stamped(
    shared: &Shared,
    stamp: Uuid,
    position: Position,
    records: usize,
) -> Result<Vec<Placed>, StoreError> {
    let (position, count) = (number(position.0), number(records as u64));
    let bound: [Bound<'_>; 3] = [
        (&stamp, Type::UUID),
        (&count, Type::INT8),
        (&position, Type::INT8),
    ];
    places(shared, &shared.reads.stamped, &bound).await
}

/// The position of the first event after this one that matches.
pub(crate) async fn first_match(
    shared: &Shared,
    query: &Query,
    after: Position,
) -> Result<Option<Position>, StoreError> {
    struct First(Option<Position>);
    impl Visit for First {
        fn visit(&mut self, event: EventRef<'_>) -> ControlFlow<()> {
            self.0 = Some(event.position);
            ControlFlow::Break(())
        }
    }
    let mut first = First(None);
    let scan = LogScan::after(after).matching(query.clone()).limit(1);
    scan_all(shared, &scan, &mut first).await?;
    Ok(first.0)
}

/// The places that a statement gives.
async fn places(
    shared: &Shared,
    sql: &str,
    bound: &[Bound<'_>],
) -> Result<Vec<Placed>, StoreError> {
    let mut reader = Reader::new(shared).await?;
    loop {
        let mut placed = Vec::new();
        let page = reader.page(sql, bound, |row| {
            placed.push(row::placed(row).map_err(|error| reader.unreadable(error))?);
            Ok(ControlFlow::Continue(()))
        });
        match page.await.failure {
            None => return Ok(placed),
            Some(failure) => reader.again(failure, false).await?,
        }
    }
}

/// What came after a version that somebody has seen: all of it, or nothing if it is too much.
pub(crate) async fn missed(
    shared: &Shared,
    stream: &StreamName,
    seen: Version,
    actual: Version,
) -> Result<Vec<StoredEvent>, StoreError> {
    struct Missed {
        events: Vec<StoredEvent>,
        bytes: usize,
    }
    impl Visit for Missed {
        fn visit(&mut self, event: EventRef<'_>) -> ControlFlow<()> {
            self.bytes += event.payload.len() + event.metadata.len();
            if self.bytes > MISSED_BYTES {
                self.events.clear();
                return ControlFlow::Break(());
            }
            self.events.push(event.to_stored());
            ControlFlow::Continue(())
        }
    }
    let mut missed = Missed {
        events: Vec::new(),
        bytes: 0,
    };
    let scan = StreamScan::of(stream.clone()).after(seen).until(actual);
    scan_stream(shared, &scan, &mut missed).await?;
    Ok(missed.events)
}
