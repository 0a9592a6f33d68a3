//! Opening a file: connections, threads, and what they share.

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use eventsource_core::{Limits, StoreError};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, MAIN_DB, OpenFlags};
use tokio::sync::{oneshot, watch};

use crate::error::{backend, store_error};
use crate::guard;
use crate::home::Anchor;
use crate::inline::Inline;
use crate::life::{self, KnownLife};
use crate::mark::Mark;
use crate::metrics::Counters;
use crate::options::{Durability, SqliteOptions};
use crate::poll::Tide;
use crate::queue::Queue;
use crate::reader::{Job, Reader};
use crate::schema;
use crate::store::SqliteStore;
use crate::turn::Turn;
use crate::writer::{Request, Writer};

/// What the handles and the threads of a store share.
pub(crate) struct Shared {
    pub(crate) place: String,
    /// The file, by a path that does not change with the process's folder or with a link.
    pub(crate) path: PathBuf,
    pub(crate) anchor: Anchor,
    pub(crate) life: KnownLife,
    pub(crate) patience: Duration,
    pub(crate) durability: Durability,
    pub(crate) limits: Limits,
    pub(crate) appends: Queue<Request>,
    pub(crate) reads: Queue<Job>,
    pub(crate) tide: Tide,
    pub(crate) counters: Counters,
    /// The projections that are run inline.
    pub(crate) inlines: watch::Sender<Arc<[Arc<dyn Inline>]>>,
    /// How many threads there are.
    pub(crate) threads: watch::Sender<usize>,
}

/// How long the writer's connection is kept for those that read.
const OUTLAST: Duration = Duration::from_secs(2);

impl Shared {
    /// Lets the other threads end first, for a moment at most. The last connection that is closed moves what is in the
    /// write-ahead log to the file and removes the log; of two that are closed at once, neither may.
    fn outlast_readers(&self) {
        let begin = Instant::now();
        while *self.threads.borrow() > 1 && begin.elapsed() < OUTLAST {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// The error that says what is wrong with the file.
    pub(crate) fn damaged(&self, reason: String) -> StoreError {
        StoreError::Damaged {
            place: self.place.clone(),
            reason,
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.appends.is_closed()
    }

    /// Lets the threads finish what is waiting, and end.
    pub(crate) fn close(&self) {
        self.appends.close();
        self.reads.close();
        self.tide.close();
    }
}

/// Opens a store, on a thread of its own, as the executor must not wait for a disk.
pub(crate) async fn open(options: SqliteOptions, path: &Path) -> Result<SqliteStore, StoreError> {
    let place = path.display().to_string();
    if place == ":memory:" || place.is_empty() {
        let found = "a name that is no file's; for a store in memory there is `MemoryStore`".into();
        return Err(StoreError::NotAStore { place, found });
    }
    let failed = |error: std::io::Error| backend(&place, "opening the file", error);
    // An absolute path, as SQLite takes some others for something else than a file (`:memory:`, an empty one).
    let path = std::path::absolute(path).map_err(failed)?;
    let (reply, opened) = oneshot::channel();
    let opening = place.clone();
    let open = move || {
        let _ = reply.send(open_here(&options, &path, opening));
    };
    std::thread::Builder::new()
        .name("eventsource-open".into())
        .spawn(open)
        .map_err(failed)?;
    opened.await.unwrap_or(Err(StoreError::Closed))
}

fn open_here(
    options: &SqliteOptions,
    path: &Path,
    place: String,
) -> Result<SqliteStore, StoreError> {
    let mut conn = connect(path, &place)?;
    // Whoever comes by a link must find the same files beside the database. The file is there now.
    let path = &std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let (life, head) = schema::prepare(&mut conn, &place, path, options)?;
    // From here on the writer waits as `Turn` says, and not inside SQLite.
    conn.busy_timeout(Duration::ZERO)
        .map_err(|error| store_error(&place, "setting up the connection", error))?;
    let beside = |error| {
        backend(
            &place,
            "opening the file on which writers take turns",
            error,
        )
    };
    let turn = Turn::open(path, options.patience).map_err(beside)?;
    let mark = life::note(path, &life, head).map_err(beside)?;
    let shared = Arc::new(Shared {
        place,
        path: path.clone(),
        anchor: Anchor::of(path),
        life: KnownLife::new(life),
        patience: options.patience,
        durability: options.durability,
        limits: options.limits,
        appends: Queue::new(options.queue),
        reads: Queue::new(options.queue),
        tide: Tide::new(),
        counters: Counters::default(),
        inlines: watch::Sender::new(Arc::new([])),
        threads: watch::Sender::new(0),
    });
    // Should a step fail, dropping the handle ends the threads that are there.
    let store = SqliteStore::new(Arc::clone(&shared));
    for _ in 0..options.readers {
        let reader = Reader::new(connect_to_read(path, &shared.place)?, Arc::clone(&shared));
        spawn("eventsource-read", &shared, |_| reader.run())?;
    }
    let watcher = connect_to_read(path, &shared.place)?;
    spawn("eventsource-watch", &shared, move |shared| {
        shared.tide.watch(shared, &watcher);
    })?;
    spawn("eventsource-write", &shared, move |shared| {
        write(shared, conn, turn, mark);
    })?;
    Ok(store)
}

fn write(shared: &Shared, mut conn: Connection, turn: Turn, mark: Mark) {
    // Should this fail, methods of projections could end the writer's transaction: they are checked afterwards as well.
    let _ = guard::install(&mut conn);
    let conn = Rc::new(conn);
    match Writer::new(shared, &conn, turn, mark) {
        Ok(writer) => {
            writer.run();
            shared.outlast_readers();
        }
        Err(error) => {
            tracing::error!(%error, place = shared.place, "the writer could not begin");
            shared.close();
            shared.appends.abandon();
        }
    }
}

pub(crate) fn connect(path: &Path, place: &str) -> Result<Connection, StoreError> {
    let failed = |error| store_error(place, "opening the file", error);
    // A connection is used by one thread, so SQLite need not lock it.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(failed)?;
    // SQLite would go on with a file that it can only read, and fail at the first append.
    if conn.is_readonly(MAIN_DB).map_err(failed)? {
        let reason = std::io::Error::new(
            std::io::ErrorKind::PermissionDenied,
            "the file is read-only for this process",
        );
        return Err(backend(place, "opening the file", reason));
    }
    conn.busy_timeout(Duration::from_secs(5)).map_err(failed)?;
    conn.set_prepared_statement_cache_capacity(64);
    // A plan must not depend on what is bound: else SQLite prepares the statement anew for each value.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map_err(failed)?;
    Ok(conn)
}

fn connect_to_read(path: &Path, place: &str) -> Result<Connection, StoreError> {
    let conn = connect(path, place)?;
    let set = conn.pragma_update(None, "query_only", true);
    set.map_err(|error| store_error(place, "setting up the connection", error))?;
    Ok(conn)
}

/// Counts a thread for as long as it runs, however it ends.
struct Running(Arc<Shared>);

impl Drop for Running {
    fn drop(&mut self) {
        // A thread ends when the store is closed. Should it have panicked, nobody must wait for it in vain.
        if std::thread::panicking() {
            self.0.close();
            self.0.appends.abandon();
            self.0.reads.abandon();
        }
        self.0.threads.send_modify(|threads| *threads -= 1);
    }
}

pub(crate) fn spawn(
    name: &str,
    shared: &Arc<Shared>,
    work: impl FnOnce(&Shared) + Send + 'static,
) -> Result<(), StoreError> {
    shared.threads.send_modify(|threads| *threads += 1);
    let running = Running(Arc::clone(shared));
    let thread = std::thread::Builder::new()
        .name(name.into())
        .spawn(move || {
            let running = running;
            work(&running.0);
        });
    thread
        .map(|_| ())
        .map_err(|error| backend(&shared.place, "starting a thread", error))
}
