//! Opening a store: the first connection, the tables, and the tasks, with what they share.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use eventsource_core::{Append, AppendError, Position, StoreError, Uuid};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_postgres::Row;

use crate::appender::Appender;
use crate::connect::{Connector, Failed};
use crate::error::{backend, is_broken, of_the_driver, store_error};
use crate::inline::Inline;
use crate::life::Life;
use crate::metrics::Counters;
use crate::name::SchemaName;
use crate::options::PostgresOptions;
use crate::pool::Pool;
use crate::queue::Queue;
use crate::reader::Reads;
use crate::request::Request;
use crate::schema;
use crate::session::Session;
use crate::snapshots::{self, Keeping};
use crate::store::PostgresStore;
use crate::tide::Tide;

/// What is set for a store, once and for all.
pub(crate) struct Settings {
    pub(crate) name: SchemaName,
    pub(crate) options: PostgresOptions,
}

/// What the handles and the tasks of a store share.
pub(crate) struct Shared {
    pub(crate) place: String,
    pub(crate) options: PostgresOptions,
    pub(crate) connector: Connector,
    pub(crate) life: Life,
    pub(crate) appends: Queue<Request>,
    pub(crate) snapshots: Queue<Keeping>,
    pub(crate) appender: Appender,
    pub(crate) pool: Pool,
    /// The connections of projections' transactions.
    pub(crate) projecting: Pool,
    pub(crate) tide: Tide,
    pub(crate) counters: Counters,
    pub(crate) reads: Reads,
    /// The projections that are run inline.
    pub(crate) inlines: watch::Sender<Arc<[Arc<dyn Inline>]>>,
    read_head: String,
    /// How many tasks there are, but for those that carry connections.
    pub(crate) tasks: watch::Sender<usize>,
}

impl Shared {
    /// Lets the tasks finish what is waiting, and end.
    pub(crate) fn close(&self) {
        self.appends.close();
        self.snapshots.close();
        self.pool.refuse();
        self.projecting.refuse();
        self.tide.close();
    }

    /// Judges an append before anything is sent.
    pub(crate) fn limits<Reach>(&self, append: &Append<Reach>) -> Result<(), AppendError> {
        self.options.limits.check(append)?;
        Ok(())
    }

    /// A connection to a server that takes writes, in a life that is known; waits for one as long as is set.
    pub(crate) async fn reconnect(&self) -> Result<Session, StoreError> {
        // Boxed, as it is large and rare: whoever may have to connect would carry it along.
        let connect = || self.connect();
        let connecting = self.connector.patiently(self.options.patience, connect);
        let session = Box::pin(connecting).await?;
        self.counters.connects.fetch_add(1, Ordering::Relaxed);
        Ok(session)
    }

    async fn connect(&self) -> Result<Session, Failed> {
        let session = self.connector.connect().await?;
        let limit = self.options.call_timeout;
        let checked = timeout(limit, self.life.check(&session, &self.tide))
            .await
            .unwrap_or_else(|_| {
                session.abandon();
                let error = format!("the server has not answered within {limit:?}");
                Err(backend(&self.place, "reading the store's identity", error))
            });
        match checked {
            Ok(()) => Ok(session),
            Err(error) => Err(Failed {
                is_final: !may_pass(&error),
                error,
            }),
        }
    }

    /// Reads the head on this connection, and sees whether the store is still in the life that is known.
    pub(crate) async fn head(&self, session: &Session) -> Result<Position, StoreError> {
        let limit = self.options.call_timeout;
        let read = async {
            let before = self.tide.head();
            let row = session.row(&self.read_head, &[]).await;
            let row = row.map_err(|error| store_error(&self.place, "reading the head", error))?;
            self.head_in(session, row, before).await
        };
        timeout(limit, read).await.unwrap_or_else(|_| {
            session.abandon();
            let error = format!("the server has not answered within {limit:?}");
            Err(backend(&self.place, "reading the head", error))
        })
    }

    /// What stands in the row that the statement for the head gives. It was sent when the head was known to be `before`.
    async fn head_in(
        &self,
        session: &Session,
        row: Option<Row>,
        before: Position,
    ) -> Result<Position, StoreError> {
        let failed = |error| store_error(&self.place, "reading the head", error);
        let row = row.ok_or_else(|| StoreError::Damaged {
            place: self.place.clone(),
            reason: "it has no identity".into(),
        })?;
        let head: i64 = row.try_get(0).map_err(failed)?;
        let life: Uuid = row.try_get(1).map_err(failed)?;
        let at_home: Option<bool> = row.try_get(2).map_err(failed)?;
        let started: std::time::SystemTime = row.try_get(3).map_err(failed)?;
        let head = Position(head.unsigned_abs());
        let known = self.life.identity().incarnation;
        if life != known || at_home != Some(true) || started != session.server() || head < before {
            Box::pin(self.life.check(session, &self.tide)).await?;
        }
        self.tide.rise(life, head);
        Ok(head)
    }
}

/// Whether an error of a connection that was just made is one of the server's state, and not of the store.
fn may_pass(error: &StoreError) -> bool {
    match error {
        StoreError::Backend { source, .. } => {
            match of_the_driver(&**source) {
                Some(error) => is_broken(error) || crate::error::may_pass(error),
                // What the server says of itself: that it is a standby still, perhaps.
                None => true,
            }
        }
        _ => false,
    }
}

/// Opens a store in the database that the URL names.
pub(crate) async fn open(options: PostgresOptions, url: &str) -> Result<PostgresStore, StoreError> {
    let name = SchemaName::parse(&options.schema)?;
    let connector = Connector::new(&options, url)?;
    let place = connector.place.clone();
    let life = Life::new(&place, &name, &options);
    let tide = Tide::new();
    let limit = options.call_timeout;
    let begin = async {
        let session = connector.connect().await.map_err(|failed| failed.error)?;
        // Nothing is written before the server and the schema are known to be good.
        life.check_server(&session).await?;
        schema::prepare(&session, &name, &place).await?;
        life.check(&session, &tide).await?;
        Ok(session)
    };
    // Another process may be making the tables, and each step has its own limit.
    let session = timeout(limit * 4, begin).await.unwrap_or_else(|_| {
        Err(backend(
            &place,
            "opening the store",
            format!("the server has not answered within {:?}", limit * 4),
        ))
    })?;
    let settings = Settings { name, options };
    let appender = Appender::new(&settings);
    appender.set_session(session).await;
    let Settings { name, options } = settings;
    let shared = Arc::new_cyclic(|shared| {
        Shared {
        place,
        appends: Queue::new(options.queue),
        snapshots: Queue::new(snapshots::WAITING),
        appender,
        pool: Pool::new(shared.clone(), options.readers, options.queue),
        projecting: Pool::new(shared.clone(), options.projectors, options.queue),
        tide,
        counters: Counters::default(),
        life,
        connector,
        read_head: name.put_into(
            "SELECT greatest(high_water, (SELECT e.position FROM {schema}.events e ORDER BY e.position DESC LIMIT 1)), \
             incarnation, events_oid = '{schema}.events'::regclass::oid::bigint, pg_postmaster_start_time() \
             FROM {schema}.meta",
        ),
        reads: Reads::new(&name),
        inlines: watch::Sender::new(Arc::new([])),
        options,
        tasks: watch::Sender::new(0),
    }
    });
    spawn(&shared, |shared| async move {
        shared.appender.run(&shared).await;
    });
    spawn(
        &shared,
        |shared| async move { shared.tide.watch(&shared).await },
    );
    spawn(
        &shared,
        |shared| async move { snapshots::run(&shared).await },
    );
    Ok(PostgresStore::new(shared))
}

/// Counts a task for as long as it runs, however it ends.
struct Running(Arc<Shared>);

impl Drop for Running {
    fn drop(&mut self) {
        // A task ends when the store is closed, or when the runtime ends. Nobody must wait for it in vain.
        self.0.close();
        self.0.tasks.send_modify(|tasks| *tasks -= 1);
    }
}

fn spawn<F: Future<Output = ()> + Send + 'static>(
    shared: &Arc<Shared>,
    work: impl FnOnce(Arc<Shared>) -> F,
) {
    shared.tasks.send_modify(|tasks| *tasks += 1);
    let running = Running(Arc::clone(shared));
    let work = work(Arc::clone(shared));
    shared.connector.runtime().spawn(async move {
        let _running = running;
        work.await;
    });
}
