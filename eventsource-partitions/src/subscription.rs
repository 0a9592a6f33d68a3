//! The events of all partitions in one loop.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll};

use eventsource_core::{Checkpoint, Query, Stopper, Store, StoreError, StoredEvent, Subscription};

use crate::checkpoints::Checkpoints;

/// The events of all partitions, without an end: of each in its order; of different ones in the order in which they come, which
/// is another one each time.
///
/// ```
/// # use eventsource_core::MemoryStore;
/// # use eventsource_partitions::Partitions;
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let stores = [MemoryStore::new(), MemoryStore::new()];
/// # let partitions = Partitions::open(stores.clone()).await?;
/// let mut events = partitions.subscribe();
/// let first = events.next().await.expect("it has no end")?;
/// assert!(eventsource_partitions::is_note(&first.name));
/// let kept = serde_json::to_string(&events.checkpoints())?;
///
/// let events = partitions.resume(&serde_json::from_str(&kept)?)?;
/// assert_eq!(serde_json::to_string(&events.checkpoints())?, kept);
/// # Ok(()) }
/// ```
pub struct PartitionedSubscription<S> {
    each: Vec<One<S>>,
    /// The partition that is asked first the next time, so that a busy one cannot keep the others waiting.
    turn: usize,
}

impl<S: Store> PartitionedSubscription<S> {
    pub(crate) fn new(each: Vec<Subscription<S>>) -> Self {
        let each = each.into_iter().map(One::new).collect();
        Self { each, turn: 0 }
    }

    /// Only events that match this; the stores filter. It takes effect where nothing was asked for yet, so it comes first.
    #[must_use]
    pub fn matching(mut self, query: &Query) -> Self {
        for one in &mut self.each {
            one.next = match std::mem::replace(&mut one.next, Next::Ended) {
                Next::Asked(subscription) => Next::Asked(subscription.matching(query.clone())),
                reading => reading,
            };
        }
        self
    }

    /// Ends this subscription, from anywhere, once all of them are stopped.
    #[must_use]
    pub fn stoppers(&self) -> Vec<Stopper> {
        self.each.iter().map(|one| one.stopper.clone()).collect()
    }

    /// How far it is in each partition, to be kept and given to [`Partitions::resume`](crate::Partitions::resume).
    #[must_use]
    pub fn checkpoints(&self) -> Checkpoints {
        Checkpoints::new(self.each.iter().map(|one| one.checkpoint).collect())
    }

    /// The next event of any partition; `None` after all were stopped.
    ///
    /// It may be cancelled: no event is lost. An error leaves its partition where it was, and asking again tries again.
    pub async fn next(&mut self) -> Option<Result<StoredEvent, StoreError>> {
        let count = self.each.len();
        poll_fn(|context| {
            let mut are_ended = true;
            for place in (self.turn..count).chain(0..self.turn) {
                match self.each[place].poll(context) {
                    Poll::Ready(None) => {}
                    Poll::Ready(event) => {
                        self.turn = (place + 1) % count;
                        return Poll::Ready(event);
                    }
                    Poll::Pending => are_ended = false,
                }
            }
            match are_ended {
                true => Poll::Ready(None),
                false => Poll::Pending,
            }
        })
        .await
    }
}

impl<S> fmt::Debug for PartitionedSubscription<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let checkpoints = self.each.iter().map(|one| one.checkpoint);
        f.debug_list().entries(checkpoints).finish()
    }
}

/// What is read of one partition.
struct One<S> {
    next: Next<S>,
    checkpoint: Checkpoint,
    stopper: Stopper,
}

type Event = Option<Result<StoredEvent, StoreError>>;

/// A read goes on while other partitions give events: begun anew for each of them, it would not end.
enum Next<S> {
    Asked(Subscription<S>),
    Reading(Pin<Box<dyn Future<Output = (Subscription<S>, Event)> + Send>>),
    Ended,
}

impl<S: Store> One<S> {
    fn new(subscription: Subscription<S>) -> Self {
        Self {
            checkpoint: subscription.checkpoint(),
            stopper: subscription.stopper(),
            next: Next::Asked(subscription),
        }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Event> {
        loop {
            match std::mem::replace(&mut self.next, Next::Ended) {
                Next::Ended => return Poll::Ready(None),
                Next::Asked(mut subscription) => {
                    self.next = Next::Reading(Box::pin(async move {
                        let event = subscription.next().await;
                        (subscription, event)
                    }));
                }
                Next::Reading(mut reading) => {
                    let Poll::Ready((subscription, event)) = reading.as_mut().poll(context) else {
                        self.next = Next::Reading(reading);
                        return Poll::Pending;
                    };
                    self.checkpoint = subscription.checkpoint();
                    if event.is_some() {
                        self.next = Next::Asked(subscription);
                    }
                    return Poll::Ready(event);
                }
            }
        }
    }
}
