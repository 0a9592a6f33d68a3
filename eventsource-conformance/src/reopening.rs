//! What is still there when every handle was dropped and the store is opened again.

use std::sync::Arc;

use eventsource_core::{
    AppendError, Key, LogScan, Placed, Position, Store, StoreIdentity, StoredEvent,
};

use crate::broken::{Broken, Kept, ensure, ensure_eq};
use crate::sample::{fill, some, stream};
use crate::suite::{runtime, verdict};

fn key(name: &str, asked: &str) -> Key {
    Key::given("sample", name, asked.as_bytes())
}

/// What a store was left with.
pub struct Left {
    identity: StoreIdentity,
    events: Vec<StoredEvent>,
    placed: Vec<Placed>,
}

async fn leave<S: Store>(store: S) -> Kept<Left> {
    fill(&store, stream(1), 3).await?;
    let placed = store
        .append(Arc::new(some(stream(2), 2).if_new().key(key("a", "one"))))
        .await?
        .placed;
    fill(&store, stream(1), 2).await?;
    Ok(Left {
        identity: store.identity(),
        events: store.read_all(LogScan::default()).await?,
        placed,
    })
}

async fn find<S: Store>(store: S, left: Left) -> Kept {
    let Left {
        identity,
        events,
        placed,
    } = left;
    ensure_eq(&store.identity().id, &identity.id, "the identity")?;
    let there = store.read_all(LogScan::default()).await?;
    ensure(there == events, || {
        format!("there were {events:?}, and now there are {there:?}")
    })?;
    let outcome = store.outcome(key("a", "one")).await?;
    ensure_eq(
        &outcome.map(|outcome| outcome.placed),
        &Some(placed.clone()),
        "the places under the key",
    )?;
    let again = store
        .append(Arc::new(some(stream(2), 2).if_new().key(key("a", "one"))))
        .await?;
    ensure(again.repeated && again.placed == placed, || {
        format!("the same request is answered with {again:?}")
    })?;
    let other = store
        .append(Arc::new(some(stream(2), 1).key(key("a", "two"))))
        .await;
    ensure(matches!(other, Err(AppendError::KeyReused)), || {
        format!("another request under the key is answered with {other:?}")
    })?;
    let last = events.last().map_or(Position::START, |last| last.position);
    let next = fill(&store, stream(1), 1).await?.placed;
    ensure(
        next.iter()
            .all(|next| next.position > last && next.version == 6),
        || format!("after {last} and five events of the stream comes {next:?}"),
    )
}

/// Leaves events and a key in a new store, drops every handle, opens it again, and says what is broken.
pub fn check_reopening<S, G>(
    open: impl AsyncFn(&str) -> S,
    fresh: impl AsyncFn() -> (String, G),
) -> Result<(), Broken>
where
    S: Store,
{
    const PROMISE: &str = "g5_keys_and_events_outlive_every_handle";
    let broken = |problem| Broken::new(PROMISE, problem);
    runtime().block_on(async {
        let (address, _guard) = fresh().await;
        let left = leave(open(&address).await).await.map_err(broken)?;
        verdict(PROMISE, find(open(&address).await, left)).await
    })
}
