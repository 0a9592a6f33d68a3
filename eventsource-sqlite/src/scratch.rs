//! A projection's tables after some events, in memory: for tests of projections without a store.

use std::ops::Deref;
use std::rc::Rc;

use eventsource_core::{BoxError, Incoming, Json, OwnNames, ProjectWithin, StoredEvent};
use rusqlite::{Connection, OptionalExtension};

use crate::tx::SqliteTx;

/// The tables of a projection after some events, in an SQLite database in memory: the then of a test.
///
/// ```
/// use eventsource_core::Recorded;
/// use eventsource_core::prelude::*;
/// use eventsource_core::testing::past;
/// use eventsource_sqlite::{Scratch, SqliteTx, rusqlite};
/// # #[event] pub struct Taken { #[tag] pub show: u32 }
///
/// struct Guests;
///
/// #[projection(name = "guests")]
/// impl Guests {
///     #[create]
///     fn tables(&self, tx: &SqliteTx) -> rusqlite::Result<()> {
///         tx.execute_batch("CREATE TABLE {guests} (show INTEGER PRIMARY KEY, count INTEGER NOT NULL)")
///     }
///
///     fn taken(&self, event: &Recorded<Taken>, tx: &SqliteTx) -> rusqlite::Result<()> {
///         let sql = "INSERT INTO {guests} VALUES (?1, 1) ON CONFLICT DO UPDATE SET count = count + 1";
///         tx.execute(sql, [event.event.show]).map(|_| ())
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// let happened = past([Taken { show: 7 }, Taken { show: 7 }]);
/// let tables = Scratch::after(&Guests, &happened.events_of::<Guests>())?;
/// let count: u32 = tables.query_row("SELECT count FROM guests WHERE show = 7", [], |row| row.get(0))?;
/// assert_eq!(count, 2);
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Scratch(Rc<Connection>);

impl Scratch {
    /// Makes the tables, and projects the events into them.
    pub fn after<P: ProjectWithin<Into = SqliteTx>>(
        projection: &P,
        events: &[StoredEvent],
    ) -> Result<Self, BoxError> {
        let conn = Rc::new(Connection::open_in_memory()?);
        let tx = SqliteTx::new(&conn, P::VERSION);
        projection.create(&tx)?;
        for plain in tx.used() {
            let full = OwnNames::of_version(P::VERSION).full(&plain);
            let sql = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1";
            if conn
                .query_row(sql, [&full], |_| Ok(()))
                .optional()?
                .is_some()
            {
                conn.execute_batch(&format!(
                    "CREATE VIEW \"{plain}\" AS SELECT * FROM \"{full}\""
                ))?;
            }
        }
        for event in events {
            projection.project(&Incoming::new(event.as_ref(), &Json), &tx)?;
        }
        Ok(Self(conn))
    }
}

impl Deref for Scratch {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.0
    }
}
