//! The tests in two processes can fail: stores that keep every promise as long as one process is alone are found out.

use std::collections::HashMap;
use std::sync::Arc;

use eventsource_conformance::{
    accounts, check_in_two_processes, check_reopening, histories, hold, keys, order, streams, two,
};
use eventsource_core::{
    Append, AppendError, Appended, Check, Conflict, Key, LogScan, Outcome, Position, Store,
    StoreError, StoreIdentity, StoredEvent, StreamName, StreamScan, Version, Visit,
};
use eventsource_sqlite::SqliteStore;
use tempfile::TempDir;
use tokio::sync::{Mutex, watch};

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    /// What was loaded is kept, until an append of this process to it succeeds.
    KeepsLoads,
    /// Checks are judged here, one append at a time, and the file is told of no check.
    JudgesHere,
    /// Keys are kept in memory.
    KeepsKeys,
    /// Who waits is woken by the appends of this process.
    WakesHere,
}

/// A store in a file, with a fault that shows when another process uses the file.
#[derive(Clone)]
struct Alone {
    store: SqliteStore,
    fault: Fault,
    state: Arc<Mutex<State>>,
    appended: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    loads: HashMap<StreamName, Vec<StoredEvent>>,
    keys: HashMap<Key, Outcome>,
}

impl Alone {
    async fn open(path: &str, fault: Fault) -> Self {
        let store = SqliteStore::open(path).await.expect("the store opens");
        Self {
            store,
            fault,
            state: Arc::default(),
            appended: watch::Sender::new(0),
        }
    }

    async fn append_alone(
        &self,
        append: &Append,
        state: &mut State,
    ) -> Result<Appended, AppendError> {
        let Some(stream) = append.records().first().map(|record| &record.stream) else {
            return self.store.append(Arc::new(append.clone())).await;
        };
        let mut sent = Append::to(stream.clone());
        for record in append.records() {
            sent = sent.event(record.event.clone());
        }
        sent = append
            .expected_incarnation()
            .into_iter()
            .fold(sent, Append::incarnation);
        // A key that was used answers before the checks do.
        let key = append.idempotency_key();
        let known = match (self.fault, key) {
            (Fault::KeepsKeys, Some(key)) => state
                .keys
                .iter()
                .find(|(known, _)| known.id == key.id)
                .map(|(_, outcome)| outcome.clone()),
            (_, Some(key)) => self.store.outcome(*key).await?,
            _ => None,
        };
        if let (Some(known), Some(key)) = (known, key) {
            return match known.digest == key.digest {
                true => Ok(Appended {
                    placed: known.placed,
                    repeated: true,
                }),
                false => Err(AppendError::KeyReused),
            };
        }
        let there = self
            .store
            .read_stream(StreamScan::of(stream.clone()))
            .await?;
        for check in append.checks() {
            let Check::Stream(check) = check else {
                continue;
            };
            let actual = Version(there.len() as u64);
            if !check.holds(actual) {
                let missed = there
                    .get(usize::try_from(check.seen().0).unwrap_or(usize::MAX)..)
                    .unwrap_or_default();
                let missed = if missed.len() > eventsource_core::MISSED_LIMIT {
                    &[]
                } else {
                    missed
                };
                let conflict = Conflict::Stream {
                    check: check.clone(),
                    actual,
                    missed: missed.to_vec(),
                };
                return Err(AppendError::Conflict(Box::new(conflict)));
            }
        }
        if let (Fault::JudgesHere, Some(key)) = (self.fault, key) {
            sent = sent.key(*key);
        }
        let made = self.store.append(Arc::new(sent)).await?;
        if let Some(key) = key {
            state.keys.insert(
                *key,
                Outcome {
                    digest: key.digest,
                    placed: made.placed.clone(),
                },
            );
        }
        Ok(made)
    }
}

impl Store for Alone {
    fn identity(&self) -> StoreIdentity {
        self.store.identity()
    }

    async fn append(&self, append: Arc<Append>) -> Result<Appended, AppendError> {
        // In a task of its own: one that is given up half-way would be a fault that one process shows.
        let this = self.clone();
        let done = tokio::spawn(async move {
            let mut state = this.state.lock().await;
            let answer = match this.fault {
                Fault::JudgesHere | Fault::KeepsKeys => {
                    this.append_alone(&append, &mut state).await
                }
                Fault::KeepsLoads | Fault::WakesHere => {
                    this.store.append(Arc::clone(&append)).await
                }
            };
            // Of a refusal it learns nothing: the longer it shows what is no more, the surer it is found out.
            if answer.is_ok() {
                for record in append.records() {
                    state.loads.remove(&record.stream);
                }
            }
            this.appended.send_modify(|appended| *appended += 1);
            answer
        });
        done.await.expect("the append does not panic")
    }

    async fn outcome(&self, key: Key) -> Result<Option<Outcome>, StoreError> {
        match self.fault {
            Fault::KeepsKeys => {
                let state = self.state.lock().await;
                Ok(state
                    .keys
                    .iter()
                    .find(|(known, _)| known.id == key.id)
                    .map(|(_, outcome)| outcome.clone()))
            }
            _ => self.store.outcome(key).await,
        }
    }

    async fn scan_stream<V: Visit>(
        &self,
        scan: StreamScan,
        mut visitor: V,
    ) -> Result<V, StoreError> {
        if self.fault != Fault::KeepsLoads {
            return self.store.scan_stream(scan, visitor).await;
        }
        let mut state = self.state.lock().await;
        if !state.loads.contains_key(&scan.stream) {
            let whole = StreamScan::of(scan.stream.clone());
            let events = self.store.read_stream(whole).await?;
            state.loads.insert(scan.stream.clone(), events);
        }
        let until = scan.until.unwrap_or(Version(u64::MAX));
        let mut asked: Vec<_> = state.loads[&scan.stream]
            .iter()
            .filter(|event| event.version > scan.after && event.version <= until)
            .collect();
        if scan.backwards {
            asked.reverse();
        }
        for event in asked.into_iter().take(scan.limit.unwrap_or(usize::MAX)) {
            if visitor.visit(event.as_ref()).is_break() {
                break;
            }
        }
        Ok(visitor)
    }

    async fn scan_all<V: Visit>(
        &self,
        scan: LogScan,
        visitor: V,
    ) -> Result<(V, Position), StoreError> {
        self.store.scan_all(scan, visitor).await
    }

    async fn head(&self) -> Result<Position, StoreError> {
        self.store.head().await
    }

    async fn wait_beyond(&self, position: Position) -> Result<(), StoreError> {
        if self.fault != Fault::WakesHere {
            return self.store.wait_beyond(position).await;
        }
        let mut appended = self.appended.subscribe();
        while self.store.head().await? <= position {
            let _ = appended.changed().await;
        }
        Ok(())
    }
}

async fn fresh() -> (String, TempDir) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder for the test");
    (
        folder.path().join("events.db").display().to_string(),
        folder,
    )
}

/// The fault breaks this promise of two processes; the test has the promise's name, in a module of the fault.
macro_rules! found_out {
    ($($fault_name:ident: $fault:ident breaks $($promise:ident)*;)*) => {$(
        mod $fault_name {
            use super::*;
            $(
                #[test]
                fn $promise() {
                    let name = concat!(module_path!(), "::", stringify!($promise));
                    let open = async |path: &str| Alone::open(path, Fault::$fault).await;
                    let try_it = || check_in_two_processes(stringify!($promise), name, open, fresh, two::$promise);
                    if eventsource_conformance::is_second_process() {
                        // The other one judges.
                        let _ = try_it();
                        return;
                    }
                    // Chance may hide a fault, more often than not on a busy machine; one that is there ends this.
                    let found = (0..150).find_map(|_| try_it().err());
                    println!("{}", found.expect("the fault is found"));
                }
            )*
        }
    )*};
}

found_out! {
    loads_are_kept: KeepsLoads breaks
        g3_two_processes_make_one_history g3_two_processes_make_one_history_of_a_repository;
    judged_here: JudgesHere breaks
        g3_two_processes_make_one_history g3_of_two_processes_at_one_version_one_wins
        g3_two_processes_make_one_history_of_a_repository;
    keys_are_kept: KeepsKeys breaks g3_two_processes_make_one_history g5_a_key_is_known_to_another_process;
    woken_here: WakesHere breaks g4_a_subscription_follows_another_process;
}

#[test]
fn keys_that_are_kept_in_memory_are_missed() {
    let open = async |path: &str| Alone::open(path, Fault::KeepsKeys).await;
    let broken = check_reopening(open, fresh).expect_err("the keys are gone");
    assert_eq!(broken.promise, "g5_keys_and_events_outlive_every_handle");
}

/// One process finds nothing: that is what two are for.
#[test]
fn alone_they_keep_their_promises() {
    for fault in [
        Fault::KeepsLoads,
        Fault::JudgesHere,
        Fault::KeepsKeys,
        Fault::WakesHere,
    ] {
        let folder =
            tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder for the test");
        let fresh = |name: &str| {
            let path = folder.path().join(name).display().to_string();
            move || async move { Alone::open(&path, fault).await }
        };
        hold("a history", fresh("1"), histories::g3_a_history_of_streams);
        hold(
            "a repository",
            fresh("2"),
            accounts::g3_a_history_of_a_repository,
        );
        hold(
            "one version",
            fresh("3"),
            streams::g3_of_two_appends_at_one_version_one_wins,
        );
        hold("one key", fresh("4"), keys::g5_the_same_key_from_many_tasks);
        hold(
            "a subscription",
            fresh("5"),
            order::g4_a_subscription_goes_live_without_a_gap,
        );
    }
}
