//! G1: what was acknowledged is there after a power cut at any operation, whole, and the store can go on.
//!
//! `EVENTSOURCE_POWER_CUTS` says how many cuts there are: 100 unless set; `scripts/power-cuts` makes many more.

mod load;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use eventsource_core::{LogScan, Position, Query, Store, StoreError, StoreIdentity, Tag};
use eventsource_sqlite::{Durability, SqliteStore};
use load::{Sent, folder, judge, mixed};
use power_cuts::{Disk, install};
use rusqlite::Connection;

/// After so many cuts the next ones are on a new, empty disk.
const CUTS_ON_A_DISK: u64 = 25;

fn cuts() -> u64 {
    let cuts = std::env::var("EVENTSOURCE_POWER_CUTS").ok();
    cuts.map_or(100, |cuts| cuts.parse().expect("a number of cuts"))
}

/// Where the first event of each append is that must be there.
#[derive(Default)]
struct Known {
    acknowledged: BTreeMap<Sent, Position>,
    /// What a reader was shown since the last cut.
    seen: BTreeSet<Sent>,
}

/// One disk, and what is known of the store on it.
struct Trial {
    disk: Arc<Disk>,
    file: PathBuf,
    durability: Durability,
    seed: u64,
    next: Arc<AtomicU64>,
    known: Arc<Mutex<Known>>,
    identity: Option<StoreIdentity>,
    /// While it is open, closing a store does not empty the log.
    keeps_log: Option<Connection>,
    numbers: Numbers,
}

#[derive(Debug, Default, Clone, Copy)]
struct Numbers {
    cuts: u64,
    cuts_while_opening: u64,
    acknowledged: u64,
    /// Those that were not acknowledged, but were there afterwards.
    unacknowledged: u64,
    lost: u64,
    /// Power cuts that lost something, and those of them after which the store had a new incarnation.
    losing: u64,
    noticed: u64,
    syncs_of_the_log: u64,
    syncs_of_the_database: u64,
}

impl Trial {
    fn new(folder: &Path, number: u64, durability: Durability) -> Self {
        // A folder of its own, as the file on which processes take turns is a real one.
        let folder = folder.join(number.to_string());
        std::fs::create_dir_all(&folder).unwrap();
        Self {
            disk: Disk::insert(&folder),
            file: folder.join("events.db"),
            durability,
            seed: number,
            next: Arc::default(),
            known: Arc::default(),
            identity: None,
            keeps_log: None,
            numbers: Numbers::default(),
        }
    }

    fn chance(&mut self, limit: u64) -> u64 {
        self.seed += 1_000_003;
        mixed(self.seed, 77) % limit
    }

    async fn open(&self) -> Result<SqliteStore, StoreError> {
        let options = SqliteStore::options()
            .readers(1)
            .durability(self.durability);
        options.open(&self.file).await
    }

    /// Runs until the power is cut, starts again, and looks at what is there.
    async fn cut(&mut self) {
        // Some cuts while the file is opened and what an earlier one has left is put in order.
        if self.chance(3) == 0 {
            let soon = self.chance(30);
            self.disk.cut_after(soon);
        }
        match (self.open().await, self.open().await) {
            (Ok(one), Ok(two)) => {
                let largest = 1 << (3 + self.chance(9));
                let operations = self.chance(largest);
                match self.chance(3) {
                    0 => self.disk.cut_at_sync_after(operations / 32),
                    _ => self.disk.cut_after(operations),
                }
                self.run([one, two]).await;
            }
            (one, two) => {
                let error = one.err().or(two.err());
                assert!(self.disk.is_off(), "opening failed with power: {error:?}");
                self.numbers.cuts_while_opening += 1;
            }
        }
        self.numbers.cuts += 1;
        let seed = self.chance(u64::MAX);
        self.disk.restart(seed);
        self.keeps_log = None;
        self.look().await;
    }

    /// Two stores on one file with three callers each, a reader, and somebody who moves the log into the database.
    async fn run(&mut self, stores: [SqliteStore; 2]) {
        let mut tasks = Vec::new();
        for caller in 0..6 {
            let (next, known) = (Arc::clone(&self.next), Arc::clone(&self.known));
            let (store, disk) = (stores[caller % 2].clone(), Arc::clone(&self.disk));
            tasks.push(tokio::spawn(call(store, disk, next, known)));
        }
        let (store, disk) = (stores[0].clone(), Arc::clone(&self.disk));
        tasks.push(tokio::spawn(read(store, disk, Arc::clone(&self.known))));
        let checkpoints = (self.chance(2) == 0).then(|| self.checkpoints());
        for task in tasks {
            task.await.unwrap();
        }
        if let Some(checkpoints) = checkpoints {
            checkpoints.join().unwrap();
        }
        for store in stores {
            store.close().await;
        }
        assert!(self.disk.is_off());
    }

    /// Moves the log into the database now and then, in each of the ways that SQLite has.
    fn checkpoints(&self) -> JoinHandle<()> {
        let (file, disk) = (self.file.clone(), Arc::clone(&self.disk));
        thread::spawn(move || {
            for kind in ["PASSIVE", "FULL", "RESTART", "TRUNCATE"].iter().cycle() {
                if disk.is_off() {
                    return;
                }
                if let Ok(conn) = Connection::open(&file) {
                    let checkpoint = format!("PRAGMA wal_checkpoint({kind})");
                    let _ = conn.query_row(&checkpoint, [], |_| Ok(()));
                }
                thread::sleep(Duration::from_millis(3));
            }
        })
    }

    /// Looks at what a power cut has left.
    async fn look(&mut self) {
        let store = self.open().await.unwrap();
        let events = store.read_all(LogScan::default()).await.unwrap();
        let found = judge(&events);
        let last = events.last().map_or(Position::START, |last| last.position);
        assert_eq!(store.head().await.unwrap(), last);
        self.compare(&found, store.identity());
        self.keys_and_tags(&store, &found).await;

        // The store can go on: an append that was perhaps in doubt is sent again, and is stored once.
        let sent = Sent(self.next.load(Ordering::SeqCst).saturating_sub(1));
        let again = sent.send(&store).await.unwrap();
        assert_eq!(again.repeated, found.contains_key(&sent), "{sent:?}");
        let first = again.placed[0].position;
        self.known.lock().unwrap().acknowledged.insert(sent, first);

        let conn = Connection::open(&self.file).unwrap();
        let verdict = conn.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0));
        assert_eq!(verdict.unwrap(), "ok");
        self.keeps_log = (self.chance(4) > 0).then_some(conn);
        store.close().await;
    }

    /// What was acknowledged and is not there any more is lost.
    fn compare(&mut self, found: &BTreeMap<Sent, Position>, identity: StoreIdentity) {
        let mut known = self.known.lock().unwrap();
        let acknowledged = std::mem::take(&mut known.acknowledged);
        let (there, lost): (BTreeMap<_, _>, BTreeMap<_, _>) = acknowledged
            .into_iter()
            .partition(|(sent, first)| found.get(sent) == Some(first));
        let mut seen = std::mem::take(&mut known.seen);
        seen.retain(|sent| !found.contains_key(sent));
        let noticed = self.identity.is_some_and(|before| before != identity);
        if self.durability == Durability::Full {
            assert!(lost.is_empty(), "acknowledged, and lost: {lost:?}");
            assert!(seen.is_empty(), "seen by a reader, and lost: {seen:?}");
            assert!(!noticed, "nothing was lost, but the store has a new life");
        }
        let numbers = &mut self.numbers;
        numbers.lost += lost.len() as u64;
        numbers.losing += u64::from(!lost.is_empty());
        numbers.noticed += u64::from(!lost.is_empty() && noticed);
        numbers.acknowledged = there.len() as u64 - numbers.unacknowledged;
        numbers.unacknowledged += (found.len() - there.len()) as u64;
        // What was not acknowledged and is there was seen now, so it must stay.
        known.acknowledged.clone_from(found);
        self.identity = Some(identity);
    }

    /// The keys and stamps answer, and the tags find: a part of them each time.
    async fn keys_and_tags(&mut self, store: &SqliteStore, found: &BTreeMap<Sent, Position>) {
        let (part, sent) = (self.chance(8), self.next.load(Ordering::SeqCst));
        for sent in (0..sent).map(Sent).filter(|sent| sent.0 % 8 == part) {
            if sent.is_stamped() {
                if let Some(first) = found.get(&sent) {
                    let again = sent.send(store).await.unwrap().placed;
                    assert_eq!(again[0].position, *first, "the stamp of {sent:?}");
                    assert_eq!(again.len() as u64, sent.records());
                }
                continue;
            }
            let outcome = store.outcome(sent.key()).await.unwrap();
            let first = outcome.as_ref().map(|outcome| outcome.placed[0].position);
            assert_eq!(first, found.get(&sent).copied(), "the key of {sent:?}");
            if let Some(outcome) = outcome {
                assert_eq!(outcome.placed.len() as u64, sent.records());
            }
        }
        let group = self.chance(5);
        let query = Query::all().tagged(Tag::new("group", group));
        let tagged = LogScan::default().matching(query);
        let tagged = store.read_all(tagged).await.unwrap();
        let of_group = found.keys().filter(|sent| sent.0 % 5 == group);
        let expected: u64 = of_group.map(|sent| sent.records()).sum();
        assert_eq!(tagged.len() as u64, expected, "events of group {group}");
    }
}

/// Appends until the power is off.
async fn call(store: SqliteStore, disk: Arc<Disk>, next: Arc<AtomicU64>, known: Arc<Mutex<Known>>) {
    loop {
        let sent = Sent(next.fetch_add(1, Ordering::SeqCst));
        match sent.send(&store).await {
            Ok(made) => {
                let first = made.placed[0].position;
                known.lock().unwrap().acknowledged.insert(sent, first);
            }
            Err(error) => {
                assert!(disk.is_off(), "an append failed with power: {error}");
                return;
            }
        }
    }
}

/// Reads what is new until the power is off.
async fn read(store: SqliteStore, disk: Arc<Disk>, known: Arc<Mutex<Known>>) {
    let mut after = store.head().await.unwrap_or_default();
    while !disk.is_off() {
        let Ok(events) = store.read_all(LogScan::after(after)).await else {
            return;
        };
        let seen = events.iter().map(|event| Sent::of(event).0);
        known.lock().unwrap().seen.extend(seen);
        after = events.last().map_or(after, |event| event.position);
        tokio::task::yield_now().await;
    }
}

/// Cuts the power so often, on one disk after the other.
async fn trials(name: &str, cuts: u64, durability: Durability) -> Numbers {
    install();
    let folder = folder(name);
    let mut all = Numbers::default();
    for number in 0..cuts.div_ceil(CUTS_ON_A_DISK) {
        let mut trial = Trial::new(&folder, number, durability);
        while trial.numbers.cuts < CUTS_ON_A_DISK && all.cuts + trial.numbers.cuts < cuts {
            trial.cut().await;
        }
        let of = trial.numbers;
        all.cuts += of.cuts;
        all.cuts_while_opening += of.cuts_while_opening;
        all.acknowledged += of.acknowledged;
        all.unacknowledged += of.unacknowledged;
        all.lost += of.lost;
        all.losing += of.losing;
        all.noticed += of.noticed;
        all.syncs_of_the_log += trial.disk.syncs("-wal");
        all.syncs_of_the_database += trial.disk.syncs(".db");
        trial.disk.remove();
    }
    println!("{name}: {all:?}");
    std::fs::remove_dir_all(folder).unwrap();
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn g1_what_was_acknowledged_survives_power_cuts() {
    let numbers = trials("full", cuts(), Durability::Full).await;
    assert_eq!(numbers.lost, 0);
    // The cuts were where something could have been lost.
    assert!(numbers.acknowledged > numbers.cuts, "{numbers:?}");
    assert!(numbers.unacknowledged > 0, "{numbers:?}");
    assert!(numbers.cuts_while_opening > 0, "{numbers:?}");
    assert!(
        numbers.syncs_of_the_database > numbers.cuts / 4,
        "{numbers:?}"
    );
}

/// The same without the syncs: the test finds what is lost then, so it would have found it above.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_syncs_appends_are_lost() {
    let numbers = trials("process", cuts().div_ceil(4), Durability::Process).await;
    assert!(numbers.lost > 0, "{numbers:?}");
}
