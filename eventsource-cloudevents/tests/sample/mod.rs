//! Events for the tests, and stores with them.
#![allow(dead_code, reason = "each test file uses its part of it")]

use std::sync::Arc;

use eventsource_cloudevents::Export;
use eventsource_core::{
    Append, LogScan, ManyStreams, MemoryStore, MultiStreamStore, NewEvent, Store, StoredEvent,
    StreamName, Tag, Timestamp,
};

/// The source of every export here, so that those of two stores can be compared.
pub const SOURCE: &str = "urn:example:bank";

pub fn stream(name: &str) -> StreamName {
    StreamName::parse(name).unwrap()
}

pub fn event(number: u64) -> NewEvent {
    NewEvent {
        name: "account.credited".into(),
        schema: 1,
        format: "json".into(),
        payload: format!(r#"{{"amount":{number}}}"#).into_bytes(),
        metadata: [].into(),
        recorded_at: Timestamp::from_micros(1_700_000_000_000_000 + i64::try_from(number).unwrap()),
        tags: vec![Tag::new("third", number % 3)],
    }
}

/// Adds the events `from` to `to`, over seven streams.
pub async fn fill(store: &impl MultiStreamStore, from: u64, to: u64) {
    let mut append: Append<ManyStreams> = Append::across();
    for number in from..to {
        append = append.record(stream(&format!("account/{}", number % 7)), event(number));
    }
    store.append_across(Arc::new(append)).await.unwrap();
}

pub async fn filled(events: u64) -> MemoryStore {
    let store = MemoryStore::new();
    fill(&store, 0, events).await;
    store
}

pub async fn lines(store: &impl Store) -> String {
    let mut lines = Vec::new();
    let mut export = Export::of(store).source(SOURCE);
    export.write_to(&mut lines).await.unwrap();
    String::from_utf8(lines).unwrap()
}

pub async fn all(store: &impl Store) -> Vec<StoredEvent> {
    store.read_all(LogScan::default()).await.unwrap()
}
