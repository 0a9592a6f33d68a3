//! The runs find what they look for: each promise is broken once, and the run must panic.

use std::sync::Arc;

use eventsource_core::{Append, MemoryStore, NewEvent, Position, Store, StreamName, Timestamp};
use eventsource_faults::write::{Fate, Id};
use eventsource_faults::{Audit, other_process, others_here, race};

/// A memory of its own for every process: no two of them ever see each other's events.
async fn open(_: String) -> MemoryStore {
    MemoryStore::new()
}

#[test]
#[ignore = "runs as another process of the other tests"]
fn the_other_process() {
    other_process(open);
}

#[tokio::test]
#[should_panic(expected = "winners that exclude each other")]
async fn two_winners_are_found() {
    let others = others_here!(String::new());
    race::between_two_processes(&MemoryStore::new(), &others, race::For::Version, 2, 3).await;
}

const ID: Id = Id {
    who: 0,
    task: 0,
    number: 1,
};

/// A part of an append, without its key.
async fn smuggle(store: &MemoryStore, payload: &str) {
    let event = NewEvent {
        name: "fault.written".into(),
        schema: 1,
        format: "json".into(),
        payload: payload.into(),
        metadata: [].into(),
        recorded_at: Timestamp::default(),
        tags: Vec::new(),
    };
    let stream = StreamName::parse("smuggled/1").unwrap();
    store
        .append(Arc::new(Append::to(stream).event(event)))
        .await
        .unwrap();
}

#[tokio::test]
async fn what_is_true_is_found_true() {
    let (store, mut audit) = (MemoryStore::new(), Audit::default());
    let placed = ID.resolve(&store).await.placed;
    audit.note(ID, Fate::Acknowledged(placed[0].position));
    audit.note(Id { number: 2, ..ID }, Fate::Refused);
    audit.note(Id { number: 3, ..ID }, Fate::GivenUp);
    assert_eq!(audit.resolve(&store, 0, 1).await, 0);
    let found = audit.check(&store).await;
    assert_eq!(
        (found.acknowledged, found.refused, found.without_answer),
        (2, 1, 1)
    );
    assert_eq!((found.of_these_stored, found.events, found.gaps), (0, 4, 0));
}

#[tokio::test]
#[should_panic(expected = "is lost")]
async fn a_lost_append_is_found() {
    let mut audit = Audit::default();
    audit.note(ID, Fate::Acknowledged(Position(1)));
    audit.check(&MemoryStore::new()).await;
}

#[tokio::test]
#[should_panic(expected = "said that it was not written")]
async fn a_refused_append_that_is_there_is_found() {
    let (store, mut audit) = (MemoryStore::new(), Audit::default());
    ID.resolve(&store).await;
    audit.note(ID, Fate::Refused);
    audit.check(&store).await;
}

#[tokio::test]
#[should_panic(expected = "is doubled")]
async fn a_doubled_append_is_found() {
    let store = MemoryStore::new();
    ID.resolve(&store).await;
    smuggle(&store, "\"0 0 1 2 3\"").await;
    Audit::default().check(&store).await;
}

#[tokio::test]
#[should_panic(expected = "in part")]
async fn half_an_append_is_found() {
    let store = MemoryStore::new();
    smuggle(&store, "\"0 0 1 0 3\"").await;
    Audit::default().check(&store).await;
}
