//! The outbox: committed events are published to the outside, at least once, those of a stream in their order.
//!
//! It is a consumer as others are, so it has a checkpoint in the store, a runner that shares its work with other nodes, and
//! parked events that can be listed and retried. No event is written twice in the store to be published: the log is the outbox.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use eventsource_core::{
    Advance, Batch, BoxError, CheckpointStore, Consumer, Failure, OnError, Position, Query, Runner,
    StoreIdentity, StoredEvent, StreamName,
};
use futures_util::stream::{FuturesUnordered, StreamExt as _};

use crate::event::CloudEvent;
use crate::export::ExportError;
use crate::publish::{Publish, PublishError};
use crate::source::{is_uri_reference, source_of};

/// Publishes events of a store to the outside.
///
/// - **At least once.** The checkpoint is saved after the events of a page are kept outside. Who is killed in between publishes
///   those again, with the same ids.
/// - **In order per stream.** An event is given once the one before it in its stream is kept. What comes a second time comes
///   after a restart, and its first time was in order: a receiver that leaves out what it has sees each stream as it is. Events of
///   different streams go side by side.
/// - **It waits.** While the outside [cannot be reached](PublishError::Unreachable) it tries again, with pauses that double up to the
///   longest of [`OnError`]. An event that is [refused](PublishError::Refused) is parked after five retries, unless set
///   otherwise, with those that follow in its stream: [`parked`](eventsource_core::ConsumerHandle::parked) lists them.
/// - **From the beginning**, unless [`Runner::start`] says otherwise, and never anew: to publish everything once more, give it
///   another name.
///
/// Events are published as they are stored, also those that an upcast would change: what they look like outside is what was
/// recorded. [`matching`](Self::matching) says which of them are for others.
///
/// ```
/// use eventsource_cloudevents::{CloudEvent, Outbox, Publish, PublishError};
/// use eventsource_core::{MemoryStore, Query};
///
/// struct Lines;
///
/// impl Publish for Lines {
///     async fn publish(&self, event: &CloudEvent<'_>) -> Result<(), PublishError> {
///         println!("{}", event.to_json().map_err(PublishError::refused)?);
///         Ok(())
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = MemoryStore::new();
/// let runner = Outbox::new("lines", Lines)
///     .source("https://bank.example/events")
///     .matching(Query::types(["account.opened", "account.closed"]))
///     .on(&store)
///     .slices(4);
/// let outbox = runner.handle();
/// let running = tokio::spawn(runner.run());
/// println!("{} positions behind", outbox.progress().await?.lag());
/// outbox.stop();
/// running.await??;
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use = "an outbox publishes nothing unless it is run"]
pub struct Outbox<P> {
    name: &'static str,
    publisher: P,
    source: Option<String>,
    query: Query,
    streams: usize,
}

impl<P: Publish> Outbox<P> {
    /// An outbox of all events. Its checkpoint is kept under this name, which is no other consumer's.
    pub fn new(name: &'static str, publisher: P) -> Self {
        Self {
            name,
            publisher,
            source: None,
            query: Query::all(),
            streams: 64,
        }
    }

    /// The `source` of every event: a URI reference for this store, the same for ever. `urn:eventsource:` and the store's id
    /// unless set.
    pub fn source(mut self, source: impl Into<String>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Only events that match this.
    pub fn matching(mut self, query: Query) -> Self {
        self.query = query;
        self
    }

    /// From how many streams of a slice events are under way at the same time, 64 unless set. One is under way of each.
    pub fn streams_at_once(mut self, streams: usize) -> Self {
        self.streams = streams.max(1);
        self
    }

    /// A runner of this outbox on a store.
    pub fn on<S: CheckpointStore>(self, store: &S) -> Runner<S, Self> {
        Runner::new(store.clone(), self).on_error(OnError::park())
    }

    fn source_in(&self, store: StoreIdentity) -> String {
        self.source.clone().unwrap_or_else(|| source_of(store))
    }
}

/// Where the events of a stream have come to a halt.
struct Halt {
    /// The first event that was not published.
    at: Position,
    /// Why; `None` if it was not tried, since another stream's could not be reached.
    why: Option<PublishError>,
}

impl<P: Publish> Outbox<P> {
    /// Publishes the events of one stream, one after the other, unless the outside is found to be out of reach.
    async fn publish_stream(
        &self,
        source: &str,
        events: Vec<&StoredEvent>,
        is_out_of_reach: &AtomicBool,
    ) -> Option<Halt> {
        for event in events {
            let at = event.position;
            if is_out_of_reach.load(Ordering::Relaxed) {
                return Some(Halt { at, why: None });
            }
            let event = CloudEvent::new(source, event.as_ref());
            if let Err(error) = self.publisher.publish(&event).await {
                if matches!(error, PublishError::Unreachable(_)) {
                    is_out_of_reach.store(true, Ordering::Relaxed);
                }
                return Some(Halt {
                    at,
                    why: Some(error),
                });
            }
        }
        None
    }

    /// Publishes events, in the order of each stream. Everything before the position of what it returns is published.
    async fn publish_all(
        &self,
        source: &str,
        events: &[StoredEvent],
    ) -> Option<(Position, PublishError)> {
        let mut streams: BTreeMap<&StreamName, Vec<&StoredEvent>> = BTreeMap::new();
        for event in events {
            streams.entry(&event.stream).or_default().push(event);
        }
        let is_out_of_reach = AtomicBool::new(false);
        let mut waiting = streams.into_values();
        let mut under_way = FuturesUnordered::new();
        let mut halts = Vec::new();
        loop {
            while under_way.len() < self.streams
                && let Some(events) = waiting.next()
            {
                under_way.push(self.publish_stream(source, events, &is_out_of_reach));
            }
            match under_way.next().await {
                Some(halt) => halts.extend(halt),
                None => break,
            }
        }
        let at = halts.iter().map(|halt| halt.at).min()?;
        let (mut own, mut out_of_reach) = (None, None);
        for halt in halts {
            match halt.why {
                Some(error @ PublishError::Unreachable(_)) => out_of_reach = Some(error),
                Some(error) if halt.at == at => own = Some(error),
                _ => {}
            }
        }
        let error = own.or(out_of_reach);
        Some((
            at,
            error.unwrap_or_else(|| PublishError::unreachable("it was not tried")),
        ))
    }
}

impl<S: CheckpointStore, P: Publish> Consumer<S> for Outbox<P> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn query(&self) -> Query {
        self.query.clone()
    }

    fn may_begin_anew(&self) -> bool {
        false
    }

    async fn prepare(&self, store: &S) -> Result<(), BoxError> {
        let source = self.source_in(store.identity());
        match is_uri_reference(&source) {
            true => Ok(()),
            false => Err(ExportError::Source {
                source_text: source,
            }
            .into()),
        }
    }

    async fn commit(&self, store: &S, batch: Arc<Batch>) -> Result<(), Failure> {
        let source = self.source_in(store.identity());
        let Some((position, error)) = self.publish_all(&source, &batch.events).await else {
            let advance = batch.advance.clone();
            return Ok(store.advance(&batch.slot, batch.fence, advance).await?);
        };
        let done: Advance = batch.before(position);
        let saved = Some(done.to);
        store.advance(&batch.slot, batch.fence, done).await?;
        Err(match error {
            PublishError::Unreachable(error) => Failure::Unreachable {
                position,
                error,
                saved,
            },
            PublishError::Refused(error) => Failure::Event {
                position,
                error,
                saved,
            },
        })
    }
}
