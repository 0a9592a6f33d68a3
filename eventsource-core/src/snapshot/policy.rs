//! When a snapshot is taken.

use std::time::Duration;

use crate::codec::{Codec, Json};
use crate::event::Event;

/// When a repository takes snapshots, and how they are encoded: to be given to
/// [`Repository::snapshots`](crate::Repository::snapshots).
///
/// A snapshot is taken by a load, the one before a command included, that finds one due: so many events were read since
/// the last one, or reading them took so long, or an event of a kind was among them. So no load reads more events than
/// that, but for those that one append has brought at once; and what is kept is what every reader would have seen.
///
/// ```
/// use std::time::Duration;
/// use eventsource_core::Snapshots;
/// # use eventsource_core::prelude::*;
/// # #[event] pub struct Closed;
///
/// let often = Snapshots::every(20);
/// let slow = Snapshots::declared().slower_than(Duration::from_millis(5)).after::<Closed>();
/// # let _ = (often, slow);
/// ```
#[derive(Debug, Clone)]
pub struct Snapshots<C = Json> {
    pub(crate) policy: Policy,
    pub(crate) codec: C,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Policy {
    /// `None`: as the aggregate declares it.
    every: Option<u64>,
    slower_than: Option<Duration>,
    /// The stored names of events.
    pub(crate) after: Vec<&'static str>,
}

impl Snapshots {
    /// After as many events as `snapshot(every = …)` of the aggregate says.
    #[must_use]
    pub fn declared() -> Self {
        Self {
            policy: Policy::default(),
            codec: Json,
        }
    }

    /// After this many events; 0 counts as 1.
    #[must_use]
    pub fn every(events: u64) -> Self {
        let mut snapshots = Self::declared();
        snapshots.policy.every = Some(events);
        snapshots
    }
}

impl<C> Snapshots<C> {
    /// Also whenever a load took longer than this.
    #[must_use]
    pub fn slower_than(mut self, time: Duration) -> Self {
        self.policy.slower_than = Some(time);
        self
    }

    /// Also after an event of this kind, as after the one that closes an account: whoever looks at it later reads no event
    /// any more.
    #[must_use]
    pub fn after<E: Event>(mut self) -> Self {
        self.policy.after.push(E::NAME);
        self
    }

    /// Encodes states with this codec; as JSON without it. The codec of the events does not matter here.
    #[must_use]
    pub fn codec<D: Codec>(self, codec: D) -> Snapshots<D> {
        Snapshots {
            policy: self.policy,
            codec,
        }
    }
}

impl Policy {
    /// Whether a snapshot is due after a load of `events` events that took so long; `marked` says that one of them is of a
    /// kind after which there is one.
    pub(crate) fn is_due(&self, declared: u64, events: u64, took: Duration, marked: bool) -> bool {
        events > 0
            && (events >= self.every.unwrap_or(declared)
                || marked
                || self.slower_than.is_some_and(|limit| took > limit))
    }
}
