//! Connecting: one host after the other, until one is found that takes writes; each within its time.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use eventsource_core::StoreError;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use tokio_postgres::Config;
use tokio_postgres::config::{Host, TargetSessionAttrs};

use crate::error::{backend, is_final};
use crate::options::{PostgresOptions, Statements};
use crate::session::{Session, carry};
use crate::tls::Tls;

/// How long reaching a host may take, unless the URL says it.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A connection on which nothing comes is tested after this, so often, and so many times, unless the URL says it.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(30);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);
const KEEPALIVE_RETRIES: u32 = 3;
/// What stands in a `Config` for which nobody has set it.
const KEEPALIVE_IDLE_UNSET: Duration = Duration::from_secs(2 * 60 * 60);

/// The pauses between attempts to connect.
const SOON: Duration = Duration::from_millis(20);
const LATER: Duration = Duration::from_millis(500);

/// Makes connections.
pub(crate) struct Connector {
    /// One for each host.
    hosts: Vec<Config>,
    tls: Tls,
    statements: Statements,
    runtime: Handle,
    pub(crate) place: String,
    /// How many connections are open.
    pub(crate) open: Arc<watch::Sender<usize>>,
    /// Ends the tasks that carry connections, where they do not end by themselves.
    pub(crate) end: watch::Sender<bool>,
}

impl Connector {
    /// Must be called inside a tokio runtime.
    pub(crate) fn new(options: &PostgresOptions, url: &str) -> Result<Self, StoreError> {
        let place = format!("schema `{}`", options.schema);
        let mut config: Config = url.parse().map_err(|error: tokio_postgres::Error| {
            backend(&place, "reading the connection string", error)
        })?;
        let place = place_of(&config, &options.schema);
        let tls = Tls::new(options, &config, &place)?;
        let runtime = Handle::try_current().map_err(|error| {
            backend(
                &place,
                "looking for the tokio runtime that carries the store",
                error,
            )
        })?;
        complete(&mut config, options);
        let count = config.get_hosts().len().max(config.get_hostaddrs().len());
        if count == 0 {
            return Err(backend(
                &place,
                "reading the connection string",
                "it names no host",
            ));
        }
        Ok(Self {
            hosts: (0..count)
                .map(|index| with_one_host(&config, index))
                .collect(),
            tls,
            statements: options.statements,
            runtime,
            place,
            open: Arc::default(),
            end: watch::Sender::new(false),
        })
    }

    /// Connects to the first host that takes writes. The error is that of the last one.
    pub(crate) async fn connect(&self) -> Result<Session, Failed> {
        let mut failed = Failed {
            error: backend(&self.place, "connecting", "there is no host"),
            is_final: true,
        };
        for config in &self.hosts {
            let limit = config
                .get_connect_timeout()
                .copied()
                .unwrap_or(CONNECT_TIMEOUT);
            // The driver's own limit ends where the socket is connected; a server that then says nothing is no server.
            match timeout(limit, self.connect_to(config)).await {
                Ok(Ok(session)) => return Ok(session),
                Ok(Err(error)) => {
                    let is_final = is_final(&error);
                    failed = Failed {
                        error: backend(&self.place, "connecting", error),
                        is_final,
                    };
                }
                Err(_) => {
                    let error = format!("the server has not answered within {limit:?}");
                    failed = Failed {
                        error: backend(&self.place, "connecting", error),
                        is_final: false,
                    };
                }
            }
        }
        Err(failed)
    }

    async fn connect_to(&self, config: &Config) -> Result<Session, tokio_postgres::Error> {
        let (client, connection) = self.tls.connect(config).await?;
        let warned = Arc::new(AtomicBool::new(false));
        let carried = carry(connection, Arc::clone(&warned));
        let (open, mut end) = (Open::new(&self.open), self.end.subscribe());
        let task = self.runtime.spawn(async move {
            let _open = open;
            let (carried, ended) = (
                std::pin::pin!(carried),
                std::pin::pin!(end.wait_for(|end| *end)),
            );
            drop(futures_util::future::select(carried, ended).await);
        });
        Ok(Session::new(
            client,
            self.statements,
            warned,
            task.abort_handle(),
        ))
    }

    /// Tries `connect` again and again until `patience` has passed: a server that restarts is there again soon, and
    /// one that takes over as well.
    pub(crate) async fn patiently<T, F>(
        &self,
        patience: Duration,
        mut connect: impl FnMut() -> F,
    ) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, Failed>>,
    {
        let begin = Instant::now();
        let mut pause = SOON;
        loop {
            let failed = match connect().await {
                Ok(connected) => return Ok(connected),
                Err(failed) => failed,
            };
            if failed.is_final || begin.elapsed() + pause >= patience || *self.end.borrow() {
                return Err(failed.error);
            }
            tracing::debug!(error = %failed.error, "not connected, trying again");
            sleep(pause).await;
            pause = (pause * 2).min(LATER);
        }
    }

    pub(crate) fn runtime(&self) -> &Handle {
        &self.runtime
    }
}

/// Why there is no connection, and whether there is none in a moment either.
pub(crate) struct Failed {
    pub(crate) error: StoreError,
    pub(crate) is_final: bool,
}

/// Counts a connection for as long as it is open.
struct Open(Arc<watch::Sender<usize>>);

impl Open {
    fn new(open: &Arc<watch::Sender<usize>>) -> Self {
        open.send_modify(|open| *open += 1);
        Self(Arc::clone(open))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.send_modify(|open| *open -= 1);
    }
}

/// What is left open by the URL, and what a session of the store is like.
fn complete(config: &mut Config, options: &PostgresOptions) {
    if config.get_target_session_attrs() == TargetSessionAttrs::Any {
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
    }
    if config.get_application_name().is_none() {
        config.application_name("eventsource");
    }
    if config.get_keepalives_idle() == KEEPALIVE_IDLE_UNSET {
        config.keepalives_idle(KEEPALIVE_IDLE);
    }
    if config.get_keepalives_interval().is_none() {
        config.keepalives_interval(KEEPALIVE_INTERVAL);
    }
    if config.get_keepalives_retries().is_none() {
        config.keepalives_retries(KEEPALIVE_RETRIES);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(KEEPALIVE_IDLE);
    }
    if options.statements == Statements::Named {
        // Each statement has one good plan, by an index and without a sort; what the planner knows of a table that
        // was empty a moment ago must not talk it into another one, which would then be kept.
        let session = format!(
            "{} -c default_transaction_isolation=read\\ committed -c lock_timeout={}ms -c plan_cache_mode=force_generic_plan \
             -c enable_seqscan=off -c enable_bitmapscan=off -c enable_hashjoin=off -c enable_mergejoin=off \
             -c enable_hashagg=off -c enable_sort=off -c jit=off",
            config.get_options().unwrap_or_default(),
            options.lock_timeout.as_millis(),
        );
        config.options(session);
    }
}

/// The same, for one of its hosts.
fn with_one_host(config: &Config, index: usize) -> Config {
    let mut one = Config::new();
    if let Some(host) = config.get_hosts().get(index) {
        match host {
            Host::Tcp(name) => one.host(name),
            #[cfg(unix)]
            Host::Unix(path) => one.host_path(path),
        };
    }
    if let Some(address) = config.get_hostaddrs().get(index) {
        one.hostaddr(*address);
    }
    let port = config.get_ports().get(index).or(config.get_ports().first());
    port.map(|port| one.port(*port));
    config.get_user().map(|user| one.user(user));
    config.get_password().map(|password| one.password(password));
    config.get_dbname().map(|name| one.dbname(name));
    config.get_options().map(|options| one.options(options));
    config
        .get_application_name()
        .map(|name| one.application_name(name));
    config
        .get_connect_timeout()
        .map(|limit| one.connect_timeout(*limit));
    config
        .get_tcp_user_timeout()
        .map(|limit| one.tcp_user_timeout(*limit));
    config
        .get_keepalives_interval()
        .map(|interval| one.keepalives_interval(interval));
    config
        .get_keepalives_retries()
        .map(|retries| one.keepalives_retries(retries));
    one.keepalives(config.get_keepalives())
        .keepalives_idle(config.get_keepalives_idle())
        .ssl_mode(config.get_ssl_mode())
        .ssl_negotiation(config.get_ssl_negotiation())
        .target_session_attrs(config.get_target_session_attrs())
        .channel_binding(config.get_channel_binding());
    one
}

/// Where the store is, for messages: without the password.
fn place_of(config: &Config, schema: &str) -> String {
    let named = config.get_hosts().iter().enumerate().map(|(index, host)| {
        let port = config
            .get_ports()
            .get(index)
            .or(config.get_ports().first())
            .copied()
            .unwrap_or(5432);
        match host {
            Host::Tcp(name) => format!("{name}:{port}"),
            #[cfg(unix)]
            Host::Unix(path) => format!("{}:{port}", path.display()),
        }
    });
    let hosts: Vec<_> = named.collect();
    let database = config
        .get_dbname()
        .or(config.get_user())
        .unwrap_or_default();
    format!(
        "schema `{schema}` of the database `{database}` at {}",
        hosts.join(",")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_never_shown() {
        let config = "postgres://me:secret@one:1,two:2/shop".parse().unwrap();
        assert_eq!(
            place_of(&config, "s"),
            "schema `s` of the database `shop` at one:1,two:2"
        );
    }

    #[test]
    fn each_host_has_its_own_port() {
        let config: Config = "host=one,two port=1,2 user=me".parse().unwrap();
        assert_eq!(with_one_host(&config, 1).get_ports(), [2]);
        let config: Config = "host=one,two port=7 user=me".parse().unwrap();
        assert_eq!(with_one_host(&config, 1).get_ports(), [7]);
    }
}
