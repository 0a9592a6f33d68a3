//! Servers that are killed, stopped and made to hand over, while tasks write and others ask anything at random: nothing that
//! was acknowledged is lost or doubled, nothing is won twice, and every answer was true when it was given.
//!
//! `scripts/faults-nats` runs the long form.

mod cluster;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use cluster::Cluster;
use eventsource_core::{Position, Store};
use eventsource_faults::write::{Id, writer};
use eventsource_faults::{Audit, rounds};
use eventsource_nats::{NatsStore, async_nats};
use tokio::task::JoinHandle;
use tokio::time::sleep;

const STREAM: &str = "FAULTS";

/// Tasks that write until they are told to stop, what they were told, and how long nobody was told anything.
struct Writers {
    stop: Arc<AtomicBool>,
    running: Vec<JoinHandle<()>>,
    heard: Arc<Mutex<Heard>>,
}

struct Heard {
    audit: Audit,
    acknowledged: u64,
    last: Instant,
    longest: Duration,
}

impl Writers {
    fn start(store: &NatsStore, tasks: u64) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let heard = Arc::new(Mutex::new(Heard {
            audit: Audit::default(),
            acknowledged: 0,
            last: Instant::now(),
            longest: Duration::ZERO,
        }));
        let running = (0..tasks).map(|task| {
            let heard = Arc::clone(&heard);
            let tell = move |id, fate| {
                let mut heard = heard.lock().unwrap();
                heard.audit.note(id, fate);
                if matches!(fate, eventsource_faults::write::Fate::Acknowledged(_)) {
                    heard.acknowledged += 1;
                    heard.longest = heard.longest.max(heard.last.elapsed());
                    heard.last = Instant::now();
                }
            };
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
            heard,
        }
    }

    fn acknowledged(&self) -> u64 {
        self.heard.lock().unwrap().acknowledged
    }

    /// Waits until more appends were acknowledged.
    async fn go_on(&self, what: &str) {
        let (before, begin) = (self.acknowledged(), Instant::now());
        while self.acknowledged() < before + 50 {
            assert!(
                begin.elapsed() < Duration::from_secs(90),
                "after {what} no append was acknowledged for a minute and a half"
            );
            sleep(Duration::from_millis(10)).await;
        }
    }

    async fn end(self) -> (Audit, Duration) {
        self.stop.store(true, Ordering::SeqCst);
        for writer in self.running {
            writer.await.unwrap();
        }
        let heard = Arc::into_inner(self.heard).unwrap().into_inner().unwrap();
        (heard.audit, heard.longest)
    }
}

/// Follows a store through every outage, and says in the end which positions it saw.
fn follower(store: &NatsStore) -> (JoinHandle<Vec<Position>>, eventsource_core::Stopper) {
    let mut events = store.subscribe(Position::START);
    let stopper = events.stopper();
    let following = tokio::spawn(async move {
        let mut seen = Vec::new();
        while let Some(event) = events.next().await {
            // An outage is an error here, and the next call tries again.
            seen.extend(event.ok().map(|event| event.position));
        }
        seen
    });
    (following, stopper)
}

/// Records histories on stores of their own until it is told to stop, and judges each. Says how many.
fn historian(url: String, stop: Arc<AtomicBool>) -> JoinHandle<u64> {
    tokio::spawn(async move {
        let (mut judged, tried) = (0, AtomicU64::new(0));
        while !stop.load(Ordering::SeqCst) {
            let fresh = || async {
                let begin = Instant::now();
                loop {
                    // Each try has a store of its own: one that failed may have been made all the same.
                    let number = tried.fetch_add(1, Ordering::SeqCst);
                    let name = format!("H{}_{number}", std::process::id());
                    let options = NatsStore::options().name(name).replicas(3);
                    match options.patience(Duration::from_secs(60)).open(&url).await {
                        Ok(store) => return store,
                        Err(error) => {
                            assert!(begin.elapsed() < Duration::from_secs(120), "{error}");
                        }
                    }
                    sleep(Duration::from_millis(100)).await;
                }
            };
            let names = [
                "g3_a_history_within_boundaries",
                "g3_a_history_of_a_repository",
            ];
            let broken = eventsource_conformance::check_promises(&names, fresh).await;
            assert!(broken.is_empty(), "{broken:?}");
            judged += names.len() as u64;
        }
        judged
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g1_g3_g5_servers_that_die_stop_and_hand_over() {
    let mut cluster = Cluster::start("outages");
    let store = cluster.open(STREAM).await;
    let servers: Vec<_> = cluster.url().split(',').map(str::to_owned).collect();
    let client = async_nats::connect(servers).await.unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let histories = historian(cluster.url(), Arc::clone(&done));
    let writers = Writers::start(&store, 16);
    let (following, stopper) = follower(&store);
    writers.go_on("the beginning").await;
    for round in 0..rounds("NATS_FAULT_ROUNDS", 6) {
        sleep(Duration::from_micros(round * 7_919 % 200_000)).await;
        let leader = cluster.await_leader(&client, STREAM).await;
        let follower = (leader + 1 + usize::try_from(round % 2).unwrap()) % 3;
        let begin = Instant::now();
        let what = match round % 6 {
            0 => {
                cluster.kill(leader);
                writers.go_on("the leader's death").await;
                cluster.run(leader);
                "the leader was killed"
            }
            1 => {
                cluster.kill(follower);
                writers.go_on("a follower's death").await;
                cluster.run(follower);
                "a follower was killed"
            }
            2 => {
                (0..3).for_each(|node| cluster.kill(node));
                (0..3).for_each(|node| cluster.run(node));
                "all were killed"
            }
            3 => {
                cluster.stop(leader);
                writers.go_on("the leader was stopped").await;
                cluster.go_on(leader);
                "the leader was stopped, and went on"
            }
            4 => {
                cluster.step_down(&client, STREAM).await;
                "the leader handed over"
            }
            _ => {
                cluster.stop(follower);
                writers.go_on("a follower was stopped").await;
                cluster.go_on(follower);
                "a follower was stopped, and went on"
            }
        };
        writers.go_on(what).await;
        println!(
            "round {round}: {what}; 50 more acknowledged after {:?}",
            begin.elapsed()
        );
        // Whoever came back catches up, so that there is a majority without the next one.
        cluster.await_leader(&client, STREAM).await;
        sleep(Duration::from_secs(2)).await;
    }
    done.store(true, Ordering::SeqCst);
    let judged = histories.await.unwrap();
    let (audit, longest) = writers.end().await;
    let found = audit.check(&store).await;
    println!("{found}");
    println!("{judged} histories judged; the longest time without an acknowledgement: {longest:?}");
    println!("{:?}", store.metrics());
    let head = store.head().await.unwrap();
    let all = store
        .read_all(eventsource_core::LogScan::default())
        .await
        .unwrap();
    sleep(Duration::from_secs(3)).await;
    stopper.stop();
    let seen = following.await.unwrap();
    let all: Vec<_> = all.iter().map(|event| event.position).collect();
    assert_eq!(all.last(), Some(&head));
    assert!(
        seen == all,
        "a follower saw {} of {} events",
        seen.len(),
        all.len()
    );
    store.close().await;
}
