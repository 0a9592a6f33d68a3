//! Subscriptions: every event after a position, first those that are there, then those that come.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;

use crate::environment::timer;
use crate::environment::watch::Watch;
use crate::runner::checkpoint::Checkpoint;
use crate::store::error::StoreError;
use crate::store::query::Query;
use crate::store::stored_event::StoredEvent;
use crate::store::stream::Position;
use crate::store::{Collect, LogScan, Store, StoreIdentity};

/// The events of a store after a position, in order, without an end.
///
/// Catching up and going live are one loop over positions, so there is no gap between them. An error leaves the
/// subscription where it was: asking again tries again, after a moment. A store that is closed ends it.
///
/// ```
/// use eventsource_core::{MemoryStore, Position, Store};
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let store = MemoryStore::new();
/// let mut events = store.subscribe(Position::START);
/// let stopper = events.stopper();
/// stopper.stop();
/// assert!(events.next().await.is_none());
/// # }
/// ```
#[derive(Debug)]
pub struct Subscription<S> {
    store: S,
    /// The store's life in which the positions were read.
    identity: StoreIdentity,
    after: Position,
    read_to: Position,
    query: Query,
    page: usize,
    buffer: VecDeque<StoredEvent>,
    stopper: Stopper,
    /// The last read has failed: the next one waits a moment.
    failed: bool,
}

/// Ends a subscription, from anywhere.
#[derive(Debug, Clone)]
pub struct Stopper(Arc<Watch<bool>>);

impl Stopper {
    /// Makes the subscription's next event `None`.
    pub fn stop(&self) {
        self.0.set(true);
    }
}

impl<S: Store> Subscription<S> {
    pub(crate) fn new(store: S, after: Position) -> Self {
        Self {
            identity: store.identity(),
            store,
            after,
            read_to: after,
            query: Query::all(),
            page: 512,
            buffer: VecDeque::new(),
            stopper: Stopper(Arc::new(Watch::new(false))),
            failed: false,
        }
    }

    /// Only events that match this; the store filters.
    #[must_use]
    pub fn matching(mut self, query: Query) -> Self {
        self.query = query;
        self
    }

    /// How many events are read at a time; 512 unless set.
    #[must_use]
    pub fn page(mut self, events: usize) -> Self {
        self.page = events.max(1);
        self
    }

    /// What ends this subscription. Dropping the subscription ends it too.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// How far the subscription is: every matching event up to this position was given out. It moves on over events
    /// that do not match, so a reader that keeps it as its checkpoint reads nothing twice.
    #[must_use]
    pub fn position(&self) -> Position {
        if self.buffer.is_empty() {
            self.read_to
        } else {
            self.after
        }
    }

    /// The same with the store's identity, to be kept and given to [`Store::resume`].
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            store: self.identity,
            position: self.position(),
        }
    }

    /// How many positions the subscription is behind the store's last event.
    pub async fn lag(&self) -> Result<u64, StoreError> {
        let head = self.store.head().await?;
        Ok(head.0.saturating_sub(self.position().0))
    }

    /// The next event up to `until`; `None` once everything up to there was given out, or after the subscription was
    /// stopped. It never waits for an event that is still to come: one that the store has not reached is
    /// [`StoreError::BeyondHead`].
    ///
    /// ```
    /// # use eventsource_core::{MemoryStore, Position, Store};
    /// # async fn caught_up(store: MemoryStore) -> Result<(), eventsource_core::StoreError> {
    /// let head = store.head().await?;
    /// let mut events = store.subscribe(Position::START);
    /// while let Some(event) = events.next_until(head).await {
    ///     println!("{}", event?.name);
    /// }
    /// # Ok(()) }
    /// ```
    pub async fn next_until(&mut self, until: Position) -> Option<Result<StoredEvent, StoreError>> {
        self.step(Some(until)).await
    }

    /// The next event; `None` after the subscription was stopped.
    ///
    /// It may be cancelled: no event is lost.
    pub async fn next(&mut self) -> Option<Result<StoredEvent, StoreError>> {
        self.step(None).await
    }

    async fn step(&mut self, until: Option<Position>) -> Option<Result<StoredEvent, StoreError>> {
        loop {
            if self.stopper.0.get() {
                return None;
            }
            let done = until.is_some_and(|until| match self.buffer.front() {
                Some(event) => event.position > until,
                None => self.read_to >= until,
            });
            if done {
                return None;
            }
            if let Some(event) = self.buffer.pop_front() {
                self.after = event.position;
                return Some(Ok(event));
            }
            let stopped = self.stopper.0.wait_until(|stopped| stopped);
            let pause = std::mem::take(&mut self.failed);
            let read = more(
                &self.store,
                self.identity,
                self.read_to,
                &self.query,
                self.page,
                until,
                pause,
            );
            match first(stopped, read).await {
                None => return None,
                Some(Err(error)) => {
                    self.failed = true;
                    if matches!(error, StoreError::Closed) {
                        self.stopper.stop();
                    }
                    return Some(Err(error));
                }
                Some(Ok((events, read_to))) => {
                    self.buffer.extend(events);
                    self.read_to = read_to;
                }
            }
        }
    }

    /// The same as a [`Stream`].
    pub fn into_stream(self) -> impl Stream<Item = Result<StoredEvent, StoreError>> + Send + Unpin {
        Events {
            next: Some(next(self)),
        }
    }
}

/// The next page after a position; waits for it if there is none yet, unless only what is there was asked for.
async fn more<S: Store>(
    store: &S,
    identity: StoreIdentity,
    after: Position,
    query: &Query,
    page: usize,
    until: Option<Position>,
    pause: bool,
) -> Result<(Vec<StoredEvent>, Position), StoreError> {
    if pause {
        timer::sleep(AFTER_FAILURE).await;
    }
    let scan = LogScan::after(after).matching(query.clone()).limit(page);
    let read = store.scan_all(scan, Collect::default()).await;
    // Looked at after the read, which may have been the first one to meet a promoted server; and before its error,
    // which may come of that: the position can be beyond the head of the other life.
    store.identity().check_incarnation(identity.incarnation)?;
    let (found, read_to) = read?;
    if found.0.is_empty() && read_to == after {
        if let Some(asked) = until {
            return Err(StoreError::BeyondHead { asked, head: after });
        }
        store.wait_beyond(after).await?;
    }
    Ok((found.0, read_to))
}

/// The pause between a read that failed and the next one.
const AFTER_FAILURE: Duration = Duration::from_millis(50);

/// What `work` gives, or `None` if `stop` ends first.
pub(crate) async fn first<T>(stop: impl Future, work: impl Future<Output = T>) -> Option<T> {
    let (mut stop, mut work) = (pin!(stop), pin!(work));
    poll_fn(|context| match stop.as_mut().poll(context) {
        Poll::Ready(_) => Poll::Ready(None),
        Poll::Pending => work.as_mut().poll(context).map(Some),
    })
    .await
}

type Next<S> = Pin<
    Box<dyn Future<Output = (Subscription<S>, Option<Result<StoredEvent, StoreError>>)> + Send>,
>;

fn next<S: Store>(mut subscription: Subscription<S>) -> Next<S> {
    Box::pin(async move {
        let event = subscription.next().await;
        (subscription, event)
    })
}

struct Events<S> {
    next: Option<Next<S>>,
}

impl<S: Store> Stream for Events<S> {
    type Item = Result<StoredEvent, StoreError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(pending) = self.next.as_mut() else {
            return Poll::Ready(None);
        };
        let Poll::Ready((subscription, event)) = pending.as_mut().poll(context) else {
            return Poll::Pending;
        };
        self.next = event.is_some().then(|| next(subscription));
        Poll::Ready(event)
    }
}
