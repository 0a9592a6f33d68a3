//! What can be set before a store is opened.

use std::time::Duration;

use async_nats::{Client, ConnectOptions};
use eventsource_core::{Limits, StoreError};

use crate::open;
use crate::store::NatsStore;

/// The settings of a store, to be changed before it is opened.
pub struct NatsOptions {
    pub(crate) name: String,
    pub(crate) replicas: usize,
    pub(crate) indexed_types: Vec<String>,
    pub(crate) limits: Limits,
    pub(crate) queue: usize,
    pub(crate) call_timeout: Duration,
    pub(crate) patience: Duration,
    pub(crate) connect: ConnectOptions,
}

impl Default for NatsOptions {
    fn default() -> Self {
        Self {
            name: "EVENTS".into(),
            replicas: 3,
            indexed_types: Vec::new(),
            limits: Limits {
                payload: 768 << 10,
                ..Limits::default()
            },
            queue: 4096,
            call_timeout: Duration::from_secs(2),
            patience: Duration::from_secs(15),
            connect: patient(),
        }
    }
}

/// A server that is stopped, and not closed, is noticed within a few seconds.
fn patient() -> ConnectOptions {
    ConnectOptions::new()
        .ping_interval(Duration::from_secs(1))
        .connection_timeout(Duration::from_secs(2))
}

impl NatsOptions {
    /// The name of the JetStream stream that holds the events, and the first token of their subjects; `EVENTS` unless
    /// set. Each is a store of its own. At most 32 letters, digits, `-` and `_`.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// How many servers hold the events; 3 unless set. It takes effect when the stream is made; one that has fewer is
    /// refused afterwards. With 1, what the machine loses is lost, and an append of more than one message is slow.
    #[must_use]
    pub fn replicas(mut self, replicas: usize) -> Self {
        self.replicas = replicas.max(1);
        self
    }

    /// Types whose events can be asked for, and checked against, without a tag, at the price of one more message for each
    /// append that has one. It takes effect when the stream is made, and is kept in it.
    #[must_use]
    pub fn indexed_types<T: Into<String>>(mut self, names: impl IntoIterator<Item = T>) -> Self {
        self.indexed_types = names.into_iter().map(Into::into).collect();
        self
    }

    /// What the store accepts in one append. Unless set, a payload may have 768 KiB: a message of a server with its usual
    /// settings has 1 MiB at most, and the server's limit is kept whatever is set here.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How many appends may be under way; one more is refused as overload. 4,096 unless set.
    #[must_use]
    pub fn queue(mut self, appends: usize) -> Self {
        self.queue = appends.max(1);
        self
    }

    /// How long the servers may take to answer one message, before the answer counts as lost; 2 seconds unless set.
    #[must_use]
    pub fn call_timeout(mut self, timeout: Duration) -> Self {
        self.call_timeout = timeout;
        self
    }

    /// How long a request is tried again while there is no leader, while answers are lost, or while others are always
    /// faster; 15 seconds unless set.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// How the client connects: credentials, tokens, NKeys, TLS, names, timeouts, as [`async_nats`] has them. Unless set, a
    /// server that does not answer is noticed within about three seconds.
    #[must_use]
    pub fn connect_options(mut self, options: ConnectOptions) -> Self {
        self.connect = options;
        self
    }

    /// Opens the store on these servers, and makes it if there is none: `nats://one:4222,nats://two:4222`, or `tls://…`.
    ///
    /// Must be called inside a tokio runtime, which carries the store's task and the client's for as long as it is open.
    ///
    /// What is not fit to be a store is refused with an error that says what to change: a server older than 2.12, without
    /// JetStream or without batches; a JetStream stream that was made by something else ([`StoreError::NotAStore`]), that
    /// has fewer replicas than are [asked for](Self::replicas), that would drop events by age or number, or that keeps them
    /// in memory.
    pub async fn open(self, url: &str) -> Result<NatsStore, StoreError> {
        open::connect(self, url).await
    }

    /// Opens the store on a connection of the user's own, which stays open when the store is closed.
    pub async fn open_on(self, client: Client) -> Result<NatsStore, StoreError> {
        open::open(self, client, false).await
    }
}

/// What of the options is needed while the store is open.
pub(crate) struct Kept {
    pub(crate) limits: Limits,
    pub(crate) patience: Duration,
}

impl Kept {
    /// How long to wait before something is asked again that could not be answered.
    pub(crate) const PAUSE: Duration = Duration::from_millis(30);
}
