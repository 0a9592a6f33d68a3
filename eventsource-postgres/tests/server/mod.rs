//! A PostgreSQL cluster of a test's own, which the test may kill, restart, fill, copy, promote and restore.
//!
//! The programs are those in `EVENTSOURCE_POSTGRES_BIN`, which `scripts/with-servers` sets. They refuse to run as root,
//! so root runs them as the user `postgres`.

#![allow(dead_code, reason = "every test wants another part of it")]

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

/// Nothing that a server does here takes so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// A cluster in a scratch folder, on a port of the loopback interface. Dropping it stops the server and removes the
/// folder.
pub struct Cluster {
    folder: PathBuf,
    port: u16,
    settings: Vec<String>,
    postmaster: Option<Child>,
}

/// A part of a cluster's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The tables: where there is no space for them, a statement fails.
    Tables,
    /// The log of changes (WAL): where there is no space for it, the server dies.
    Log,
}

impl Cluster {
    /// A new cluster with these settings (`name=value`), running.
    pub fn start(name: &str, settings: &[&str]) -> Self {
        let mut cluster = Self::prepare(name, settings);
        Self::init(&cluster.data(), &[]);
        cluster.run();
        cluster
    }

    /// The same with this part of its files in another folder.
    pub fn start_with(name: &str, part: Part, folder: &Path) -> Self {
        let mut cluster = Self::prepare(name, &[]);
        match part {
            Part::Tables => {
                let data = folder.join("data");
                let log = cluster.folder.join("log-of-changes");
                Self::init(&data, &[&format!("--waldir={}", log.display())]);
                std::os::unix::fs::symlink(data, cluster.data()).unwrap();
            }
            Part::Log => {
                let log = folder.join("log-of-changes");
                let log = format!("--waldir={}", log.display());
                Self::init(&cluster.data(), &[&log, "--wal-segsize=1"]);
            }
        }
        cluster.run();
        cluster
    }

    /// The same with a certificate and its key, as PEM: connections may be encrypted.
    pub fn start_encrypted(name: &str, certificate: &str, key: &str) -> Self {
        let mut cluster = Self::prepare(name, &["ssl=on"]);
        for (setting, pem) in [("ssl_cert_file", certificate), ("ssl_key_file", key)] {
            let file = cluster.folder.join(setting);
            fs::write(&file, pem).unwrap();
            // The server takes no key that others may read.
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
            give_away(&file);
            cluster
                .settings
                .push(format!("{setting}={}", file.display()));
        }
        Self::init(&cluster.data(), &[]);
        cluster.run();
        cluster
    }

    /// A copy of this cluster that follows it, running.
    pub fn standby(&self, name: &str) -> Self {
        let mut standby = Self::prepare(name, &[]);
        standby.settings.clone_from(&self.settings);
        succeed(
            program("pg_basebackup")
                .args([
                    "--checkpoint=fast",
                    "--wal-method=stream",
                    "--write-recovery-conf",
                ])
                .arg(format!("--dbname={}", self.url("postgres")))
                .arg(format!("--pgdata={}", standby.data().display())),
        );
        standby.run();
        let streaming = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'";
        wait("a standby that follows", || {
            self.sql("postgres", streaming) == "1"
        });
        standby
    }

    /// Makes a standby a server of its own.
    pub fn promote(&self) {
        self.sql("postgres", "SELECT pg_promote(true, 60)");
        wait("a promotion", || {
            self.sql("postgres", "SELECT pg_is_in_recovery()") == "f"
        });
    }

    fn prepare(name: &str, settings: &[&str]) -> Self {
        static COUNT: AtomicU16 = AtomicU16::new(0);
        let count = COUNT.fetch_add(1, Ordering::SeqCst);
        let folder =
            std::env::temp_dir().join(format!("eventsource-{name}-{}-{count}", std::process::id()));
        fs::remove_dir_all(&folder).ok();
        fs::create_dir(&folder).unwrap();
        give_away(&folder);
        Self {
            folder,
            port: free_port(),
            settings: settings.iter().map(ToString::to_string).collect(),
            postmaster: None,
        }
    }

    fn init(data: &Path, more: &[&str]) {
        succeed(
            program("initdb")
                .arg(format!("--pgdata={}", data.display()))
                .args(["--username=postgres", "--auth=trust", "--encoding=UTF8"])
                .args(["--locale=C", "--no-sync"])
                .args(more),
        );
    }

    /// Starts the server again after [`kill`](Self::kill) or [`stop`](Self::stop).
    pub fn run(&mut self) {
        let begin = Instant::now();
        while !self.try_run() {
            // The old server's processes may still hold its shared memory.
            assert!(begin.elapsed() < PATIENCE, "{}", self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Starts the server; false if it has ended before it took connections.
    pub fn try_run(&mut self) -> bool {
        assert!(self.postmaster.is_none(), "the server runs already");
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(self.folder.join("log"))
            .unwrap();
        let mut command = program("postgres");
        command
            .args(["-D", &self.data().display().to_string()])
            .args(["-k", &self.folder.display().to_string()])
            .args(["-p", &self.port.to_string()])
            .args([
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "shared_buffers=16MB",
            ]);
        for setting in &self.settings {
            command.args(["-c", setting]);
        }
        let mut postmaster = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("a server");
        let begin = Instant::now();
        loop {
            if postmaster.try_wait().unwrap().is_some() {
                return false;
            }
            if self.try_sql("postgres", "SELECT 1").is_ok() {
                break;
            }
            assert!(begin.elapsed() < PATIENCE, "{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        self.postmaster = Some(postmaster);
        true
    }

    /// Kills the postmaster, as `kill -9` does. Its other processes notice and end.
    pub fn kill(&mut self) {
        let mut postmaster = self.postmaster.take().expect("a server that runs");
        postmaster.kill().unwrap();
        postmaster.wait().unwrap();
    }

    /// Kills one of the processes that serve clients, if there is one: the server then ends all others, and recovers.
    pub fn kill_a_backend(&self, which: usize) -> bool {
        let backends = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'
            AND pid <> pg_backend_pid() ORDER BY pid";
        let Ok(pids) = self.try_sql("postgres", backends) else {
            return false;
        };
        let pids: Vec<_> = pids.lines().collect();
        match pids.get(which % pids.len().max(1)) {
            Some(pid) => signal("KILL", pid),
            None => false,
        }
    }

    /// Shuts the server down in good order.
    pub fn stop(&mut self) {
        self.end("INT");
    }

    fn end(&mut self, name: &str) {
        let Some(mut postmaster) = self.postmaster.take() else {
            return;
        };
        signal(name, &postmaster.id().to_string());
        let begin = Instant::now();
        while postmaster.try_wait().is_ok_and(|status| status.is_none()) {
            if begin.elapsed() > PATIENCE {
                postmaster.kill().ok();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Whether the server that was started still runs. One that is killed by a full disk does not.
    pub fn runs(&mut self) -> bool {
        let Some(postmaster) = &mut self.postmaster else {
            return false;
        };
        if postmaster.try_wait().unwrap().is_none() {
            return true;
        }
        self.postmaster = None;
        false
    }

    /// Where a client finds this database.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Its port, for a proxy in front of it, or for an address that names several servers.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A new, empty database, and its URL.
    pub fn database(&self, name: &str) -> String {
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        self.url(name)
    }

    /// What statements answer, in psql's unaligned form.
    pub fn sql(&self, database: &str, statements: &str) -> String {
        self.try_sql(database, statements)
            .unwrap_or_else(|error| panic!("{statements}: {error}"))
    }

    fn try_sql(&self, database: &str, statements: &str) -> Result<String, String> {
        let output = program("psql")
            .args([
                "-X",
                "-A",
                "-t",
                "-q",
                "-v",
                "ON_ERROR_STOP=1",
                "-c",
                statements,
            ])
            .arg(self.url(database))
            .output()
            .unwrap();
        match output.status.success() {
            true => Ok(String::from_utf8(output.stdout).unwrap().trim().to_owned()),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        }
    }

    /// Changes a setting of the running server.
    pub fn set(&self, setting: &str, value: &str) {
        self.sql("postgres", &format!("ALTER SYSTEM SET {setting} = {value}"));
        self.sql("postgres", "SELECT pg_reload_conf()");
        wait("a changed setting", || {
            let is = self.sql("postgres", &format!("SHOW {setting}"));
            is == value.trim_matches('\'')
        });
    }

    /// Writes this database into a file, as a nightly dump does.
    pub fn dump(&self, database: &str) -> PathBuf {
        let file = self.folder.join(format!("{database}.dump"));
        succeed(
            program("pg_dump")
                .args(["--format=custom", "--file", &file.display().to_string()])
                .arg(self.url(database)),
        );
        file
    }

    /// Replaces this database by what a dump holds.
    pub fn restore(&self, database: &str, dump: &Path) {
        self.sql(
            "postgres",
            &format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)"),
        );
        self.database(database);
        succeed(
            program("pg_restore")
                .args(["--exit-on-error", "--dbname", &self.url(database)])
                .arg(dump),
        );
    }

    /// The end of the server's log.
    pub fn log(&self) -> String {
        let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        let early = [
            "starting up",
            "not yet accepting",
            "Consistent recovery state",
        ];
        let lines: Vec<_> = log
            .lines()
            .filter(|line| !early.iter().any(|early| line.contains(early)))
            .collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the server's log ends with:\n{}", self.log());
        }
        self.end("QUIT");
        fs::remove_dir_all(&self.folder).ok();
    }
}

/// A new, empty database in the server that all tests share, and its URL.
pub fn shared_database(name: &str) -> String {
    static COUNT: AtomicU16 = AtomicU16::new(0);
    let count = COUNT.fetch_add(1, Ordering::SeqCst);
    let server = shared("EVENTSOURCE_POSTGRES");
    let name = format!("{name}_{}_{count}", std::process::id());
    succeed(
        program("psql")
            .args(["-X", "-q", "-c", &format!("CREATE DATABASE {name}")])
            .arg(&server),
    );
    in_database(&server, &name)
}

/// The URL of a server that all tests share: the variable is `EVENTSOURCE_POSTGRES` or `EVENTSOURCE_PGBOUNCER`.
pub fn shared(variable: &str) -> String {
    std::env::var(variable)
        .unwrap_or_else(|_| panic!("{variable} is not set: run the tests with scripts/test"))
}

/// The same server, another database.
pub fn in_database(server: &str, database: &str) -> String {
    let (address, _) = server.rsplit_once('/').expect("a URL with a database");
    format!("{address}/{database}")
}

/// Waits until something is so.
pub fn wait(what: &str, so: impl Fn() -> bool) {
    let begin = Instant::now();
    while !so() {
        assert!(begin.elapsed() < PATIENCE, "waited too long for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Sends a signal to a process; false if there is none. The shell's own `kill`: the program is not everywhere.
pub fn signal(name: &str, pid: &str) -> bool {
    let status = Command::new("sh")
        .args(["-c", &format!("kill -{name} {pid}")])
        .stderr(Stdio::null())
        .status();
    status.unwrap().success()
}

/// One of the server's programs, to be run as somebody whom it accepts.
fn program(name: &str) -> Command {
    let folder = std::env::var("EVENTSOURCE_POSTGRES_BIN").expect(
        "EVENTSOURCE_POSTGRES_BIN, the folder of PostgreSQL's programs: run the tests with scripts/test",
    );
    let mut command = Command::new(Path::new(&folder).join(name));
    command.current_dir("/");
    if let Some((uid, gid)) = somebody_else() {
        command.uid(uid).gid(gid);
    }
    command
}

/// Makes a folder the property of the user whom the server runs as.
pub fn give_away(folder: &Path) {
    if let Some((uid, gid)) = somebody_else() {
        std::os::unix::fs::chown(folder, Some(uid), Some(gid)).unwrap();
    }
}

/// The user and group `postgres`, if this process is root's.
fn somebody_else() -> Option<(u32, u32)> {
    use std::os::unix::fs::MetadataExt;
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let user = users
        .lines()
        .find_map(|line| line.strip_prefix("postgres:"))
        .expect("a user `postgres`, which comes with the server");
    let mut numbers = user
        .split(':')
        .skip(1)
        .map(|number| number.parse().unwrap());
    Some((numbers.next()?, numbers.next()?))
}

fn succeed(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A port on which nobody listens, and which no client is given while a server is away.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let begin = u16::try_from(std::process::id() % 9_000).unwrap();
    loop {
        let port = 20_000 + (begin + NEXT.fetch_add(7, Ordering::SeqCst)) % 12_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
