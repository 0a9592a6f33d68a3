//! Messages so large that what is known of many of them does not fit into one answer of a server.

mod server;

use std::sync::Arc;

use eventsource_core::{
    Append, MultiStreamStore, NewEvent, Store, StreamCheck, StreamName, Timestamp, Version,
};

const STREAMS: u64 = 100;

fn event(bytes: usize) -> NewEvent {
    NewEvent {
        name: "stored".into(),
        schema: 1,
        format: "raw".into(),
        payload: vec![b'x'; bytes],
        metadata: [].into(),
        recorded_at: Timestamp::default(),
        tags: vec![],
    }
}

fn stream(number: u64) -> StreamName {
    StreamName::new("large", &number).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_checks_many_streams_of_large_events() {
    let place = server::place(1);
    let _deleted = server::Deleted(place.clone());
    let store = server::open(&place).await;
    for number in 0..STREAMS {
        let append = Append::to(stream(number)).if_new().event(event(700 << 10));
        store.append(Arc::new(append)).await.unwrap();
    }
    // One that remembers nothing has to ask for all of them.
    let store = server::open(&place).await;
    let mut append = Append::across();
    for number in 0..STREAMS {
        append = append.if_stream(StreamCheck::At(stream(number), Version(1)));
    }
    let append = append.record(stream(STREAMS), event(1));
    store.append_across(Arc::new(append)).await.unwrap();
    assert_eq!(store.metrics().retries, 0);
}
