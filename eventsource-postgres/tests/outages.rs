//! A server that goes away and comes back: killed, stopped, without space, read-only. The store recovers by itself, and
//! what it has said of an append is true.

mod server;

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use eventsource_core::{AppendError, LogScan, Position, Stopper, Store};
use eventsource_faults::write::{Fate, Id, writer};
use eventsource_faults::{Audit, rounds};
use eventsource_postgres::PostgresStore;
use server::{Cluster, Part};
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// Tasks that write until they are told to stop, and what they were told.
struct Writers {
    stop: Arc<AtomicBool>,
    running: Vec<JoinHandle<()>>,
    audit: Arc<Mutex<Audit>>,
}

impl Writers {
    fn start(store: &PostgresStore, tasks: u64) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let audit = Arc::new(Mutex::new(Audit::default()));
        let running = (0..tasks).map(|task| {
            let audit = Arc::clone(&audit);
            let tell = move |id, fate| audit.lock().unwrap().note(id, fate);
            let id = Id {
                who: 0,
                task,
                number: 0,
            };
            tokio::spawn(writer(store.clone(), id, false, Arc::clone(&stop), tell))
        });
        Self {
            running: running.collect(),
            stop,
            audit,
        }
    }

    fn acknowledged(&self) -> u64 {
        self.audit.lock().unwrap().acknowledged()
    }

    /// Waits until more appends were acknowledged.
    async fn go_on(&self, what: &str) {
        let (before, begin) = (self.acknowledged(), Instant::now());
        while self.acknowledged() < before + 50 {
            assert!(
                begin.elapsed() < Duration::from_secs(60),
                "after {what} no append was acknowledged for a minute"
            );
            sleep(Duration::from_millis(10)).await;
        }
    }

    async fn end(self) -> Audit {
        self.stop.store(true, Ordering::SeqCst);
        for writer in self.running {
            writer.await.unwrap();
        }
        Arc::into_inner(self.audit).unwrap().into_inner().unwrap()
    }
}

/// Follows a store through every outage, and says in the end which positions it saw.
fn follower(store: &PostgresStore) -> (JoinHandle<Vec<u64>>, Stopper) {
    let mut events = store.subscribe(Position::START);
    let stopper = events.stopper();
    let following = tokio::spawn(async move {
        let mut seen = Vec::new();
        while let Some(event) = events.next().await {
            // An outage is an error here, and the next call tries again.
            seen.extend(event.ok().map(|event| event.position.0));
        }
        seen
    });
    (following, stopper)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g1_a_killed_server_loses_nothing() {
    let mut cluster = Cluster::start("kills", &[]);
    let store = PostgresStore::open(&cluster.database("events"))
        .await
        .unwrap();
    let writers = Writers::start(&store, 16);
    let (following, stopper) = follower(&store);
    writers.go_on("the beginning").await;
    for kill in 0..rounds("SERVER_KILL_ROUNDS", 4) {
        sleep(Duration::from_micros(kill * 7_919 % 100_000)).await;
        if kill % 2 == 0 {
            cluster.kill();
            cluster = tokio::task::spawn_blocking(move || {
                cluster.run();
                cluster
            })
            .await
            .unwrap();
        } else {
            assert!(cluster.kill_a_backend(usize::try_from(kill / 2).unwrap()));
        }
        writers.go_on("a kill").await;
    }
    let audit = writers.end().await;
    let found = audit.check(&store).await;
    println!("{found}");
    let head = store.head().await.unwrap();
    let begin = Instant::now();
    while store.head().await.unwrap() > head || begin.elapsed() < Duration::from_millis(500) {
        sleep(Duration::from_millis(50)).await;
    }
    stopper.stop();
    let seen = following.await.unwrap();
    assert_eq!(
        seen,
        (1..=head.0).collect::<Vec<_>>(),
        "what a follower saw"
    );
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g5_a_process_of_the_server_that_is_stopped() {
    let cluster = Cluster::start("stopped", &[]);
    let url = cluster.database("events");
    let impatient = || {
        PostgresStore::options()
            .lock_timeout(Duration::from_millis(100))
            .call_timeout(Duration::from_secs(1))
            .patience(Duration::from_secs(1))
    };
    let store = impatient().open(&url).await.unwrap();
    let writers = Writers::start(&store, 8);
    let beside = impatient().open(&url).await.unwrap();
    let mut audit = Audit::default();
    let mut held = 0;
    for stop in 0..rounds("BACKEND_STOP_ROUNDS", 6) {
        writers.go_on("a stop").await;
        // Whichever process appends at this moment; more often than not it holds the lock.
        let appending = "SELECT pid FROM pg_stat_activity WHERE state = 'active'
            AND query LIKE '%append%' AND pid <> pg_backend_pid() LIMIT 1";
        let mut pid = String::new();
        while pid.is_empty() {
            pid = cluster.sql("postgres", appending);
        }
        assert!(server::signal("STOP", &pid));
        let id = Id {
            who: 1,
            task: stop,
            number: 0,
        };
        let begin = Instant::now();
        let answer = id.send(&beside).await;
        let taken = begin.elapsed();
        assert!(
            taken < Duration::from_secs(20),
            "an append beside a stopped process took {taken:?}"
        );
        match answer {
            Ok(appended) => audit.note(id, Fate::Acknowledged(appended.placed[0].position)),
            Err(AppendError::Store(error)) => {
                held += 1;
                println!("beside a process that is stopped with the lock: {error}");
                audit.note(id, Fate::Refused);
            }
            Err(AppendError::Unknown { .. }) => audit.note(id, Fate::GivenUp),
            Err(error) => panic!("{error:?}"),
        }
        assert!(server::signal("CONT", &pid));
    }
    writers.go_on("the last stop").await;
    let found = writers.end().await.check(&beside).await;
    println!("{found}; {held} times the lock was held");
    audit.check(&beside).await;
    store.close().await;
    beside.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g8_a_server_that_is_read_only_says_so() {
    let cluster = Cluster::start("readonly", &[]);
    let store = PostgresStore::open(&cluster.database("events"))
        .await
        .unwrap();
    let id = |number| Id {
        who: 9,
        task: 9,
        number,
    };
    id(0).send(&store).await.unwrap();
    cluster.set("default_transaction_read_only", "on");
    for number in 1..8 {
        match id(number).send(&store).await {
            Err(AppendError::Store(error)) => {
                let text = error.to_string();
                assert!(text.contains("read-only"), "{text}");
            }
            other => panic!("{other:?}"),
        }
    }
    // What a connection is there for can be read; a new one is refused, since it might lead to a standby.
    match store.read_all(LogScan::default()).await {
        Ok(events) => assert_eq!(events.len(), 1),
        Err(error) => assert!(error.to_string().contains("not allow writes"), "{error}"),
    }
    cluster.set("default_transaction_read_only", "off");
    let mut audit = Audit::default();
    for number in 1..8 {
        audit.note(id(number), Fate::Refused);
    }
    for number in 8..16 {
        let placed = id(number).send(&store).await.unwrap().placed;
        audit.note(id(number), Fate::Acknowledged(placed[0].position));
    }
    audit.check(&store).await;
    store.close().await;
}

/// A small disk of its own, in memory.
struct Disk(PathBuf);

impl Disk {
    /// # Panics
    ///
    /// If this user may not mount: run the tests as root, as in a container.
    fn mount(name: &str, megabytes: usize) -> Self {
        let path =
            std::env::temp_dir().join(format!("eventsource-disk-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={megabytes}m"), "tmpfs"])
            .arg(&path)
            .status()
            .unwrap();
        assert!(
            mounted.success(),
            "a test of a full disk mounts one, which needs root: run it as root in a container, or leave it out with \
             `--skip full_disk`"
        );
        server::give_away(&path);
        Self(path)
    }

    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }

    /// Takes all of the space that is left.
    fn fill(&self) {
        let mut file = std::fs::File::create(self.ballast()).unwrap();
        let block = [0; 4 << 10];
        while std::io::Write::write_all(&mut file, &block).is_ok() {}
    }

    fn free(&self) {
        std::fs::remove_file(self.ballast()).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        Command::new("umount")
            .args(["-l"])
            .arg(&self.0)
            .status()
            .ok();
        std::fs::remove_dir(&self.0).ok();
    }
}

/// Writes until the disk is full, and on after it was cleared. The server dies of it if its log of changes is there.
async fn a_full_disk(part: Part, megabytes: usize) {
    let disk = Disk::mount(&format!("{part:?}").to_lowercase(), megabytes);
    let mut cluster = Cluster::start_with("full", part, &disk.0);
    let store = PostgresStore::open(&cluster.database("events"))
        .await
        .unwrap();
    let writers = Writers::start(&store, 8);
    writers.go_on("the beginning").await;
    disk.fill();
    // Full, once nothing is acknowledged any more for a while.
    let begin = Instant::now();
    let mut acknowledged = 0;
    while cluster.runs() && writers.acknowledged() > acknowledged {
        acknowledged = writers.acknowledged();
        assert!(
            begin.elapsed() < Duration::from_secs(60),
            "the disk is not full after {acknowledged} appends"
        );
        sleep(Duration::from_secs(1)).await;
    }
    match part {
        Part::Tables => {
            let id = Id {
                who: 5,
                task: 5,
                number: 1,
            };
            let text = id.send(&store).await.unwrap_err().to_string();
            assert!(text.contains("No space left on device"), "{text}");
            let head = store.head().await.unwrap();
            assert!(head > Position(50), "what is there can be read");
            assert!(cluster.runs());
        }
        Part::Log => assert!(cluster.log().contains("PANIC"), "{}", cluster.log()),
    }
    disk.free();
    // A server that has died of it tries to recover for a while, and may give up.
    sleep(Duration::from_secs(1)).await;
    if !cluster.runs() {
        cluster.run();
    }
    writers.go_on("there is space again").await;
    let found = writers.end().await.check(&store).await;
    println!("{found}");
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g8_a_full_disk_under_the_tables() {
    a_full_disk(Part::Tables, 64).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g1_a_full_disk_under_the_log_of_changes() {
    a_full_disk(Part::Log, 48).await;
}
