//! The program of `tests/versions.rs` as it was at version 2, still running somewhere while today's writes beside it.

use eventsource_core::prelude::*;
use eventsource_core::{
    Append, BoundaryStore, Json, LogScan, MemoryStore, NewEvent, StreamName, Tag, Timestamp, Value,
    json,
};
use eventsource_sqlite::SqliteStore;

#[event(version = 1, of = Opened)]
pub struct OpenedV1 {
    #[tag]
    pub account: u64,
    pub name: String,
}

#[event(name = "account.opened", version = 2, from = OpenedV1)]
pub struct Opened {
    #[tag]
    pub account: u64,
    pub owner: String,
    #[serde(default)]
    pub branch: u32,
}

impl From<OpenedV1> for Opened {
    fn from(old: OpenedV1) -> Self {
        Self {
            account: old.account,
            owner: old.name,
            branch: 1,
        }
    }
}

#[derive(Debug, PartialEq, Event)]
pub enum Seen {
    Opened(Opened),
}

#[decision_model(events(Opened))]
pub struct Owner {
    #[tag]
    account: u64,
    pub name: String,
}

#[apply]
impl Owner {
    fn opened(&mut self, event: &Opened) {
        self.name.clone_from(&event.owner);
    }
}

async fn append<S: Store>(store: &S, schema: u32, payload: Value) {
    let event = NewEvent {
        name: Opened::NAME.into(),
        schema,
        format: Json::FORMAT.into(),
        payload: payload.to_string().into_bytes(),
        metadata: [].into(),
        recorded_at: Timestamp::default(),
        tags: vec![Tag::new("account", 7)],
    };
    let stream = StreamName::parse("account/7").unwrap();
    store
        .append(Append::to(stream).event(event).into())
        .await
        .unwrap();
}

async fn it_reads_what_was_written_as_its_version<S: BoundaryStore>(store: S) {
    append(
        &store,
        2,
        json!({ "account": 7, "owner": "me and you", "branch": 3 }),
    )
    .await;
    let owner = store.decide(Owner::of(7), |owner| {
        assert_eq!(owner.name, "me and you");
    });
    owner.await.unwrap();
}

async fn it_reads_what_it_knows<S: BoundaryStore>(store: S) {
    append(&store, 1, json!({ "account": 7, "name": "me" })).await;
    let owner = store.decide(Owner::of(7), |owner| {
        assert_eq!(owner.name, "me");
    });
    owner.await.unwrap();

    // And today's program has written since.
    append(
        &store,
        3,
        json!({ "account": 7, "owner": [], "branch": "" }),
    )
    .await;
    let refused = store.decide(Owner::of(7), |_| ()).await.unwrap_err();
    let told = refused.to_string();
    let known = "`account.opened` is known up to version 2 (`versions_before::Opened`), and this is version 3";
    assert!(told.contains(known), "{told}");
    assert!(
        told.contains("account/7") && told.contains("event 2"),
        "{told}"
    );

    let stored = store.read_all(LogScan::default()).await.unwrap();
    let told = stored[1].decode::<Seen>().unwrap_err().to_string();
    assert_eq!(told, known);
    let told = stored[1].decode_known::<Seen>().unwrap_err().to_string();
    assert_eq!(
        told, known,
        "a newer version of what is listed would be missed, so it is not skipped"
    );
}

#[tokio::test]
async fn in_memory() {
    it_reads_what_was_written_as_its_version(MemoryStore::new()).await;
    it_reads_what_it_knows(MemoryStore::new()).await;
}

#[tokio::test]
async fn on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let open = |name: &str| SqliteStore::open(folder.path().join(name));
    it_reads_what_was_written_as_its_version(open("one.db").await.unwrap()).await;
    it_reads_what_it_knows(open("two.db").await.unwrap()).await;
}
