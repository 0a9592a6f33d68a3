//! Which store a file is, and which life of it: a file that was copied or restored begins a new one.

use std::path::Path;
use std::sync::{PoisonError, RwLock};

use eventsource_core::{Position, StoreError, StoreIdentity};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};
use uuid::Uuid;

use crate::error::store_error;
use crate::home::home;
use crate::ledger::HEAD;
use crate::mark::{Mark, Noted};

/// A life of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Life {
    pub(crate) identity: StoreIdentity,
    /// Which life it is, counted from 1.
    pub(crate) number: i64,
}

const LIFE: &str = "SELECT identity, incarnation, life FROM meta";

/// The life that a file is in, as this transaction sees it.
pub(crate) fn life(conn: &Connection) -> rusqlite::Result<Life> {
    conn.prepare_cached(LIFE)?.query_row([], |row| {
        Ok(Life {
            identity: StoreIdentity {
                id: Uuid::from_bytes(row.get(0)?),
                incarnation: Uuid::from_bytes(row.get(1)?),
            },
            number: row.get(2)?,
        })
    })
}

/// Begins a new life, in the transaction that is open.
pub(crate) fn renew(conn: &Connection, beyond: i64) -> rusqlite::Result<()> {
    let incarnation = StoreIdentity::fresh().incarnation;
    let renewed = conn.execute(
        "UPDATE meta SET incarnation = ?1, life = max(life, ?2) + 1",
        (incarnation.as_bytes(), beyond),
    )?;
    match renewed {
        1 => Ok(()),
        _ => Err(rusqlite::Error::QueryReturnedNoRows),
    }
}

/// The life that is known to the handles and threads of a store. Another process may begin a new one.
#[derive(Debug)]
pub(crate) struct KnownLife(RwLock<Life>);

impl KnownLife {
    pub(crate) fn new(life: Life) -> Self {
        Self(RwLock::new(life))
    }

    pub(crate) fn get(&self) -> Life {
        // Nothing here can panic half-way.
        *self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells of the life that was found in the file.
    pub(crate) fn found(&self, life: Life) {
        let known = self.get();
        if known.number < life.number {
            tracing::warn!(
                store = %life.identity.id, was = %known.identity.incarnation, is = %life.identity.incarnation,
                "another process has begun a new life of the store"
            );
            *self.0.write().unwrap_or_else(PoisonError::into_inner) = life;
        }
    }
}

/// Why a file begins a new life when it is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    /// It was made by a backup, and is opened for the first time.
    Backup,
    /// It is a copy of the file that it says it is.
    Copy,
    /// The store at this place had been further: the file was overwritten by an older copy, or has lost commits.
    Behind { noted: Noted, head: u64 },
}

/// What a file knows of itself.
struct Known {
    life: Life,
    /// The file that it was in when it was opened last: null for a backup, empty where nothing was known.
    home: Option<String>,
    head: u64,
}

impl Known {
    fn read(conn: &Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            life: life(conn)?,
            home: conn.query_row("SELECT home FROM meta", [], |row| row.get(0))?,
            head: conn
                .query_row(HEAD, [], |row| row.get::<_, i64>(0))?
                .unsigned_abs(),
        })
    }

    fn reason(&self, here: Option<&str>, noted: Option<Noted>, moved: bool) -> Option<Reason> {
        let (life, head) = (self.life.number, self.head);
        let same = |noted: &Noted| noted.id == self.life.identity.id;
        if let Some(noted) = noted.filter(same)
            && (noted.life, noted.head) > (life, head)
        {
            return Some(Reason::Behind { noted, head });
        }
        match (&self.home, here) {
            _ if moved => None,
            (None, _) => Some(Reason::Backup),
            (Some(home), Some(here)) if !home.is_empty() && home != here => Some(Reason::Copy),
            _ => None,
        }
    }
}

/// Reads the life that a file is in, and its head, after beginning a new one if it is not the file that it was.
///
/// `moved` says that a copy stands for its original, which is not used any more.
pub(crate) fn settle(
    conn: &mut Connection,
    place: &str,
    path: &Path,
    moved: bool,
) -> Result<(Life, Position), StoreError> {
    let failed = |error| store_error(place, "reading the identity", error);
    let here = home(path);
    // Read before the head: what is noted was stored before.
    let noted = Noted::read(path);
    let exists = conn
        .query_row("SELECT 1 FROM meta", [], |_| Ok(()))
        .optional();
    if exists.map_err(failed)?.is_none() {
        return Err(StoreError::Damaged {
            place: place.into(),
            reason: "it has no identity".into(),
        });
    }
    let mut known = Known::read(conn).map_err(failed)?;
    let adopts = |known: &Known| here.is_some() && known.home.as_deref() != here.as_deref();
    if adopts(&known) || known.reason(here.as_deref(), noted, moved).is_some() {
        let transaction = conn
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed)?;
        // Another process may have been faster.
        known = Known::read(&transaction).map_err(failed)?;
        let reason = known.reason(here.as_deref(), noted, moved);
        let was = known.life;
        if reason.is_some() {
            renew(&transaction, noted.map_or(0, |noted| noted.life)).map_err(failed)?;
        }
        transaction
            .execute(
                "UPDATE meta SET home = ?1",
                [here.as_deref().unwrap_or_default()],
            )
            .map_err(failed)?;
        known = Known::read(&transaction).map_err(failed)?;
        transaction.commit().map_err(failed)?;
        if let Some(reason) = reason {
            tracing::warn!(
                place, ?reason, store = %was.identity.id,
                was = %was.identity.incarnation, is = %known.life.identity.incarnation,
                "the store begins a new life"
            );
        }
    }
    Ok((known.life, Position(known.head)))
}

/// Notes a life that has just been read or begun.
pub(crate) fn note(path: &Path, life: &Life, head: Position) -> std::io::Result<Mark> {
    let mut mark = Mark::open(path)?;
    mark.note(life, head);
    Ok(mark)
}
