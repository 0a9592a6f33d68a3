//! An event that was split reaches the methods of whoever consumes it part by part, in the order of its `into(…)`, however
//! the methods stand.

use std::sync::{Arc, Mutex};

use eventsource_core::prelude::*;
use eventsource_core::{
    Append, Json, MemoryStore, NewEvent, ReactionKey, Recorded, Store, StreamName, Timestamp,
};
use eventsource_sqlite::{SqliteStore, SqliteTx, rusqlite};

#[event(name = "account.moved", into(Withdrawn, Charged, Deposited))]
struct Moved {
    amount: u64,
}

#[event(name = "account.withdrawn", from = Moved)]
struct Withdrawn {
    amount: u64,
}

#[event(name = "account.charged", from = Moved)]
struct Charged {
    fee: u64,
}

#[event(name = "account.deposited", from = Moved)]
struct Deposited {
    amount: u64,
}

impl From<Moved> for Withdrawn {
    fn from(old: Moved) -> Self {
        Self { amount: old.amount }
    }
}

impl From<Moved> for Charged {
    fn from(old: Moved) -> Self {
        Self {
            fee: old.amount / 10,
        }
    }
}

impl From<Moved> for Deposited {
    fn from(old: Moved) -> Self {
        Self { amount: old.amount }
    }
}

/// What each consumer below has seen of a movement of 20, and of a deposit of 5 after it.
const SEEN: [&str; 4] = ["withdrawn 20", "charged 2", "deposited 20", "deposited 5"];

#[derive(Default)]
struct InMemory(Vec<String>);

#[projection(name = "in_memory")]
impl InMemory {
    fn deposited(&mut self, event: &Recorded<Deposited>) {
        self.0.push(format!("deposited {}", event.event.amount));
    }

    fn charged(&mut self, event: &Recorded<Charged>) {
        self.0.push(format!("charged {}", event.event.fee));
    }

    fn withdrawn(&mut self, event: &Recorded<Withdrawn>) {
        self.0.push(format!("withdrawn {}", event.event.amount));
    }
}

struct InFile;

impl InFile {
    fn note(tx: &SqliteTx, text: &str) -> rusqlite::Result<()> {
        tx.execute("INSERT INTO {notes} (note) VALUES (?1)", [text])
            .map(|_| ())
    }
}

#[projection(name = "in_file")]
impl InFile {
    #[create]
    fn tables(&self, tx: &SqliteTx) -> rusqlite::Result<()> {
        tx.execute_batch("CREATE TABLE {notes} (number INTEGER PRIMARY KEY, note TEXT NOT NULL)")
    }

    fn deposited(&self, event: &Recorded<Deposited>, tx: &SqliteTx) -> rusqlite::Result<()> {
        Self::note(tx, &format!("deposited {}", event.event.amount))
    }

    fn charged(&self, event: &Recorded<Charged>, tx: &SqliteTx) -> rusqlite::Result<()> {
        Self::note(tx, &format!("charged {}", event.event.fee))
    }

    fn withdrawn(&self, event: &Recorded<Withdrawn>, tx: &SqliteTx) -> rusqlite::Result<()> {
        Self::note(tx, &format!("withdrawn {}", event.event.amount))
    }
}

/// What was seen, with the key of each reaction.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<(String, String)>>>);

impl Told {
    fn note(&self, text: String, key: String) {
        self.0.lock().unwrap().push((text, key));
    }
}

#[reactor(name = "told", from = start)]
impl Told {
    async fn deposited(&self, event: &Recorded<Deposited>, key: &ReactionKey) {
        self.note(format!("deposited {}", event.event.amount), key.to_string());
    }

    async fn charged(&self, event: &Recorded<Charged>, key: &ReactionKey) {
        self.note(format!("charged {}", event.event.fee), key.to_string());
    }

    async fn withdrawn(&self, event: &Recorded<Withdrawn>, key: &ReactionKey) {
        self.note(format!("withdrawn {}", event.event.amount), key.to_string());
    }
}

/// The part of it alone that has no neighbour.
#[derive(Default)]
struct Fees(u64);

#[projection(name = "fees")]
impl Fees {
    fn charged(&mut self, event: &Recorded<Charged>) {
        self.0 += event.event.fee;
    }
}

async fn moved_and_deposited<S: Store>(store: &S) {
    let stream = StreamName::parse("account/7").unwrap();
    let stored = [
        ("account.moved", r#"{"amount":20}"#),
        ("account.deposited", r#"{"amount":5}"#),
    ];
    let append = stored
        .into_iter()
        .fold(Append::to(stream), |append, (name, payload)| {
            append.event(NewEvent {
                name: name.into(),
                schema: 1,
                format: Json::FORMAT.into(),
                payload: payload.into(),
                metadata: [].into(),
                recorded_at: Timestamp::default(),
                tags: Vec::new(),
            })
        });
    store.append(append.into()).await.unwrap();
}

#[tokio::test]
async fn in_memory_and_outside() {
    let store = MemoryStore::new();
    moved_and_deposited(&store).await;
    let view = store.view(InMemory::default);
    assert_eq!(view.read(|seen| seen.0.clone()).await.unwrap(), SEEN);
    let fees = store.view(Fees::default);
    assert_eq!(fees.read(|fees| fees.0).await.unwrap(), 2);

    let told = Told::default();
    store.react(told.clone()).catch_up().await.unwrap();
    let told = told.0.lock().unwrap().clone();
    let (texts, mut keys): (Vec<_>, Vec<_>) = told.into_iter().unzip();
    assert_eq!(texts, SEEN);
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 4, "each part has a key of its own");
}

#[tokio::test]
async fn in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.db");
    let store = SqliteStore::open(&path).await.unwrap();
    moved_and_deposited(&store).await;
    store.project(InFile).catch_up().await.unwrap();
    let conn = rusqlite::Connection::open(&path).unwrap();
    let mut notes = conn
        .prepare("SELECT note FROM notes ORDER BY number")
        .unwrap();
    let notes: Result<Vec<String>, _> = notes.query_map([], |row| row.get(0)).unwrap().collect();
    assert_eq!(notes.unwrap(), SEEN);
    store.close().await;
}
