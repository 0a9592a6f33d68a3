//! What a fold has seen beside the state, of which a snapshot tells.

use std::sync::Arc;

use crate::environment::time::Timestamp;
use crate::store::stream::{Position, Version};

/// How far a fold has come, and since when.
#[derive(Debug, Clone)]
pub(crate) struct Trail {
    /// The version of the snapshot with which it began; [`Version::NONE`] without one.
    pub(crate) begun: Version,
    pub(crate) position: Position,
    pub(crate) latest: Timestamp,
    /// The names of events after which a snapshot is due.
    after: Arc<[&'static str]>,
    /// Whether one of them was there.
    pub(crate) marked: bool,
}

impl Default for Trail {
    fn default() -> Self {
        Self::looking_for(Arc::default())
    }
}

impl Trail {
    /// From the first event on.
    pub(crate) fn looking_for(after: Arc<[&'static str]>) -> Self {
        Self {
            begun: Version::NONE,
            position: Position::START,
            latest: Timestamp::from_micros(i64::MIN),
            after,
            marked: false,
        }
    }

    /// From here on events are counted anew.
    pub(crate) fn begin(&mut self, version: Version) {
        (self.begun, self.marked) = (version, false);
    }

    /// Notes a stored event that was read.
    #[inline]
    pub(crate) fn note(&mut self, position: Position, recorded_at: Timestamp) {
        self.position = position;
        self.latest = self.latest.max(recorded_at);
    }

    /// Looks at an event that is applied, by the name that it has today.
    #[inline]
    pub(crate) fn mark(&mut self, name: impl FnOnce() -> &'static str) {
        if !self.after.is_empty() {
            self.marked |= self.after.contains(&name());
        }
    }
}
