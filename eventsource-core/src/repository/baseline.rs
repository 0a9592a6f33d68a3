//! What a decision or a load rests on: a state, and what is known about how true it is.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use uuid::Uuid;

use crate::aggregate::{Aggregate, Root};
use crate::codec::Codec;
use crate::environment::time::Timestamp;
use crate::event::EventMeta;
use crate::message::MessageSet as _;
use crate::repository::Repository;
use crate::repository::load::{AsOf, Fold, Lag, LoadError};
use crate::snapshot::Trail;
use crate::store::append::{Conflict, Placed};
use crate::store::stream::{StreamName, Version};
use crate::store::{Store, StreamScan};

/// A state on which something is about to be decided.
pub(crate) struct Baseline<A: Aggregate, C> {
    pub(crate) fold: Fold<A, C>,
    /// The store's life in which it was read.
    life: Uuid,
    /// The version up to which it is made of stored events. The fold is ahead of it while others are tried on it.
    stored: Version,
    /// Whether the store has shown, since the call began, that there was nothing after it.
    current: bool,
}

impl<A: Aggregate, C: Codec> Baseline<A, C> {
    fn read(fold: Fold<A, C>, life: Uuid) -> Self {
        Self {
            stored: fold.root.version(),
            fold,
            life,
            current: true,
        }
    }

    /// The same, as it was read by a scan that may lag.
    fn lagging(self) -> Self {
        Self {
            current: false,
            ..self
        }
    }

    /// A state that was remembered. Somebody else may have changed it since.
    pub(crate) fn remembered(Remembered { root, trail, life }: Remembered<A>, codec: C) -> Self {
        Self {
            stored: root.version(),
            fold: Fold::on(root, trail, codec, AsOf::Now),
            life,
            current: false,
        }
    }

    /// The same, to be remembered, if it is made of stored events alone.
    pub(crate) fn remember(self) -> Option<Remembered<A>> {
        let (Fold { root, trail, .. }, life) = (self.fold, self.life);
        (root.version() == self.stored).then_some(Remembered { root, trail, life })
    }

    /// The version that an append on this state expects.
    pub(crate) fn version(&self) -> Version {
        self.stored
    }

    /// The life of the store that an append on this state expects.
    pub(crate) fn life(&self) -> Uuid {
        self.life
    }

    /// Whether an answer that appends nothing, and so is checked by no append, may rest on it.
    pub(crate) fn is_current(&self) -> bool {
        self.current
    }

    /// The state after events that were decided on it and have been stored, to be remembered; `None` where one of them
    /// cannot be applied, which the next load will report.
    pub(crate) fn record(
        self,
        events: &[A::Event],
        placed: &[Placed],
        recorded_at: Timestamp,
        metadata: &[u8],
    ) -> Option<Remembered<A>> {
        let Self {
            fold:
                Fold {
                    mut root,
                    mut trail,
                    ..
                },
            life,
            stored,
            ..
        } = self;
        if root.version() == stored {
            let mut apply = || {
                events.iter().try_for_each(|event| {
                    let version = root.version().next();
                    root.apply(
                        event,
                        &EventMeta {
                            version,
                            part: 0,
                            recorded_at,
                            metadata,
                        },
                    )
                })
            };
            let applied = catch_unwind(AssertUnwindSafe(&mut apply));
            applied.ok()?.ok()?;
        }
        // Else they were applied when they were tried.
        for (event, placed) in events.iter().zip(placed) {
            trail.mark(|| event.name());
            trail.note(placed.position, recorded_at);
        }
        Some(Remembered { root, trail, life })
    }

    /// The state after what was missed: the conflict's answer has brought it, so that nothing is read again. `None` if
    /// it has not brought all, or if events were tried on the state.
    pub(crate) fn catch_up(mut self, conflict: &Conflict) -> Option<Result<Self, LoadError>> {
        let Conflict::Stream { actual, missed, .. } = conflict else {
            return None;
        };
        let root = &self.fold.root;
        let whole = Version(self.stored.0 + missed.len() as u64) == *actual;
        if root.version() != self.stored || !whole {
            return None;
        }
        let applied = missed
            .iter()
            .try_for_each(|event| self.fold.apply(&event.as_ref()));
        Some(match applied {
            Ok(()) => Ok(Self::read(self.fold, self.life)),
            Err(problem) => Err(problem.into()),
        })
    }
}

/// A state that is kept from one call to the next.
pub(crate) struct Remembered<A> {
    pub(crate) root: Root<A>,
    trail: Trail,
    pub(crate) life: Uuid,
}

impl<A: Aggregate, S: Store, C: Codec> Repository<A, S, C> {
    /// The same state, after it was offered to be kept as a snapshot, if one is due: what is remembered is not loaded.
    pub(crate) fn offered(
        &self,
        stream: &StreamName,
        mut remembered: Remembered<A>,
    ) -> Remembered<A> {
        if let Some(snapshots) = self.keeper() {
            let identity = self.store.identity();
            let Remembered { root, trail, life } = &mut remembered;
            if identity.incarnation == *life {
                snapshots.offer(stream, identity, root, trail, Duration::ZERO);
            }
        }
        remembered
    }

    /// The state as the store has it.
    pub(crate) async fn baseline(&self, id: &A::Id) -> Result<Baseline<A, C>, LoadError> {
        let life = self.store.identity().incarnation;
        let fold = self.fold(id, AsOf::Now, Lag::None).await?;
        Ok(Baseline::read(fold, life))
    }

    /// The state as the store has it, or had it a moment ago: for a decision, whose append will tell.
    pub(crate) async fn lagging(&self, id: &A::Id) -> Result<Baseline<A, C>, LoadError> {
        let life = self.store.identity().incarnation;
        let fold = self.fold(id, AsOf::Now, Lag::Allowed).await?;
        Ok(Baseline::read(fold, life).lagging())
    }

    /// The state as the store has it, from one that may be stale: only what came after it is read.
    pub(crate) async fn confirmed(
        &self,
        baseline: Baseline<A, C>,
        id: &A::Id,
        stream: &StreamName,
    ) -> Result<Baseline<A, C>, LoadError> {
        let Baseline {
            fold, life, stored, ..
        } = baseline;
        if fold.root.version() != stored {
            return self.baseline(id).await;
        }
        let rest = StreamScan::of(stream.clone()).after(stored);
        let fold = self.store.scan_stream(rest, fold).await?.checked()?;
        // Looked at after the read, which may have been the first one to meet a restored or promoted store.
        match self.store.identity().incarnation == life {
            true => Ok(Baseline::read(fold, life)),
            false => self.baseline(id).await,
        }
    }
}
