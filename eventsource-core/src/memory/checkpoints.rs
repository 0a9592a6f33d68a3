//! Checkpoints in memory: the same promises as those of a database, for as long as the process lives.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use crate::checkpoint_store::{
    Advance, Beat, Bid, CheckpointError, CheckpointStore, Claim, Fence, KeptState, Parked, Renewed,
    Slice, Slot, SlotState, Which, Wish,
};
use crate::memory::MemoryStore;
use crate::store::Store as _;
use crate::store_error::StoreError;
use crate::stream::Position;

/// A version of a consumer.
type Version = (Arc<str>, u32);

#[derive(Debug, Default)]
pub(super) struct Checkpoints {
    slots: BTreeMap<Slot, SlotState>,
    parked: BTreeMap<Version, BTreeMap<Position, Parked>>,
    active: BTreeMap<Arc<str>, u32>,
    kept: BTreeMap<Version, KeptState>,
}

impl Checkpoints {
    /// The slice, if it is owned in this epoch.
    fn owned(&mut self, slot: &Slot, epoch: u64) -> Result<&mut SlotState, CheckpointError> {
        let owned = |state: &&mut SlotState| state.owner.is_some() && state.beat.epoch == epoch;
        let found = self.slots.get_mut(slot).filter(owned);
        found.ok_or(CheckpointError::Fenced)
    }

    fn of_version(&self, name: &str, version: u32) -> impl Iterator<Item = &Slot> {
        let slots = self.slots.keys();
        slots.filter(move |slot| *slot.name == *name && slot.version == version)
    }
}

impl MemoryStore {
    fn with_checkpoints<T>(&self, work: impl FnOnce(&mut Checkpoints) -> T) -> T {
        // Nothing in a critical section can panic half-way.
        let checkpoints = self.shared.checkpoints.lock();
        work(&mut checkpoints.unwrap_or_else(PoisonError::into_inner))
    }
}

impl CheckpointStore for MemoryStore {
    async fn claim(&self, slot: &Slot, bid: Bid) -> Result<Claim, CheckpointError> {
        let incarnation = self.identity().incarnation;
        self.with_checkpoints(|all| {
            let known = all.of_version(&slot.name, slot.version).next();
            let (stored, asked) = (known.unwrap_or(slot).slice.count, slot.slice.count);
            if stored != asked {
                return Err(CheckpointError::Slices { stored, asked });
            }
            let active = all.active.get(&slot.name).copied();
            let state = all.slots.entry(slot.clone()).or_insert_with(|| SlotState {
                slot: slot.clone(),
                position: bid.start,
                incarnation,
                owner: None,
                waiter: None,
                beat: Beat { epoch: 0, count: 0 },
            });
            let may =
                state.owner.is_none_or(|owner| owner == bid.owner) || bid.seen == Some(state.beat);
            if !may {
                state.waiter = Some(bid.owner);
                return Ok(Claim::Theirs(state.beat));
            }
            state.owner = Some(bid.owner);
            state.waiter = None;
            state.beat.epoch += 1;
            Ok(Claim::Owned {
                fence: Fence {
                    epoch: state.beat.epoch,
                    position: state.position,
                },
                incarnation: state.incarnation,
                active,
            })
        })
    }

    async fn renew(&self, slot: &Slot, epoch: u64) -> Result<Renewed, CheckpointError> {
        self.with_checkpoints(|all| {
            let state = all.owned(slot, epoch)?;
            state.beat.count += 1;
            let awaited = state.waiter.is_some();
            let parked = all.parked.get(&(Arc::clone(&slot.name), slot.version));
            let wished = parked.is_some_and(|list| list.values().any(|one| one.wish.is_some()));
            Ok(Renewed {
                active: all.active.get(&slot.name).copied(),
                awaited,
                wished,
            })
        })
    }

    async fn release(&self, slot: &Slot, epoch: u64) -> Result<(), StoreError> {
        self.with_checkpoints(|all| {
            if let Ok(state) = all.owned(slot, epoch) {
                state.owner = None;
            }
        });
        Ok(())
    }

    async fn advance(
        &self,
        slot: &Slot,
        fence: Fence,
        advance: Advance,
    ) -> Result<(), CheckpointError> {
        let incarnation = self.identity().incarnation;
        self.with_checkpoints(|all| {
            let state = all.owned(slot, fence.epoch)?;
            if state.position != fence.position {
                return Err(CheckpointError::Fenced);
            }
            state.position = advance.to;
            state.incarnation = incarnation;
            state.beat.count += 1;
            let version = (Arc::clone(&slot.name), slot.version);
            let parked = all.parked.entry(version).or_default();
            parked.retain(|position, _| !advance.settle.contains(position));
            parked.extend(advance.park.into_iter().map(|one| (one.position, one)));
            Ok(())
        })
    }

    async fn slots(&self, name: &str) -> Result<Vec<SlotState>, StoreError> {
        Ok(self.with_checkpoints(|all| {
            let states = all.slots.values();
            states
                .filter(|state| *state.slot.name == *name)
                .cloned()
                .collect()
        }))
    }

    async fn parked(&self, name: &str, version: u32) -> Result<Vec<Parked>, StoreError> {
        Ok(self.with_checkpoints(|all| {
            let parked = all.parked.get(&(name.into(), version));
            parked.map_or(Vec::new(), |list| list.values().cloned().collect())
        }))
    }

    async fn wish(
        &self,
        name: &str,
        version: u32,
        which: Which,
        wish: Wish,
    ) -> Result<u64, StoreError> {
        Ok(self.with_checkpoints(|all| {
            let mut count = 0;
            let parked = all.parked.entry((name.into(), version)).or_default();
            for one in parked.values_mut().filter(|one| which.has(one)) {
                one.wish = Some(wish);
                count += 1;
            }
            count
        }))
    }

    async fn active(&self, name: &str) -> Result<Option<u32>, StoreError> {
        Ok(self.with_checkpoints(|all| all.active.get(name).copied()))
    }

    async fn activate(&self, name: &str, version: u32) -> Result<u32, StoreError> {
        Ok(self.with_checkpoints(|all| {
            let active = all.active.entry(name.into()).or_insert(version);
            *active = version.max(*active);
            *active
        }))
    }

    async fn set_back(&self, name: &str, version: u32) -> Result<(), StoreError> {
        self.with_checkpoints(|all| {
            let slots: Vec<_> = all.of_version(name, version).cloned().collect();
            for slot in slots {
                if let Some(state) = all.slots.get_mut(&slot) {
                    state.position = Position::START;
                    state.owner = None;
                    state.beat.epoch += 1;
                }
            }
            all.parked.remove(&(name.into(), version));
        });
        Ok(())
    }

    async fn keep_state(
        &self,
        name: &str,
        version: u32,
        state: KeptState,
    ) -> Result<(), StoreError> {
        self.with_checkpoints(|all| {
            let kept = all.kept.entry((name.into(), version));
            let kept = kept.or_insert_with(|| state.clone());
            let of_this_life = kept.checkpoint.store == state.checkpoint.store;
            if !of_this_life || kept.checkpoint.position < state.checkpoint.position {
                *kept = state;
            }
        });
        Ok(())
    }

    async fn kept_state(&self, name: &str, version: u32) -> Result<Option<KeptState>, StoreError> {
        Ok(self.with_checkpoints(|all| all.kept.get(&(name.into(), version)).cloned()))
    }

    async fn forget(&self, name: &str, version: u32) -> Result<bool, StoreError> {
        Ok(self.with_checkpoints(|all| {
            if all.active.get(name) == Some(&version) {
                return false;
            }
            all.slots
                .retain(|slot, _| *slot.name != *name || slot.version != version);
            all.parked.remove(&(name.into(), version));
            all.kept.remove(&(name.into(), version));
            true
        }))
    }
}

impl Slice {
    /// All slices of this many.
    pub(crate) fn all(count: u32) -> impl Iterator<Item = Self> {
        let count = count.max(1);
        (0..count).map(move |index| Self { index, count })
    }
}
