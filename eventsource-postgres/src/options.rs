//! What can be set when a store is opened.

use std::time::Duration;

use eventsource_core::{Limits, StoreError};

use crate::open;
use crate::store::PostgresStore;

/// The settings of a store; [`PostgresStore::options`] gives the usual ones.
///
/// ```no_run
/// use std::time::Duration;
/// use eventsource_postgres::PostgresStore;
///
/// # async fn open() -> Result<(), eventsource_core::StoreError> {
/// let store = PostgresStore::options()
///     .schema("billing_events")
///     .readers(8)
///     .patience(Duration::from_secs(30))
///     .open("postgres://app@db1,db2/shop?target_session_attrs=read-write")
///     .await?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct PostgresOptions {
    pub(crate) schema: String,
    pub(crate) limits: Limits,
    pub(crate) queue: usize,
    pub(crate) call_bytes: usize,
    pub(crate) readers: usize,
    pub(crate) projectors: usize,
    pub(crate) durability: Durability,
    pub(crate) unsafe_server: UnsafeServer,
    pub(crate) statements: Statements,
    pub(crate) lock_timeout: Duration,
    pub(crate) call_timeout: Duration,
    pub(crate) patience: Duration,
    #[cfg(feature = "tls")]
    pub(crate) root_certificates: Option<Vec<u8>>,
}

/// What an acknowledged append has survived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// A power cut: every append is committed with `synchronous_commit` on, whatever the server's default is. Where
    /// the server has synchronous standbys, they have it too.
    #[default]
    Full,
    /// What the server's, the database's and the role's own `synchronous_commit` says. For tests, and for data that can
    /// be made again.
    AsConfigured,
}

/// Which settings of the server, each of which loses data in a crash of the machine, are allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UnsafeServer {
    /// `fsync = off`.
    pub fsync_off: bool,
    /// `full_page_writes = off`.
    pub full_page_writes_off: bool,
}

/// How statements are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Statements {
    /// Prepared once on each connection.
    #[default]
    Named,
    /// Prepared anew each time, and without any setting of the session: for pgbouncer in transaction mode, where the
    /// next statement may meet another connection of the server. Slower, by the time it takes to plan a statement.
    Unnamed,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            schema: "eventsource".into(),
            limits: Limits::default(),
            queue: 4096,
            call_bytes: 4 << 20,
            readers: 4,
            projectors: 4,
            durability: Durability::Full,
            unsafe_server: UnsafeServer::default(),
            statements: Statements::Named,
            lock_timeout: Duration::from_secs(5),
            call_timeout: Duration::from_secs(30),
            patience: Duration::from_secs(10),
            #[cfg(feature = "tls")]
            root_certificates: None,
        }
    }
}

impl PostgresOptions {
    /// The schema that holds the store's tables, and nothing else; `eventsource` unless set. Each schema is a store of
    /// its own. At most 63 letters, digits and underscores, not beginning with a digit.
    #[must_use]
    pub fn schema(mut self, name: impl Into<String>) -> Self {
        self.schema = name.into();
        self
    }

    /// What the store accepts in one append.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How many appends may wait, and how many reads; one more is refused as overload. 4,096 unless set.
    #[must_use]
    pub fn queue(mut self, requests: usize) -> Self {
        self.queue = requests.max(1);
        self
    }

    /// About how many bytes of events are sent in one call, where many appends wait; 4 MiB unless set. An append that
    /// is larger is sent alone.
    #[must_use]
    pub fn call_bytes(mut self, bytes: usize) -> Self {
        self.call_bytes = bytes;
        self
    }

    /// How many connections read; 4 unless set. The store uses two more: one that appends, and one that looks for the
    /// events of other processes while somebody waits for them.
    #[must_use]
    pub fn readers(mut self, connections: usize) -> Self {
        self.readers = connections.max(1);
        self
    }

    /// How many connections projections write on, each for one batch at a time; 4 unless set, made when they are needed.
    #[must_use]
    pub fn projectors(mut self, connections: usize) -> Self {
        self.projectors = connections.max(1);
        self
    }

    /// What an acknowledged append has survived; a power cut unless set.
    #[must_use]
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// Allows a server that loses data when its machine crashes; refused unless set.
    ///
    /// ```
    /// use eventsource_postgres::{PostgresStore, UnsafeServer};
    ///
    /// let allowed = UnsafeServer { fsync_off: true, ..UnsafeServer::default() };
    /// let options = PostgresStore::options().allow_unsafe_server(allowed);
    /// # let _ = options;
    /// ```
    #[must_use]
    pub fn allow_unsafe_server(mut self, allowed: UnsafeServer) -> Self {
        self.unsafe_server = allowed;
        self
    }

    /// How statements are sent; named unless set.
    #[must_use]
    pub fn statements(mut self, statements: Statements) -> Self {
        self.statements = statements;
        self
    }

    /// How long an append waits for the lock while other processes append, before it is tried again; 5 seconds unless
    /// set. After the third time it fails, without having been written.
    #[must_use]
    pub fn lock_timeout(mut self, timeout: Duration) -> Self {
        self.lock_timeout = timeout.max(Duration::from_millis(1));
        self
    }

    /// How long the server may take to answer, before the connection is given up; 30 seconds unless set. The outcome of
    /// an append is then unknown.
    #[must_use]
    pub fn call_timeout(mut self, timeout: Duration) -> Self {
        self.call_timeout = timeout;
        self
    }

    /// How long a request waits for a connection to a server that takes writes, while the server restarts or another
    /// one takes over; 10 seconds unless set. Opening a store does not wait.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The certificates, in PEM, of those who may vouch for the server. Unless set, those that the operating system
    /// trusts.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.root_certificates = Some(pem.into());
        self
    }

    /// Opens the store in this database, and makes it if there is none. `url` is a connection string of
    /// [`tokio_postgres::Config`], which says what it may contain: several hosts, `sslmode`, `connect_timeout` (10
    /// seconds unless set), `keepalives_idle`, `tcp_user_timeout` and others.
    ///
    /// Must be called inside a tokio runtime, which carries the store's tasks for as long as it is open.
    ///
    /// A schema that holds something else is [`StoreError::NotAStore`], one of a newer version of this crate
    /// [`StoreError::Newer`], and a damaged one [`StoreError::Damaged`]; none of them is changed. A server that would
    /// lose acknowledged events is refused, see [`allow_unsafe_server`](Self::allow_unsafe_server).
    pub async fn open(self, url: &str) -> Result<PostgresStore, StoreError> {
        open::open(self, url).await
    }
}
