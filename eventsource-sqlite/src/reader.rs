//! Reading: what a reader thread does on its own connection.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use eventsource_core::{Key, LogScan, Outcome, Position, StoreError, StreamScan, Visit};
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use crate::error::store_error;
use crate::home::Lookout;
use crate::ledger::HEAD;
use crate::life;
use crate::open::Shared;
use crate::query::{self, Positions};
use crate::row::{self, COLUMNS, COLUMNS_AND_STREAM, Texts};

/// Something to be read.
pub(crate) type Job = Box<dyn FnOnce(&mut Reader) + Send>;

pub(crate) struct Reader {
    conn: Connection,
    shared: Arc<Shared>,
    texts: Texts,
    lookout: Lookout,
}

/// How often a reader looks whether the files are where they were.
const LOOK: Duration = Duration::from_millis(100);

impl Reader {
    pub(crate) fn new(conn: Connection, shared: Arc<Shared>) -> Self {
        Self {
            conn,
            shared,
            texts: Texts::new(),
            lookout: Lookout::new(LOOK),
        }
    }

    /// Does one job after the other, until the store is closed and nothing is left.
    pub(crate) fn run(mut self) {
        while let Some(job) = self.shared.reads.pop() {
            let begin = Instant::now();
            // A job catches what its visitor does; this is for a visitor or a panic that panics as it is dropped.
            let _ = catch_unwind(AssertUnwindSafe(|| job(&mut self)));
            self.shared.counters.read(begin.elapsed());
        }
    }

    pub(crate) fn conn(&self) -> &Connection {
        &self.conn
    }

    pub(crate) fn failed(&self, error: rusqlite::Error) -> StoreError {
        // A file that is gone explains other errors.
        match self.shared.anchor.lost() {
            Some(reason) => self.shared.damaged(reason),
            None => store_error(&self.shared.place, "reading events", error),
        }
    }

    /// To be called before a read: what is read from a file that was deleted or replaced is not the store's any more.
    pub(crate) fn still_there(&mut self) -> Result<(), StoreError> {
        match self.lookout.lost(&self.shared.anchor) {
            Some(reason) => Err(self.shared.damaged(reason)),
            None => Ok(()),
        }
    }

    /// Reads rows that are no events.
    pub(crate) fn rows<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        read(&self.conn).map_err(|error| self.failed(error))
    }

    pub(crate) fn head(&self) -> Result<Position, StoreError> {
        let read = || {
            // Whoever takes positions from here must know in which life they are.
            self.shared.life.found(life::life(&self.conn)?);
            self.conn
                .prepare_cached(HEAD)?
                .query_row([], |row| row.get::<_, i64>(0))
        };
        let head = read().map_err(|error| self.failed(error))?;
        Ok(Position(head.unsigned_abs()))
    }

    pub(crate) fn outcome(&self, key: Key) -> Result<Option<Outcome>, StoreError> {
        // An append is whole and never changes, so what its key says and its events can be read one after the other.
        let read = || {
            let mut statement = self
                .conn
                .prepare_cached("SELECT digest, position, count FROM keys WHERE id = ?1")?;
            let found = statement.query_row([key.id.as_bytes()], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            });
            let Some((digest, first, count)) = found.optional()? else {
                return Ok(None);
            };
            Ok(Some(Outcome {
                digest: Uuid::from_bytes(digest),
                placed: row::placed(&self.conn, first, count)?,
            }))
        };
        read().map_err(|error| self.failed(error))
    }

    pub(crate) fn scan_stream<V: Visit>(
        &mut self,
        scan: &StreamScan,
        visitor: &mut V,
    ) -> Result<(), StoreError> {
        self.visit_stream(scan, visitor)
            .map_err(|error| self.failed(error))
    }

    fn visit_stream<V: Visit>(
        &mut self,
        scan: &StreamScan,
        visitor: &mut V,
    ) -> rusqlite::Result<()> {
        let order = if scan.backwards { "DESC" } else { "ASC" };
        let mut statement = self.conn.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM events WHERE stream = (SELECT id FROM streams WHERE name = ?1) \
             AND version > ?2 AND version <= ?3 ORDER BY version {order} LIMIT ?4"
        ))?;
        let until = scan
            .until
            .map_or(i64::MAX, |version| query::number(version.0));
        let (after, limit) = (query::number(scan.after.0), query::limit(scan.limit));
        let mut rows = statement.query((scan.stream.as_str(), after, until, limit))?;
        while let Some(row) = rows.next()? {
            let event = row::event(&self.conn, &mut self.texts, row, &scan.stream)?;
            if visitor.visit(event).is_break() {
                break;
            }
        }
        Ok(())
    }

    pub(crate) fn scan_all<V: Visit>(
        &mut self,
        scan: &LogScan,
        visitor: &mut V,
    ) -> Result<Position, StoreError> {
        // What is committed from here on is left to the next scan.
        let head = self.head()?;
        if scan.after > head {
            return Err(StoreError::BeyondHead {
                asked: scan.after,
                head,
            });
        }
        let seen = match query::arms(&scan.query) {
            None => self.visit_everything(scan, head, visitor),
            Some(arms) => self.visit_matching(scan, &Positions::of(&arms), head, visitor),
        };
        let Seen {
            last,
            count,
            stopped,
            problem,
        } = seen.map_err(|error| self.failed(error))?;
        match problem {
            // What stands before a damaged row is shown; the next scan then begins with it, and says so.
            Some(error) if count == 0 => return Err(self.failed(error)),
            Some(_) => return Ok(last),
            None => {}
        }
        let cut = stopped || scan.limit.is_some_and(|limit| count >= limit);
        Ok(if cut { last } else { head })
    }

    fn visit_everything<V: Visit>(
        &mut self,
        scan: &LogScan,
        head: Position,
        visitor: &mut V,
    ) -> rusqlite::Result<Seen> {
        let mut statement = self.conn.prepare_cached(&format!(
            "SELECT {COLUMNS_AND_STREAM} FROM events WHERE position > ?1 AND position <= ?2 ORDER BY position LIMIT ?3"
        ))?;
        let (after, until, limit) = (
            query::number(scan.after.0),
            query::number(head.0),
            query::limit(scan.limit),
        );
        let mut rows = statement.query([after, until, limit])?;
        let mut seen = Seen::nothing(scan.after);
        while let Some(row) = rows.next()?
            && !seen.stopped
        {
            let shown = row::event_of_any_stream(&self.conn, &mut self.texts, row, |event| {
                seen.show(event, visitor);
            });
            if let Err(error) = shown {
                seen.problem = Some(error);
                break;
            }
        }
        Ok(seen)
    }

    /// Takes the positions from the indexes, and each event by its position: so nothing is sorted, and the first event
    /// comes as soon as it is found.
    fn visit_matching<V: Visit>(
        &mut self,
        scan: &LogScan,
        matching: &Positions<'_>,
        head: Position,
        visitor: &mut V,
    ) -> rusqlite::Result<Seen> {
        let mut statement = self.conn.prepare_cached(matching.sql())?;
        let mut event = self.conn.prepare_cached(&format!(
            "SELECT {COLUMNS_AND_STREAM} FROM events WHERE position = ?1"
        ))?;
        matching.bind(
            &mut statement,
            query::number(scan.after.0),
            query::number(head.0),
            query::limit(scan.limit),
        )?;
        let mut positions = statement.raw_query();
        let mut seen = Seen::nothing(scan.after);
        while let Some(position) = positions.next()?
            && !seen.stopped
        {
            let mut rows = event.query([position.get::<_, i64>(0)?])?;
            let row = rows.next()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
            let shown = row::event_of_any_stream(&self.conn, &mut self.texts, row, |event| {
                seen.show(event, visitor);
            });
            if let Err(error) = shown {
                seen.problem = Some(error);
                break;
            }
        }
        Ok(seen)
    }
}

/// How far a visitor has come.
struct Seen {
    last: Position,
    count: usize,
    stopped: bool,
    /// A row that could not be read.
    problem: Option<rusqlite::Error>,
}

impl Seen {
    fn nothing(after: Position) -> Self {
        Self {
            last: after,
            count: 0,
            stopped: false,
            problem: None,
        }
    }

    fn show<V: Visit>(&mut self, event: eventsource_core::EventRef<'_>, visitor: &mut V) {
        self.last = event.position;
        self.count += 1;
        self.stopped = visitor.visit(event).is_break();
    }
}
