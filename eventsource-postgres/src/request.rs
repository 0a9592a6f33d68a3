//! One append as the store's tasks see it, whatever its reach, and the verdict on it.

use std::sync::Arc;

use eventsource_core::{
    Append, AppendError, Check, Key, Placed, Position, Record, Stamp, Uuid, Version,
};
use tokio::sync::oneshot;

/// An append of any reach.
pub(crate) trait Judged: Send + Sync {
    fn records(&self) -> &[Record];
    fn checks(&self) -> &[Check];
    fn kept_key(&self) -> Option<&Key>;
    fn stamp(&self) -> Option<Stamp<'_>>;
    fn life(&self) -> Option<Uuid>;
}

impl<Reach: Send + Sync> Judged for Append<Reach> {
    fn records(&self) -> &[Record] {
        self.records()
    }

    fn checks(&self) -> &[Check] {
        self.checks()
    }

    fn kept_key(&self) -> Option<&Key> {
        self.kept_key()
    }

    fn stamp(&self) -> Option<Stamp<'_>> {
        self.stamp()
    }

    fn life(&self) -> Option<Uuid> {
        self.expected_incarnation()
    }
}

/// An append that waits.
pub(crate) struct Request {
    pub(crate) append: Arc<dyn Judged>,
    pub(crate) bytes: usize,
    pub(crate) reply: oneshot::Sender<Answer>,
}

/// What was found out about an append, or why nothing was.
pub(crate) type Answer = Result<Verdict, AppendError>;

/// What the database says of an append: where its records are, or why it was not made.
pub(crate) type Verdict = Result<Vec<Placed>, Refusal>;

/// Why an append was not made. What has to be read for the answer, the one who asked reads for itself, so that nothing is
/// read while the lock is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Its key is known.
    Known,
    /// This check does not hold: the stream is at `actual`.
    Stream { check: usize, actual: Version },
    /// This check does not hold: the event at `position` matches.
    Boundary { check: usize, position: Position },
    /// A check is about a position that does not exist.
    BeyondHead { asked: Position, head: Position },
}
