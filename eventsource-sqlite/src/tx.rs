//! The transaction of a projection, as its methods see it.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

use eventsource_core::OwnNames;
use rusqlite::{Connection, Params, Row};

/// The transaction in which a projection's methods write, with its checkpoint: all of it is committed, or nothing.
///
/// `{balances}` in a statement is the projection's own table of that name: each version of the projection has one, so that a
/// new version is built beside the old one. The [active](eventsource_core::CheckpointStore::active) version's tables that
/// its `#[create]` method has made can be read under their plain names: `SELECT … FROM balances`.
///
/// Prepared statements are kept. The transaction cannot be ended by a statement, and the store's own tables cannot be
/// written to.
#[derive(Debug)]
pub struct SqliteTx {
    conn: Rc<Connection>,
    names: RefCell<OwnNames>,
}

impl SqliteTx {
    pub(crate) fn new(conn: &Rc<Connection>, version: u32) -> Self {
        Self {
            conn: Rc::clone(conn),
            names: RefCell::new(OwnNames::of_version(version)),
        }
    }

    fn sql<'s>(&self, sql: &'s str) -> Cow<'s, str> {
        self.names.borrow_mut().put_into(sql)
    }

    /// The own names that were put into statements.
    pub(crate) fn used(&self) -> Vec<String> {
        self.names.borrow().used().map(str::to_owned).collect()
    }

    /// Executes a statement, and returns how many rows it has changed.
    pub fn execute(&self, sql: &str, params: impl Params) -> rusqlite::Result<usize> {
        self.conn.prepare_cached(&self.sql(sql))?.execute(params)
    }

    /// Executes statements without parameters, with semicolons between them.
    pub fn execute_batch(&self, sql: &str) -> rusqlite::Result<()> {
        self.conn.execute_batch(&self.sql(sql))
    }

    /// The first row of a query. [`rusqlite::Error::QueryReturnedNoRows`] if there is none, which
    /// [`rusqlite::OptionalExtension`] turns into `None`.
    pub fn query_row<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        self.conn
            .prepare_cached(&self.sql(sql))?
            .query_row(params, read)
    }

    /// All rows of a query.
    pub fn query<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Vec<T>> {
        let mut statement = self.conn.prepare_cached(&self.sql(sql))?;
        statement.query_map(params, read)?.collect()
    }

    /// What a table of the projection is really called.
    #[must_use]
    pub fn table(&self, name: &str) -> String {
        self.names.borrow().full(name)
    }
}
