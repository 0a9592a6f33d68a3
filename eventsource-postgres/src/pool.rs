//! The connections that read: a fixed number, made when they are needed, and made anew where they broke.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use deadpool::managed::{self, Manager, Metrics, Object, PoolError, RecycleError, RecycleResult};
use eventsource_core::StoreError;
use tokio::sync::watch;

use crate::open::Shared;
use crate::session::Session;

pub(crate) struct Pool {
    connections: managed::Pool<Connections>,
    waiting: AtomicUsize,
    limit: usize,
    /// Nobody is served any more, but for those who were here before.
    refuses: AtomicBool,
    /// How many connections are held or waited for.
    used: Arc<watch::Sender<usize>>,
}

/// A connection that reads, for as long as it is held.
pub(crate) struct Reading {
    aged: Object<Connections>,
    _used: Counted,
}

impl Reading {
    pub(crate) fn session(&self) -> &Arc<Session> {
        &self.aged.session
    }
}

/// Makes connections, and looks whether one can be used again.
struct Connections {
    shared: Weak<Shared>,
    /// Grows when a connection is found to be broken: the others that are as old may be so too.
    age: AtomicU64,
}

struct Aged {
    session: Arc<Session>,
    age: u64,
}

impl Manager for Connections {
    type Type = Aged;
    type Error = StoreError;

    async fn create(&self) -> Result<Aged, StoreError> {
        let shared = self.shared.upgrade().ok_or(StoreError::Closed)?;
        let age = self.age.load(Ordering::Relaxed);
        Ok(Aged {
            session: Arc::new(shared.reconnect().await?),
            age,
        })
    }

    async fn recycle(&self, aged: &mut Aged, _: &Metrics) -> RecycleResult<StoreError> {
        match aged.session.is_closed() || aged.age < self.age.load(Ordering::Relaxed) {
            true => Err(RecycleError::message(
                "it is closed, or as old as one that broke",
            )),
            false => Ok(()),
        }
    }
}

impl Pool {
    pub(crate) fn new(shared: Weak<Shared>, connections: usize, limit: usize) -> Self {
        let manager = Connections {
            shared,
            age: AtomicU64::new(0),
        };
        let connections = managed::Pool::builder(manager)
            .max_size(connections)
            .build();
        // Building fails only for time limits without a runtime, and there are none.
        let connections =
            connections.unwrap_or_else(|error| unreachable!("a pool without time limits: {error}"));
        Self {
            connections,
            waiting: AtomicUsize::new(0),
            limit,
            refuses: AtomicBool::new(false),
            used: Arc::default(),
        }
    }

    /// A connection, as soon as one is free.
    pub(crate) async fn get(&self) -> Result<Reading, StoreError> {
        let used = Counted::new(&self.used);
        if self.refuses.load(Ordering::Relaxed) {
            return Err(StoreError::Closed);
        }
        let waiting = self.waiting.fetch_add(1, Ordering::Relaxed);
        let _waits = Waits(&self.waiting);
        if waiting >= self.limit {
            return Err(StoreError::Overloaded { waiting });
        }
        match self.connections.get().await {
            Ok(aged) => Ok(Reading { aged, _used: used }),
            Err(PoolError::Backend(error)) => Err(error),
            Err(_) => Err(StoreError::Closed),
        }
    }

    /// Tells that a connection was found to be broken.
    pub(crate) fn broke(&self, reading: &Reading) {
        self.connections
            .manager()
            .age
            .fetch_max(reading.aged.age + 1, Ordering::Relaxed);
    }

    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Serves nobody any more, but for those who are here already.
    pub(crate) fn refuse(&self) {
        self.refuses.store(true, Ordering::Relaxed);
    }

    /// Waits until nobody holds a connection or waits for one, then closes them.
    pub(crate) async fn finish(&self) {
        // The sender lives as long as this pool, so this cannot fail.
        let _ = self.used.subscribe().wait_for(|used| *used == 0).await;
        self.close();
    }

    /// Closes the connections that nobody holds; the others follow.
    pub(crate) fn close(&self) {
        self.connections.close();
    }
}

/// Counts somebody who waits.
struct Waits<'a>(&'a AtomicUsize);

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Counts somebody who waits for a connection or holds one.
struct Counted(Arc<watch::Sender<usize>>);

impl Counted {
    fn new(used: &Arc<watch::Sender<usize>>) -> Self {
        used.send_modify(|used| *used += 1);
        Self(Arc::clone(used))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.send_modify(|used| *used -= 1);
    }
}
